"""The flow of a rollout on a real Prefect server, its traffic and its clock in lock-step."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL, temporary_settings

from blocks import Connections, Database
from flows.roll_out_program import roll_out_program
from ratchet.control import SystemClock, announcements_of
from ratchet.rollout import Action
from ratchet.serving.routes import RouteStatus
from ratchet.serving.routing_file import read_config
from tasks.rollout_news import RolloutNews
from tests.postgres import session_server
from tests.rollout_traffic import (
    MINUTE,
    SIGNATURE,
    Behaviour,
    Scene,
    quick_policy,
    scene,
    wait_until,
)

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

RESOURCE = "ratchet.rollout"
LOGGER = logging.getLogger(__name__)


def own_name(workspace: Path) -> str:
    """A name that no other test on this server gives to its rollout."""
    return re.sub(r"[^a-z0-9]+", "-", workspace.name.lower())


@contextmanager
def running(played: Scene, **parameters: Any) -> Iterator[Future[State[Any]]]:
    """The flow in a thread beside the test; rolled back at the end, so that it ends."""
    given = {"clock_file": played.clock.path, **parameters}

    def run() -> State[Any]:
        return roll_out_program(**given, return_state=True)

    with ThreadPoolExecutor(max_workers=1) as executor:
        future: Future[State[Any]] = executor.submit(copy_context().run, run)
        try:
            yield future
        except BaseException:
            stop(played)
            raise


def stop(played: Scene) -> None:
    """End the rollout and let the time go on, so that whoever drives it ends too."""
    for found in played.store.rollouts.list(only_active=True):
        played.controller.command(
            found.experiment_id,
            Action.ROLLBACK,
            actor="the test",
            reason="it has failed",
            now=played.clock.now(),
        )
    played.clock.set(played.clock.now().replace(year=2030))


def begun(played: Scene) -> str:
    """The name of the rollout that a flow has begun."""
    wait_until(lambda: bool(played.store.rollouts.list()), "the rollout to begin")
    wait_until(played.controller.routing.exists, "the routing")
    return played.store.rollouts.list()[0].experiment_id


def play(played: Scene, future: Future[State[Any]], **follow: Any) -> tuple[int, State[Any]]:
    """Play to the end; the minutes it took and the state of the flow run."""

    def is_alive(_: object) -> None:
        assert not future.done() or played.is_over(), future.result()

    minutes = played.play(follow=is_alive, **follow)
    return minutes, future.result(timeout=60)


def events(experiment_id: str, *, until: str) -> list[dict[str, Any]]:
    """The events of a rollout on the server, the oldest first, once that kind is there."""
    found: list[dict[str, Any]] = []

    def have_arrived() -> bool:
        query = {
            "filter": {
                "event": {"prefix": ["ratchet.rollout."]},
                "resource": {"id": [f"{RESOURCE}.{experiment_id}"]},
                "order": "ASC",
            },
            "limit": 50,
        }
        with get_client(sync_client=True) as client:
            found[:] = client.request("POST", "/events/filter", json=query).json()["events"]
        return any(event["event"] == f"{RESOURCE}.{until}" for event in found)

    wait_until(have_arrived, f"the event {until} of {experiment_id}")
    return found


def artifacts(key: str) -> list[dict[str, Any]]:
    """The artifacts of that key, the oldest first."""
    query = {"artifacts": {"key": {"any_": [key]}}}
    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json=query).json()
    return sorted(found, key=lambda artifact: str(artifact["created"]))


def waiting_tasks() -> list[dict[str, Any]]:
    """The task runs that have failed and are tried again later."""
    query = {"task_runs": {"state": {"name": {"any_": ["AwaitingRetry"]}}}}
    with get_client(sync_client=True) as client:
        return list(client.request("POST", "/task_runs/filter", json=query).json())


@pytest.fixture
def played(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    """A project whose candidate is good; the settings point to it."""
    monkeypatch.setenv("RATCHET_HOME", str(workspace))
    with scene(workspace, experiment=own_name(workspace)) as made:
        yield made


def test_a_good_candidate_is_rolled_out_to_the_end_and_is_champion(played: Scene) -> None:
    """All stages in their order, the routing follows, Prefect shows it, the app needs nobody."""
    policy = quick_policy().to_json()
    shares: list[float] = []

    def note(_minute: int) -> None:
        route = read_config(played.controller.routing).routes[SIGNATURE]
        shares.append(route.effective_percent)

    with running(
        played, signature=SIGNATURE, candidate_version=played.candidate, policy=policy
    ) as future:
        name = begun(played)
        minutes, state = play(played, future, after=note)

    champion = played.store.programs.champion(SIGNATURE)
    log = played.store.rollouts.decisions(name)
    assert (state.name, state.is_completed()) == ("completed", True)
    assert champion is not None
    assert champion.version == played.candidate
    assert sorted(set(shares)) == [10, 25, 50, 75, 100]
    assert shares == sorted(shares)
    assert [d.percent for d in log] == [25, 50, 75, 100, 100]
    told = events(name, until="completed")
    kinds = [event["event"].removeprefix("ratchet.rollout.") for event in told]
    assert [kind for kind in kinds if kind != "held"] == ["started", *["advanced"] * 4, "completed"]
    assert 1 <= kinds.count("held") < minutes
    assert told[-1]["payload"]["reason"] == log[-1].reason
    assert not announcements_of(played.controller.record(name))


def test_the_flow_has_one_task_run_a_stage_and_shows_its_way(played: Scene) -> None:
    """Progress, a stage table and the decision log are artifacts; ticks leave nothing."""
    record = played.begin(quick_policy(stages=(10, 50, 100)))

    with running(played, experiment_id=record.experiment_id) as future:
        minutes, _ = play(played, future)

    with get_client(sync_client=True) as client:
        runs = client.request("POST", "/flow_runs/filter", json={"sort": "START_TIME_DESC"}).json()
        body = {"flow_runs": {"id": {"any_": [runs[0]["id"]]}}}
        wait_until(
            lambda: len(client.request("POST", "/task_runs/filter", json=body).json()) >= 5,
            "the task runs",
        )
        tasks = client.request("POST", "/task_runs/filter", json=body).json()
    assert minutes > 5
    assert len(tasks) == 5  # begin, three stages, decision log
    table, progress, log = (
        artifacts(f"rollout-{kind}-{record.experiment_id}")[-1]["data"]
        for kind in ("stages", "progress", "decisions")
    )
    assert '"decision": "promote: the last stage is done' in table
    assert progress == 100
    assert log.count("| advance |") == 2
    (timeline,) = artifacts(f"rollout-timeline-{record.experiment_id}")
    assert timeline["data"].startswith("![Timeline of")


def test_a_bad_candidate_is_rolled_back_and_everything_stays_as_it_was(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No champion, all traffic to the baseline, the reason in the state of the flow run."""
    monkeypatch.setenv("RATCHET_HOME", str(workspace))
    experiment = own_name(workspace)
    bad = Behaviour(error_rate=0.5)
    with scene(workspace, behaviour=bad, experiment=experiment) as played:
        name = played.begin().experiment_id
        with running(played, experiment_id=name) as future:
            minutes, state = play(played, future)

        route = read_config(played.controller.routing).routes[SIGNATURE]
        assert minutes <= 4
        assert state.name == "rolled_back"
        assert state.is_completed()
        assert "error" in str(state.message) or "fails" in str(state.message)
        assert played.store.programs.champion(SIGNATURE) is None
        assert (route.status, route.effective_percent) == (RouteStatus.ROLLED_BACK, 0)
        assert [e["event"] for e in events(name, until="rolled_back")][
            -1
        ] == "ratchet.rollout.rolled_back"


def test_a_person_pauses_and_resumes_a_rollout_that_a_flow_drives(played: Scene) -> None:
    """The pause comes from another store; the flow tells of it, waits, and goes on after it."""
    name = played.begin(quick_policy(stages=(10, 50, 100))).experiment_id
    paused_shares: list[float] = []

    def intervene(minute: int) -> None:
        order = {2: Action.PAUSE, 5: Action.RESUME}.get(minute)
        if 2 < minute <= 5:
            route = read_config(played.controller.routing).routes[SIGNATURE]
            paused_shares.append(route.effective_percent)
        if order is not None:
            played.controller.command(
                name, order, actor="ada", reason="a look", now=played.clock.now()
            )

    with running(played, experiment_id=name) as future:
        minutes, state = play(played, future, after=intervene)

    assert state.name == "completed"
    assert paused_shares == [0, 0, 0]
    told = [e["event"].rpartition(".")[2] for e in events(name, until="completed")]
    assert [kind for kind in told if kind in {"paused", "resumed"}] == ["paused", "resumed"]
    assert minutes >= 15  # twelve without the pause


def test_starting_it_again_goes_on_with_the_rollout_under_way(played: Scene) -> None:
    """A second run for the same candidate drives the same rollout; each decision is made once."""
    name = played.begin(quick_policy(stages=(10, 100))).experiment_id
    given = {"signature": SIGNATURE, "candidate_version": played.candidate}

    with running(played, **given) as first, running(played, **given) as second:
        wait_until(lambda: len(artifacts(f"rollout-progress-{name}")) == 2, "both to drive it")
        play(played, first)
        names = {future.result(timeout=60).name for future in (first, second)}

    assert names == {"completed"}
    assert len(played.store.rollouts.list()) == 1
    assert len(played.store.audit.list(action="rollout.advance")) == 1
    assert len(played.store.audit.list(action="rollout.promote")) == 1


def test_another_candidate_while_one_is_under_way_is_refused(played: Scene) -> None:
    """The message names the rollout; nothing is begun and nothing is tried again."""
    name = played.begin().experiment_id

    state = roll_out_program(
        signature=SIGNATURE, candidate_version=played.baseline, return_state=True
    )

    assert state.is_failed()
    assert name in str(state.message)
    assert len(played.store.rollouts.list()) == 1


def test_a_database_that_is_away_for_a_while_does_not_end_the_rollout(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage is tried again until the database is back; no decision is lost or made twice."""
    monkeypatch.setenv("RATCHET_HOME", str(workspace))
    experiment = own_name(workspace)
    with (
        session_server().fresh_database() as url,
        scene(workspace, url=url, experiment=experiment) as played,
    ):
        Database(url=url).save("away", overwrite=True)
        name = played.begin(quick_policy(stages=(10, 100))).experiment_id

        def outage(minute: int) -> None:
            if minute == 2:
                missed = played.clock.now() + MINUTE
                with session_server().closed_database(url):
                    played.serve_minute(missed)
                    played.clock.set(missed)
                    wait_until(lambda: bool(waiting_tasks()), "a task that waits for its retry")
                played.wait_for_tick(missed)

        with running(
            played, experiment_id=name, connections=Connections(database="away")
        ) as future:
            _, state = play(played, future, after=outage)

        assert state.name == "completed"
        assert [d.action for d in played.store.rollouts.decisions(name)] == ["advance", "promote"]


def test_a_server_that_is_away_costs_a_log_line_and_the_news_come_later(played: Scene) -> None:
    """Nothing is marked as told without a server; with it, each step is told once."""
    record = played.begin()

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        RolloutNews(played.store, SystemClock(), LOGGER)(record, None)
    before = played.controller.record(record.experiment_id).announced
    for _ in range(2):  # the second as after a kill before the mark
        RolloutNews(played.store, SystemClock(), LOGGER)(record, None)

    told = events(record.experiment_id, until="started")
    assert before == 0
    assert played.controller.record(record.experiment_id).announced == 1
    assert {UUID(event["id"]) for event in told} == {
        step.event_id for step in announcements_of(record)
    }
