"""`ratchet demo`, which a new user sees first: the whole of it, on a real Prefect server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ratchet.cli.app import app
from ratchet.serving.routes import RouteStatus
from ratchet.serving.routing_file import read_config
from ratchet.store import open_store

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

GOOD, FAILING, SLOW = "better answers", "fails often", "slower by a second"


@pytest.fixture
def shown(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the demonstration printed; its state is kept in the folder `demo`."""
    for name in ("RATCHET_HOME", "RATCHET_DATABASE_URL", "RATCHET_PROGRAMS"):
        monkeypatch.setenv(name, "")  # the command sets them; here they are taken back
    result = CliRunner().invoke(app, ["demo", "--json", "--folder", str(workspace / "demo")])
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def test_the_demonstration_tells_good_from_bad(shown: dict[str, Any], workspace: Path) -> None:
    """The good one reaches everybody; the others are caught within the first stage."""
    by_candidate = {
        title: [row for row in shown["decisions"] if row["candidate"] == title]
        for title in (GOOD, FAILING, SLOW)
    }
    actions = {title: [row["decision"] for row in rows] for title, rows in by_candidate.items()}
    assert actions == {
        GOOD: [*["advance"] * 4, "promote"],
        FAILING: ["rollback"],
        SLOW: ["rollback"],
    }
    assert [row["share"] for row in by_candidate[GOOD]] == [
        "25 %",
        "50 %",
        "75 %",
        "100 %",
        "100 %",
    ]
    assert "error rate" in by_candidate[FAILING][0]["why"]
    assert "latency" in by_candidate[SLOW][0]["why"]

    routes = read_config(workspace / "demo" / "routing" / "routing_config.json").routes
    ends = {name: (one.status, one.candidate_traffic_percent) for name, one in routes.items()}
    (good,) = {row["signature"] for row in by_candidate[GOOD]}
    assert ends.pop(good) == (RouteStatus.COMPLETED, 100)
    assert set(ends.values()) == {(RouteStatus.ROLLED_BACK, 0)}

    with open_store(f"sqlite:///{workspace / 'demo' / 'ratchet.db'}") as store:
        champion = store.programs.champion(good)
        assert champion is not None
        assert champion.version == routes[good].candidate_version
        assert [store.programs.champion(name) for name in ends] == [None, None]
        assert store.telemetry.counts()["outcomes"] == shown["requests"]
