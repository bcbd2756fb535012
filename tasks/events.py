"""Events to the Prefect server: whether it is there, and that they were sent."""

from __future__ import annotations

import threading

from prefect.client.orchestration import get_client
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL

ANSWER_SECONDS = 3.0  # for a server to say that it is there
SENDING_SECONDS = 10.0


def wait_until_sent() -> None:
    """Return when the events handed over were sent.

    Raises:
        TimeoutError: they were not; the connection is gone.
    """
    waiter = threading.Thread(target=EventsWorker.instance().wait_until_empty, daemon=True)
    waiter.start()
    waiter.join(SENDING_SECONDS)
    if waiter.is_alive():
        raise TimeoutError(f"events were not sent within {SENDING_SECONDS:g} seconds")


def require_server() -> None:
    """Ask the server whether it is there, for a moment only.

    Raises:
        Exception: it is not; what the connection said.
    """
    if not PREFECT_API_URL.value():
        return
    with get_client(httpx_settings={"timeout": ANSWER_SECONDS}, sync_client=True) as client:
        if (problem := client.api_healthcheck()) is not None:
            raise problem
