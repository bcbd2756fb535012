"""The assignment hash: published, stable, the same in another language."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.rollout import assign, pause, promote, roll_back
from ratchet.rollout.assignment import BUCKETS, bucket_of, buckets_below, variant_of
from tests.rollout_builders import NOON, begun, minutes_later

DOCS = Path(__file__).parents[3] / "docs"
ROW = re.compile(r"^\| `(\".*\")` \| `(\".*\")` \| (\d+) \| ([\d.]+) \| (\w+) \|$", re.MULTILINE)
PERCENTS = st.integers(0, BUCKETS).map(lambda bucket: bucket / 100)


def vectors() -> list[tuple[str, str, int, float, str]]:
    """The published test vectors."""
    rows = ROW.findall((DOCS / "assignment_hash.md").read_text())
    return [
        (json.loads(salt), json.loads(key), int(bucket), float(percent), side)
        for salt, key, bucket, percent, side in rows
    ]


def in_javascript(calls: list[tuple[str, str, float]]) -> list[tuple[int, str]]:
    """Bucket and side of each (salt, key, percent) by the published reference, run by node."""
    script = (
        f"const hash = require({json.dumps(str(DOCS / 'assignment_hash.js'))});"
        "const calls = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(calls.map("
        "([s, k, p]) => [hash.bucketOf(s, k), hash.variantOf(s, k, p)])));"
    )
    answer = subprocess.run(
        ["node", "-e", script], input=json.dumps(calls), capture_output=True, text=True, check=True
    )
    return [(bucket, side) for bucket, side in json.loads(answer.stdout)]


def test_the_published_vectors_hold() -> None:
    """The table in the documentation is what the code computes."""
    assert len(vectors()) >= 15
    for salt, key, bucket, percent, side in vectors():
        assert (bucket_of(salt, key), variant_of(salt, key, percent)) == (bucket, side)


def test_the_reference_in_javascript_agrees() -> None:
    """Another language computes the same buckets, for the vectors and for odd texts."""
    odd = ["", "\0", "\ud800", "\udfff\ud800x", "\ud83d\ude00", "é" * 300, "a\u0301", "🙂/用户"]
    calls = [(salt, key, percent) for salt, key, _, percent, _ in vectors()]
    calls += [(salt, key, number / 100) for number, salt in enumerate(odd) for key in odd]
    calls += [(f"salt-{n}", f"key-{n}", n / 100) for n in range(0, BUCKETS, 7)]

    expected = [(bucket_of(salt, key), variant_of(salt, key, pct)) for salt, key, pct in calls]

    assert in_javascript(calls) == expected


def test_the_reference_runs_as_a_command() -> None:
    """A person can ask for the side of a key."""
    call = ["node", str(DOCS / "assignment_hash.js"), "salt", "user-3", "10"]

    answer = subprocess.run(call, capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "candidate"


@given(st.text(), st.text(), PERCENTS, PERCENTS)
def test_a_growing_share_never_moves_a_key_back(
    salt: str, key: str, one: float, other: float
) -> None:
    """Who met the candidate keeps it as long as the share does not shrink."""
    smaller, larger = sorted((one, other))

    before, after = variant_of(salt, key, smaller), variant_of(salt, key, larger)

    assert (before, after) != ("candidate", "baseline")


@pytest.mark.parametrize(("percent", "buckets"), [(0, 0), (0.07, 7), (0.29, 29), (100, BUCKETS)])
def test_a_share_is_an_exact_number_of_buckets(percent: float, buckets: int) -> None:
    """Floating point does not add a bucket."""
    assert buckets_below(percent) == buckets


def test_the_buckets_of_many_keys_are_even() -> None:
    """Chi-square of 50,000 keys over 100 groups of buckets lies where chance puts it."""
    groups = [0] * 100
    for number in range(50_000):
        groups[bucket_of("even", f"user-{number}") // 100] += 1

    chi_square = sum((count - 500) ** 2 / 500 for count in groups)

    assert 50 < chi_square < 160  # 99 degrees of freedom: beyond once in 10,000 times


def test_different_salts_are_independent() -> None:
    """Those who met the first candidate are a tenth of those who meet the second."""
    keys = [f"user-{number}" for number in range(20_000)]
    first = [key for key in keys if variant_of("first", key, 10) == "candidate"]

    both = sum(variant_of("second", key, 10) == "candidate" for key in first)

    assert both == pytest.approx(len(first) / 10, abs=4 * (len(first) * 0.09) ** 0.5)


def loaded_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter holds after a statement."""
    code = f"{statement}; import sys; print(*sys.modules)"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(answer.stdout.split())


def test_serving_pays_for_the_assignment_alone() -> None:
    """Importing the hash loads no other part of the rollout."""
    loaded = loaded_after("import ratchet.rollout.assignment")

    assert {name for name in loaded if name.startswith("ratchet")} == {
        "ratchet",
        "ratchet.rollout",
        "ratchet.rollout.assignment",
    }


def test_the_core_imports_nothing_heavy() -> None:
    """No numpy, no SQL, no DSPy: a controller or a command starts at once."""
    loaded = loaded_after("from ratchet.rollout import *")

    assert "ratchet.rollout.decisions" in loaded
    assert not loaded & {"numpy", "dspy", "prefect", "sqlalchemy", "pydantic", "polars"}


def test_every_public_name_is_there_and_no_other() -> None:
    """Names that are loaded on use are loaded, and a typing error is told."""
    import ratchet.rollout as package

    assert all(getattr(package, name) is not None for name in package.__all__)
    with pytest.raises(AttributeError, match="no attribute 'roll_forward'"):
        _ = package.roll_forward


def test_assign_follows_the_share_of_the_moment() -> None:
    """Running: the stage's share; paused or rolled back: none; completed: everybody."""
    state = begun()
    paused, _ = pause(state, actor="ann", reason="look", now=NOON)
    gone, _ = roll_back(state, actor="ann", reason="bad", now=NOON)
    done, _ = promote(state, actor="ann", reason="good", now=minutes_later(1))

    shares = [assign(each, "k").percent for each in (state, paused, gone, done)]

    assert shares == [10, 0, 0, 100]
    assert assign(gone, "k").variant == "baseline"
    assert assign(done, "k").variant == "candidate"
    assert assign(state, "k").stage == 0
