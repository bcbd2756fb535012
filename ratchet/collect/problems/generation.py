"""Generation: as many verified problems as are wanted, spread over difficulties and topics."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ratchet import signatures
from ratchet.collect.apportion import apportion
from ratchet.collect.collection import Collection
from ratchet.collect.problems.families import FAMILIES, Family
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.records import SIGNATURE, Order, Verdict
from ratchet.collect.problems.target import SimulatedStudent
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example

MAX_ATTEMPTS = 12  # orders of one topic in a row before the next one is asked for


def generate(
    count: int,
    *,
    seed: int,
    now: datetime,
    shares: Mapping[Difficulty, float] | None = None,
    pipeline: Pipeline | None = None,
) -> Collection:
    """Bring home `count` accepted problems; difficulties have the shares of the gate policy.

    Topics take turns. The same arguments give the same problems. What was discarded is
    counted by reason.

    Raises:
        ConfigurationError: the count is negative.
    """
    if count < 0:
        raise ConfigurationError(f"Can not generate {count} examples; use 0 or more.")
    chosen = shares or signatures.get(SIGNATURE).policy.difficulty_shares
    sizes = dict(zip(chosen, apportion(count, list(chosen.values())), strict=True))
    pipeline = pipeline or Pipeline(target=SimulatedStudent(seed=seed))
    rng = random.Random(f"{SIGNATURE}/{seed}")
    skipped: Counter[str] = Counter()
    found = [
        example
        for difficulty, size in sizes.items()
        for example in _of_difficulty(
            pipeline, difficulty, size, skipped, seed=seed, rng=rng, now=now
        )
    ]
    rng.shuffle(found)
    short = count - len(found)
    notes = (f"{short} of {count} problems could not be made new.",) if short else ()
    return Collection(examples=tuple(found), skipped=dict(skipped), notes=notes)


def _of_difficulty(
    pipeline: Pipeline,
    difficulty: Difficulty,
    size: int,
    skipped: Counter[str],
    *,
    seed: int,
    rng: random.Random,
    now: datetime,
) -> list[Example]:
    families = [f for f in FAMILIES if f.difficulty is difficulty]
    found: list[Example] = []
    idle = 0
    for turn, family in enumerate(_in_turn(families, rng)):
        if len(found) == size or idle > len(families):
            return found
        example = _one(pipeline, family, turn, skipped, seed=seed, now=now)
        idle = 0 if example else idle + 1
        found += [example] if example else []
    return found


def _in_turn(families: Sequence[Family], rng: random.Random) -> Iterator[Family]:
    """Every family once, in random order, then all again."""
    while True:
        yield from rng.sample(families, len(families))


def _one(
    pipeline: Pipeline,
    family: Family,
    turn: int,
    skipped: Counter[str],
    *,
    seed: int,
    now: datetime,
) -> Example | None:
    for attempt in range(MAX_ATTEMPTS):
        order = Order(
            subject=family.subject,
            topic=family.topic,
            difficulty=family.difficulty,
            seed=seed,
            attempt=turn * MAX_ATTEMPTS + attempt,
        )
        outcome = pipeline.run(order, now=now)
        if outcome.verdict is Verdict.ACCEPTED:
            return outcome.example
        skipped[outcome.reason] += 1
    return None
