"""A rollout that is taken back is an alert on the Prefect server at once, and one only."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client

from ratchet.alerts import Alert
from ratchet.control import SystemClock
from ratchet.rollout import Action
from tasks.rollout_news import RolloutNews
from tests.rollout_traffic import scene, wait_until

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

LOGGER = logging.getLogger(__name__)


def alerts_of(experiment_id: str) -> list[dict[str, Any]]:
    """The events of alerts about a rollout, once there is one."""
    found: list[dict[str, Any]] = []

    def have_arrived() -> bool:
        query = {"filter": {"event": {"prefix": ["ratchet.alert."]}}, "limit": 50}
        with get_client(sync_client=True) as client:
            events = client.request("POST", "/events/filter", json=query).json()["events"]
        found[:] = [one for one in events if one["payload"]["subject"] == experiment_id]
        return bool(found)

    wait_until(have_arrived, f"the alert about {experiment_id}")
    return found


def test_a_rollback_is_one_alert_with_its_details(tmp_path: Path) -> None:
    """Told twice, as after a kill before it was marked as told, it has the same id."""
    with scene(tmp_path, experiment=f"alerts-{tmp_path.name}".replace("_", "-")) as played:
        name = played.begin().experiment_id
        played.controller.command(
            name, Action.ROLLBACK, actor="ada", reason="it is worse", now=played.clock.now()
        )
        record = played.controller.record(name)
        for _ in range(2):
            RolloutNews(played.store, SystemClock(), LOGGER)(record, None)

    (event,) = alerts_of(name)
    alert = Alert.from_json(event["payload"])
    assert event["event"] == "ratchet.alert.rollout-rolled-back"
    assert alert.title == "A/B Test Rolled Back"
    assert {"experiment_id", "signature", "reason", "final_traffic_percent"} <= set(alert.details)
    assert alert.details["reason"] == "it is worse"
