"""Hot reload, by a clock that the test turns."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from ratchet.rollout.assignment import variant_of
from ratchet.serving import Router
from ratchet.serving.addresses import FileSource
from ratchet.serving.live_routing import ROUTE_TROUBLE, ROUTING_TROUBLE
from ratchet.serving.router import NO_ROUTE
from tests.serving_builders import CORRECTNESS, Clock, route, telemetry, write_routing

KEYS = [f"user-{number}" for number in range(200)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A routing file with one running route."""
    return write_routing(tmp_path / "routing_config.json", route())


def router_of(path: Path, clock: Clock) -> Router:
    """A router on a file, with a clock to turn."""
    return Router(path, telemetry=telemetry(path.parent / "spool"), clock=clock)


def variants(router: Router) -> set[str]:
    """The variants that some keys are sent to."""
    return {router.decide(CORRECTNESS, key).variant for key in KEYS}


def test_a_decision_is_the_published_hash(path: Path) -> None:
    """Apps in other languages put a key on the same side."""
    router = router_of(path, Clock())

    for key in KEYS:
        assert router.decide(CORRECTNESS, key).variant == variant_of("salt", key, 50)


def test_a_decision_tells_version_experiment_and_propensity(path: Path) -> None:
    """The record of a request can be attributed to its stage: each side knows its odds."""
    write_routing(path, route(candidate_traffic_percent=20))
    router = router_of(path, Clock())

    found = {
        router.decide(CORRECTNESS, key).variant: router.decide(CORRECTNESS, key) for key in KEYS
    }

    assert found["baseline"].program_version == "v1"
    assert found["candidate"].program_version == "v2"
    assert {name: one.propensity for name, one in found.items()} == {
        "baseline": 0.8,
        "candidate": 0.2,
    }
    assert {one.experiment_id for one in found.values()} == {"exp-1"}


def test_a_changed_file_is_followed_within_a_second(path: Path) -> None:
    """A rollback reaches every app by itself."""
    clock = Clock()
    router = router_of(path, clock)
    write_routing(path, route(candidate_traffic_percent=0), revision=2)

    clock.seconds += 0.9
    before = variants(router)
    clock.seconds += 0.1
    after = variants(router)

    assert before == {"baseline", "candidate"}
    assert after == {"baseline"}


def test_the_file_is_looked_at_once_a_second_whatever_the_traffic(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request costs no system call."""
    looks: list[Any] = []
    poll = FileSource.poll

    def counted(self: FileSource) -> bytes | None:
        looks.append(self)
        return poll(self)

    monkeypatch.setattr(FileSource, "poll", counted)
    clock = Clock()
    router = router_of(path, clock)

    for second in range(3):
        clock.seconds = 1_001.0 + second
        for key in KEYS:
            router.decide(CORRECTNESS, key)

    assert len(looks) == 4  # at the start, and once in each of three seconds


def test_an_unchanged_file_is_not_read_again(path: Path) -> None:
    """Looking costs one stat."""
    source = FileSource(path)

    assert source.poll() is not None
    assert source.poll() is None


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_noticed(path: Path) -> None:
    """Coarse file times do not hide a change."""
    source = FileSource(path)
    source.poll()
    times = path.stat()
    content = path.read_bytes()
    other = path.with_name("other")
    other.write_bytes(content.replace(b"v2", b"v3"))
    os.utime(other, ns=(times.st_atime_ns, times.st_mtime_ns))

    other.replace(path)

    assert source.poll() == content.replace(b"v2", b"v3")


@pytest.mark.parametrize(
    "content", ["", "{", '{"routes": {"a', "null", "[]", "\x00", '{"routes":1}']
)
def test_a_broken_file_takes_candidates_out_of_traffic(
    path: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a routing that can be believed, the baseline goes on, outside the comparison."""
    clock = Clock()
    router = router_of(path, clock)
    path.write_text(content)

    for _ in range(3):
        clock.seconds += 1
        assert variants(router) == {"baseline"}

    assert router.decide(CORRECTNESS, "ann").propensity == 0
    assert len([r for r in caplog.records if ROUTING_TROUBLE in r.message]) == 1
    assert router.counters().fallbacks[ROUTING_TROUBLE] == 3


def test_a_mended_file_is_followed_and_the_next_fault_said_again(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Each outage gets its own line in the log."""
    clock = Clock()
    router = router_of(path, clock)
    whole = path.read_text()

    for content in (whole[:40], whole, whole[:40]):
        path.write_text(content)
        clock.seconds += 1
        seen = variants(router)
        assert seen == ({"baseline", "candidate"} if content == whole else {"baseline"})

    assert len([r for r in caplog.records if ROUTING_TROUBLE in r.message]) == 2


def test_a_missing_file_is_no_error_and_is_found_when_it_comes(tmp_path: Path) -> None:
    """An app may start before the first rollout."""
    clock, path = Clock(), tmp_path / "routing_config.json"
    router = router_of(path, clock)
    assert router.decide(CORRECTNESS, "ann").experiment_id is None

    write_routing(path, route())
    clock.seconds += 1

    assert variants(router) == {"baseline", "candidate"}


def test_a_signature_without_a_route_is_counted_and_said_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A misspelt name is found in the log."""
    router = router_of(path, Clock())

    for key in KEYS:
        assert router.decide("validate_corectness", key).propensity == 0

    assert router.counters().fallbacks == {NO_ROUTE: len(KEYS)}
    assert len([r for r in caplog.records if "validate_corectness" in r.message]) == 1


def test_a_broken_route_is_left_out_and_said(path: Path) -> None:
    """The other signatures go on with their rollouts."""
    form = json.loads(path.read_text())
    form["routes"]["other"] = {"experiment_id": "e", "signature": "other", "status": "lost"}
    path.write_text(json.dumps(form))

    router = router_of(path, Clock())

    assert variants(router) == {"baseline", "candidate"}
    assert router.counters().fallbacks == {ROUTE_TROUBLE: 1}
