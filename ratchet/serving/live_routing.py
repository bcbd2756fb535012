"""The routing of this process: read once, looked at again when a second has passed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable

from ratchet.errors import InputError
from ratchet.serving.addresses import source_of
from ratchet.serving.counting import Troubles
from ratchet.serving.decision import Arms, arms_of, only_baselines
from ratchet.serving.routes import parse_config

ROUTING_TROUBLE = "routing file unusable, baselines go on"
ROUTE_TROUBLE = "route left out, its baseline goes on"


class LiveRouting:
    """The arms of every route, renewed when `check_at` has passed.

    Read `arms` and `check_at` directly: they are on the path of every request. A broken or
    missing file takes all candidates out of traffic until it is in order again; the
    baselines of the last good file stay.
    """

    def __init__(self, address: str, *, troubles: Troubles, clock: Callable[[], float]) -> None:
        self._address = address
        self._troubles = troubles
        self._clock = clock
        self._source = source_of(address)
        self._lock = threading.Lock()
        self._problems: tuple[str, ...] = ()
        self.revision: int | None = None
        self.arms: dict[str, Arms] = {}
        self.check_at = 0.0
        self.refresh()

    def refresh(self) -> None:
        """Look whether the routing has changed; a second caller at the same time goes on."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            self.check_at = self._clock() + self._source.check_seconds
            self._read()
        except InputError as error:
            self._break(str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, the app goes on
            self._break(repr(error))
        finally:
            self._lock.release()

    def after_fork(self) -> None:
        """The lock may have been held by a thread that stayed in the parent."""
        self._lock = threading.Lock()
        self._source.after_fork()

    def _read(self) -> None:
        content = self._source.poll()
        if content is None:
            return
        config = parse_config(json.loads(content), strict=False)
        self.arms = arms_of(config, self._address)
        self.revision = config.revision
        self._troubles.clear(ROUTING_TROUBLE, self._address)
        for problem in self._problems:
            self._troubles.clear(ROUTE_TROUBLE, problem)
        self._problems = config.problems
        for problem in config.problems:
            self._troubles.note(ROUTE_TROUBLE, problem, "it breaks the contract")

    def _break(self, explanation: str) -> None:
        self.arms = only_baselines(self.arms)
        self.revision = None
        self._source.forget()
        self._troubles.note(ROUTING_TROUBLE, self._address, explanation)
