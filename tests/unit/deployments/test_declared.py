"""What the files declare: the deployments that were promised, read strictly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from deployments.declared import AUTOMATIONS_FILE, PREFECT_FILE, Declared, read_declared
from ratchet.errors import ConfigurationError

WATCHED = "alert-on-failure"


def declared_with(tmp_path: Path, **changes: Any) -> Declared:
    """The shipped files with the first deployment or automation changed."""
    prefect = yaml.safe_load(PREFECT_FILE.read_text())
    automations = yaml.safe_load(AUTOMATIONS_FILE.read_text())
    prefect["deployments"][0].update(changes.get("deployment", {}))
    automations["automations"][0].update(changes.get("automation", {}))
    for name, document in (("prefect.yaml", prefect), ("automations.yaml", automations)):
        (tmp_path / name).write_text(yaml.safe_dump(document))
    return read_declared(tmp_path / "prefect.yaml", tmp_path / "automations.yaml")


def test_the_schedules_are_those_that_were_promised() -> None:
    """Monthly, daily, hourly, weekly, nightly, every five minutes, each in a named time zone."""
    found = {d.full_name: d.schedules for d in read_declared().deployments}

    assert {name: schedules[0].cron for name, schedules in found.items() if schedules} == {
        "improve-programs/monthly": "0 2 1 * *",
        "improve-due-programs/daily": "0 4 * * *",
        "check-health/hourly": "0 * * * *",
        "clean-up/weekly": "0 3 * * 0",
        "ingest-telemetry/every-5-minutes": "*/5 * * * *",
        "back-up/nightly": "30 1 * * *",
    }
    assert all(s.timezone == "UTC" for schedules in found.values() for s in schedules)
    assert found["roll-out-program/on-demand"] == found["send-alert/on-demand"] == ()


def test_one_improvement_run_goes_at_a_time() -> None:
    """A second one waits for its turn."""
    (monthly,) = [d for d in read_declared().deployments if d.flow_name == "improve-programs"]

    assert monthly.concurrency_limit is not None
    assert monthly.concurrency_limit.limit == 1
    assert monthly.concurrency_limit.collision_strategy == "ENQUEUE"


def test_every_deployment_says_what_it_is_for_and_carries_the_tag() -> None:
    """The description is what a person reads in the UI; the tag is what automations match."""
    for deployment in read_declared().deployments:
        assert len(deployment.description) > 30
        assert "ratchet" in deployment.tags


def test_a_failing_alert_does_not_call_for_another() -> None:
    """The automations for failed and crashed runs match every deployment but send-alert."""
    watched = {d.flow_name for d in read_declared().deployments if WATCHED in d.tags}
    automations = {a.name: a.trigger for a in read_declared().automations}

    assert {d.flow_name for d in read_declared().deployments} - watched == {"send-alert"}
    for name in ("failed", "crashed"):
        related = automations[f"Ratchet: a flow run {name}"]["match_related"]
        assert related["prefect.resource.id"] == f"prefect.tag.{WATCHED}"


def test_no_absolute_path_is_stored() -> None:
    """The pull step names the worker's checkout by its environment."""
    assert read_declared().pull == (
        {
            "prefect.deployments.steps.set_working_directory": {
                "directory": "{{ $RATCHET_CHECKOUT }}"
            }
        },
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"deployment": {"shedules": []}}, "shedules"),
        ({"deployment": {"concurrency_limit": {"limit": 0}}}, "concurrency_limit.limit"),
        ({"deployment": {"name": "hourly", "entrypoint": "flows/x.py:check_health"}}, "twice"),
        ({"automation": {"actions": [{"type": "run-deployment", "deployment": "a/b"}]}}, "'a/b'"),
        ({"automation": {"name": "Ratchet: a flow run failed"}}, "twice"),
    ],
)
def test_a_slip_is_refused_with_its_place(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    """An unknown key, an impossible limit, a name twice, a deployment that nobody declares."""
    with pytest.raises(ConfigurationError, match=message):
        declared_with(tmp_path, **changes)


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    """The message says which file."""
    broken = tmp_path / "prefect.yaml"
    broken.write_text("deployments: [")

    with pytest.raises(ConfigurationError, match=r"prefect\.yaml can not be read"):
        read_declared(broken)
