"""A rollout whose controllers are killed, doubled and contradicted: same decisions, once."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from ratchet.control import Controller
from ratchet.errors import ConfigurationError
from ratchet.rollout import Action, Allocation, RolloutPolicy, Status
from ratchet.serving.routing_file import read_config
from ratchet.store import open_store
from ratchet.telemetry import ingest
from tests.faults.rollout_process import FORKS, TICKING, FlowProcess, tick_on_demand
from tests.postgres import session_server
from tests.rollout_traffic import EXPERIMENT, SIGNATURE, Scene, quick_policy, scene

logger = logging.getLogger(__name__)
KILLS = 20
SEED = 20260301
LONGEST_SECONDS = 1.2  # about as long as a start, a tick and its news take together
TICK_SECONDS = 0.03


@contextmanager
def postgres_scene(home: Path) -> Iterator[tuple[Scene, str]]:
    """A project on a PostgreSQL database of its own, and its URL."""
    with session_server().fresh_database() as url, scene(home, url=url) as played:
        yield played, url


def lively_policy() -> RolloutPolicy:
    """A policy under which much is decided: the share moves within the stages too."""
    return quick_policy(allocation=Allocation.THOMPSON)


def left_behind(played: Scene) -> dict[str, Any]:
    """Everything a rollout leaves, as JSON, without the revision, which counts attempts."""
    record = played.controller.record(EXPERIMENT)
    routes = read_config(played.controller.routing).to_json()["routes"]
    entries = played.store.audit.list(subject=EXPERIMENT, limit=1000)
    return {
        "log": [d.to_json() for d in played.store.rollouts.decisions(EXPERIMENT)],
        "state": record.state.to_json(),
        "outcomes": played.store.telemetry.counts(),
        "audit": [(e.at.isoformat(), e.actor, e.action, e.reason) for e in entries],
        "champions": [c.version for c in played.store.programs.history(SIGNATURE)],
        "routes": routes,
        "announced": record.announced,
    }


def tick_here(played: Scene, now: datetime) -> None:
    """What a driver does at a tick."""
    ingest(played.store, played.spool, now=now)
    played.controller.tick(played.experiment, now=now)


def play_undisturbed(played: Scene, policy: RolloutPolicy) -> int:
    """The rollout with one controller that nobody disturbs; the minutes it took."""
    played.begin(policy)
    return played.play(follow=lambda now: tick_here(played, now))


# Killed -----------------------------------------------------------------------------------


@pytest.mark.xdist_group("prefect")
def test_a_flow_killed_twenty_times_takes_the_decisions_of_an_undisturbed_one(
    tmp_path: Path,
    prefect_server: str,
) -> None:
    """Log, evidence, counts, audit, champion and routing are those of the undisturbed flow."""
    with postgres_scene(tmp_path / "calm") as (calm, url):
        calm.begin(lively_policy())
        calm_flow = flow_process(calm, url, prefect_server)
        process = calm_flow.start()
        minutes = calm.play(follow=lambda _now: None)
        process.join(60)
        expected = left_behind(calm)
        assert process.exitcode == 0

    moments = Counter(random.Random(SEED).choices(range(1, minutes + 1), k=KILLS))
    with postgres_scene(tmp_path / "rough") as (rough, url):
        rough.begin(lively_policy())
        killer = Killer(flow_process(rough, url, prefect_server), moments)
        began = time.monotonic()
        rough.play(follow=killer.follow)
        killer.process.join(60)
        seconds = time.monotonic() - began
        found = left_behind(rough)

    logger.warning("%d minutes with kills: %.1f s; %s", minutes, seconds, dict(killer.phases))
    assert killer.process.exitcode == 0
    assert killer.phases.total() == KILLS
    assert len(expected["log"]) >= 10
    for part, value in expected.items():
        assert found[part] == value, part


def flow_process(played: Scene, url: str, prefect_url: str) -> FlowProcess:
    """The flow of the rollout of a scene, in a process of its own."""
    return FlowProcess(
        home=played.home, database_url=url, experiment_id=EXPERIMENT, prefect_url=prefect_url
    )


class Killer:
    """Kills the flow in given minutes, at random moments of them, and starts it at once again.

    Every other kill waits for a tick and falls within it, for a tick is short beside a start.
    """

    def __init__(self, flow: FlowProcess, moments: Counter[int]) -> None:
        self.flow = flow
        self.phases: Counter[str] = Counter()
        self.process = flow.start()
        self._moments = moments
        self._minute = 0
        self._random = random.Random(SEED)

    def follow(self, _now: datetime) -> None:
        """Do the killing of the next minute."""
        self._minute += 1
        for _ in range(self._moments[self._minute]):
            self._wait()
            self.phases[self.flow.kill(self.process)] += 1
            self.process = self.flow.start()

    def _wait(self) -> None:
        longest = LONGEST_SECONDS
        if self.phases.total() % 2:
            longest, deadline = TICK_SECONDS, time.monotonic() + 2 * LONGEST_SECONDS
            while self.flow.phase not in TICKING and time.monotonic() < deadline:
                threading.Event().wait(0.001)
        threading.Event().wait(self._random.uniform(0, longest))


def test_a_crash_between_decision_and_routing_is_repaired_at_the_next_tick(tmp_path: Path) -> None:
    """The file that was not written in time is written then; the decision is not made again."""
    with scene(tmp_path) as played:
        played.begin()
        before = played.controller.routing.read_bytes()
        played.play(follow=lambda now: tick_here(played, now), until=advanced(played))
        played.controller.routing.write_bytes(before)  # as when the process died right then

        tick_here(played, played.clock.now())

        route = read_config(played.controller.routing).routes[SIGNATURE]
        assert route.effective_percent == 25
        assert len(played.store.rollouts.decisions(EXPERIMENT)) == 1


@pytest.mark.parametrize("damage", ["", "{", '{"routes": 3}'])
def test_a_damaged_routing_file_is_made_anew_from_sql(tmp_path: Path, damage: str) -> None:
    """Whatever stands there, the next tick writes what SQL says."""
    with scene(tmp_path) as played:
        played.begin()
        wanted = read_config(played.controller.routing).routes
        played.controller.routing.write_text(damage)

        tick_here(played, played.clock.now())

        assert read_config(played.controller.routing).routes == wanted


def test_a_backup_that_was_restored_overtakes_the_newer_routing_file(tmp_path: Path) -> None:
    """A file with a later revision than SQL's does not win over what SQL says."""
    with scene(tmp_path) as played:
        played.begin()
        document = json.loads(played.controller.routing.read_text())
        document["revision"] += 40
        document["routes"][SIGNATURE]["candidate_traffic_percent"] = 100
        played.controller.routing.write_text(json.dumps(document))

        tick_here(played, played.clock.now())

        config = read_config(played.controller.routing)
        assert config.routes[SIGNATURE].effective_percent == 10
        assert config.revision == document["revision"] + 1


# Several at once --------------------------------------------------------------------------


def test_two_controllers_that_race_take_the_decisions_of_one(tmp_path: Path) -> None:
    """Both tick as fast as they can in every minute; then a person rolls back amid them."""
    with scene(tmp_path / "one") as one:
        play_undisturbed(one, lively_policy())
        expected = left_behind(one)

    with postgres_scene(tmp_path / "two") as (two, url):
        two.begin(lively_policy())
        with racing(two, url) as orders:

            def race(now: datetime) -> None:
                ingest(two.store, two.spool, now=now)
                for order in orders:
                    order.send(3)
                for order in orders:
                    order.recv()

            two.play(follow=race)
            found = left_behind(two)
            for order in orders:
                order.send(30)
            _, decision = two.controller.command(
                EXPERIMENT, Action.ROLLBACK, actor="ada", reason="no", now=two.clock.now()
            )
            for order in orders:
                order.recv()
        taken_back = two.controller.record(EXPERIMENT).state

    assert decision.action is Action.ROLLBACK
    assert taken_back.status is Status.ROLLED_BACK
    assert len(taken_back.decisions) == len(expected["log"]) + 1
    for part in ("log", "audit", "outcomes", "champions", "routes"):
        assert found[part] == expected[part], part
    assert found["state"]["evidence"] == expected["state"]["evidence"]


@contextmanager
def racing(played: Scene, url: str) -> Iterator[list[Any]]:
    """Two processes that tick when they are told so; the ends to tell them."""
    pipes = [FORKS.Pipe() for _ in range(2)]
    processes = [
        FORKS.Process(target=tick_on_demand, args=(played.home, url, EXPERIMENT, theirs))
        for _, theirs in pipes
    ]
    for process in processes:
        process.start()
    ours = [end for end, _ in pipes]
    try:
        assert [end.recv() for end in ours] == ["ready", "ready"]
        yield ours
    finally:
        for end in ours:
            end.send(None)
        for process in processes:
            process.join(30)


@pytest.mark.parametrize("first", ["promote", "rollback"])
def test_of_promote_and_rollback_at_once_rollback_wins(tmp_path: Path, first: str) -> None:
    """Whoever comes first, in the end the baseline has the traffic, and both are in the audit."""
    with postgres_scene(tmp_path) as (played, url):
        played.begin()
        gate = threading.Barrier(2)
        orders = [Action.PROMOTE, Action.ROLLBACK]

        def order(action: Action) -> None:
            with open_store(url) as store:
                controller = Controller(
                    store=store,
                    programs=played.controller.programs,
                    routing=played.controller.routing,
                )
                gate.wait()
                controller.command(
                    EXPERIMENT, action, actor="ada", reason="now", now=played.clock.now()
                )

        if first == "rollback":
            orders.reverse()
        threads = [threading.Thread(target=order, args=(action,)) for action in orders]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)

        route = read_config(played.controller.routing).routes[SIGNATURE]
        audit = {entry.action for entry in played.store.audit.list(subject=EXPERIMENT)}
        champion = played.store.programs.champion(SIGNATURE)
        assert played.controller.record(EXPERIMENT).state.status is Status.ROLLED_BACK
        assert route.effective_percent == 0
        assert "rollout.rollback" in audit
        assert audit & {"rollout.promote", "rollout.refuse"}
        assert champion is None or champion.version == played.baseline


def test_the_policy_of_a_running_rollout_can_not_be_edited(tmp_path: Path) -> None:
    """Beginning it again with another policy changes nothing; the state refuses another one."""
    with scene(tmp_path) as played:
        begun = played.begin()

        again = played.begin(quick_policy(min_quality=0.1))

        assert again.state.policy == begun.state.policy
        with pytest.raises(ConfigurationError, match="can not be edited"):
            again.state.require_policy(quick_policy(min_quality=0.1))


def advanced(played: Scene) -> Any:
    """Whether the rollout has left its first stage."""
    return lambda: played.store.rollouts.list(signature=SIGNATURE)[0].stage > 0
