"""The routing configuration and its file."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.errors import InputError
from ratchet.serving.routes import Route, RouteStatus, RoutingConfig, parse_config
from ratchet.serving.routing_file import read_config, write_config
from tests.builders import NOON
from tests.serving_builders import CORRECTNESS, route, write_routing

ROUTE_FIELDS = {
    "experiment_id",
    "signature",
    "baseline_module",
    "candidate_module",
    "baseline_version",
    "candidate_version",
    "baseline_sha256",
    "candidate_sha256",
    "candidate_traffic_percent",
    "status",
    "salt",
}


def document(**changes: Any) -> dict[str, Any]:
    """The JSON form of one route, with changes to it."""
    config = RoutingConfig(revision=1, updated_at=NOON, routes={CORRECTNESS: route()})
    form = config.to_json()
    form["routes"][CORRECTNESS] |= changes
    return form


def test_the_file_has_exactly_the_published_fields(tmp_path: Path) -> None:
    """Apps in other languages read these names."""
    path = write_routing(tmp_path / "routing_config.json", route())

    form = json.loads(path.read_text())

    assert set(form) == {"schema_version", "revision", "updated_at", "routes"}
    assert set(form["routes"][CORRECTNESS]) == ROUTE_FIELDS
    assert form["routes"][CORRECTNESS]["status"] == "running"


@given(
    percent=st.floats(0, 100),
    status=st.sampled_from(RouteStatus),
    salt=st.text(st.characters(exclude_categories=("Cs",))),
    version=st.none() | st.text(st.characters(exclude_categories=("Cs",))),
)
def test_what_is_written_is_read_back(
    percent: float, status: RouteStatus, salt: str, version: str | None
) -> None:
    """The JSON form loses nothing."""
    one = route(
        candidate_traffic_percent=percent, status=status, salt=salt, baseline_version=version
    )
    config = RoutingConfig(revision=3, updated_at=NOON, routes={CORRECTNESS: one})

    assert parse_config(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    "changes",
    [
        {"candidate_traffic_percent": 101},
        {"candidate_traffic_percent": -1},
        {"candidate_traffic_percent": float("nan")},
        {"candidate_traffic_percent": "25"},
        {"candidate_traffic_percent": True},
        {"status": "runing"},
        {"salt": None},
        {"experiment_id": ""},
        {"baseline_module": 7},
        {"signature": "another"},
    ],
)
def test_an_impossible_route_is_refused_by_name(changes: dict[str, Any]) -> None:
    """A typing error in the file is found where it is."""
    with pytest.raises(InputError, match=CORRECTNESS):
        parse_config(document(**changes))


def test_an_app_leaves_out_a_broken_route_and_keeps_the_others() -> None:
    """One typing error does not take all signatures out of their rollouts."""
    form = document(status="runing")
    form["routes"]["other"] = {"experiment_id": "e", "signature": "other"}

    config = parse_config(form, strict=False)

    assert list(config.routes) == ["other"]
    assert CORRECTNESS in config.problems[0]


@pytest.mark.parametrize(
    ("status", "percent"),
    [
        (RouteStatus.PENDING, 0),
        (RouteStatus.RUNNING, 50),
        (RouteStatus.PAUSED, 50),
        (RouteStatus.COMPLETED, 50),
        (RouteStatus.ROLLED_BACK, 0),
        (RouteStatus.FAILED, 0),
    ],
)
def test_only_a_live_experiment_has_traffic(status: RouteStatus, percent: float) -> None:
    """A share left over in a rolled-back route does not count."""
    assert route(status=status).effective_percent == percent


@pytest.mark.parametrize("form", [[], {}, {"routes": []}, "x", None, {"routes": {}}])
def test_a_document_of_another_form_is_refused(form: Any) -> None:
    """Half a file or another file is no routing."""
    with pytest.raises(InputError):
        parse_config(form)


def test_a_newer_schema_is_refused() -> None:
    """Guessing at fields of the future could send traffic to the wrong side."""
    with pytest.raises(InputError, match="schema_version is 2"):
        parse_config(document() | {"schema_version": 2})


def test_unknown_fields_are_ignored() -> None:
    """A later version may add facts without breaking apps."""
    assert parse_config(document(owner="ann")).routes[CORRECTNESS] == route()


def test_an_older_revision_never_replaces_a_newer_one(tmp_path: Path) -> None:
    """A slow controller can not undo a rollback."""
    path = write_routing(tmp_path / "routing_config.json", route(), revision=5)
    older = RoutingConfig(revision=4, updated_at=NOON)

    assert not write_config(path, older)
    assert read_config(path).revision == 5


def test_a_broken_file_is_replaced(tmp_path: Path) -> None:
    """The next write repairs what something else has broken."""
    path = tmp_path / "routing_config.json"
    path.write_text('{"schema_version": 1, "rout')

    write_routing(path, route())

    assert read_config(path).routes[CORRECTNESS] == route()


def test_reading_names_the_file_and_what_is_wrong(tmp_path: Path) -> None:
    """The message is enough to mend the file."""
    path = tmp_path / "routing_config.json"
    path.write_text(json.dumps(document(status="runing")))

    with pytest.raises(InputError, match=r"routing_config\.json.*runing"):
        read_config(path)


def test_a_time_without_zone_is_refused() -> None:
    """Apps stand in other zones."""
    with pytest.raises(InputError, match="UTC"):
        RoutingConfig(revision=1, updated_at=datetime(2026, 3, 1))  # noqa: DTZ001 - the fault


def test_a_route_stands_under_its_own_name() -> None:
    """A copied route with the old signature in it would serve the wrong program."""
    with pytest.raises(InputError, match="stands under"):
        RoutingConfig(
            revision=1,
            updated_at=datetime.now(UTC),
            routes={"a": Route(experiment_id="e", signature="b")},
        )
