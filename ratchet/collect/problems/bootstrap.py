"""Bootstrap: the first examples of a domain, topic by topic and difficulty by difficulty."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from ratchet import signatures
from ratchet.collect.apportion import apportion
from ratchet.collect.problems.domains import DOMAINS, MATHEMATICS
from ratchet.collect.problems.families import FAMILIES
from ratchet.collect.problems.pipeline import Pipeline
from ratchet.collect.problems.records import SIGNATURE, Order, Outcome, Verdict
from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty, Example

MAX_ATTEMPTS = 5
STRIDE = 10  # orders in which the shares of the difficulties are met once

Watch = Callable[[int, Outcome], None]
"""Takes how many problems are accepted so far and the outcome of the latest attempt."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One topic at one difficulty."""

    subject: str
    topic: str
    difficulty: Difficulty


@dataclass(kw_only=True)
class Bootstrapped:
    """What a bootstrap brought: the examples, every reason for which an attempt failed.

    `notes` are sentences for an operator; `relaxed` says that the second, laxer round of
    thresholds was needed.
    """

    domain: str
    target: int
    examples: list[Example] = field(default_factory=list)
    attempts: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    relaxed: bool = False
    notes: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether the target was reached."""
        return len(self.examples) >= self.target


def bootstrap(
    pipeline: Pipeline,
    *,
    domain: str,
    target: int,
    seed: int,
    now: datetime,
    max_attempts: int = MAX_ATTEMPTS,
    levels: Collection[Difficulty] = tuple(Difficulty),
    keep: Callable[[Example], None] = lambda _: None,
    watch: Watch = lambda _, __: None,
) -> Bootstrapped:
    """Walk topics and difficulties until `target` problems are accepted.

    `levels` are the difficulties that are asked for. Each topic is tried up to `max_attempts`
    times, then the next one has its turn. When a whole round brings nothing, the thresholds
    are relaxed, once. `keep` is given each problem as soon as it is accepted, so that nothing
    is lost when the work is stopped.

    Raises:
        ConfigurationError: there are no topics for the domain, or a number is below 1.
    """
    if target < 1 or max_attempts < 1:
        raise ConfigurationError(f"target {target} and {max_attempts} attempts must be 1 or more.")
    found = Bootstrapped(domain=domain, target=target)
    cells = list(cells_of(domain, seed=seed, levels=levels))
    for round_number in range(target + len(cells)):
        before = len(found.examples)
        turns = range(round_number * max_attempts, (round_number + 1) * max_attempts)
        for example in _round(pipeline, cells, found, turns, seed=seed, now=now, watch=watch):
            keep(example)
            if found.is_whole:
                return found
        if len(found.examples) == before:
            if found.relaxed:
                break
            pipeline = _give_way(pipeline, found)
    found.notes.append(
        f"{len(found.examples)} of {target} problems were accepted; the rest could not be made. "
        "Ask for another --seed, or let a language model be the engineer."
    )
    return found


def cells_of(
    domain: str, *, seed: int, levels: Collection[Difficulty] = tuple(Difficulty)
) -> Iterator[Cell]:
    """The topics of a domain in the order in which they are asked for.

    Subjects take turns, and every ten cells hold the shares that the gate policy gives the
    `levels`.

    Raises:
        ConfigurationError: there are none.
    """
    if domain != MATHEMATICS:
        known = "a known domain" if domain in DOMAINS else "no domain"
        raise ConfigurationError(
            f"{domain!r} is {known}, and there are topics for {MATHEMATICS} alone. Capture the "
            "results of a pipeline of your own with ratchet.capture()."
        )
    rng = random.Random(f"{domain}/{seed}")
    policy = signatures.get(SIGNATURE).policy
    shares = {level: share for level, share in policy.difficulty_shares.items() if level in levels}
    if not shares:
        raise ConfigurationError("No difficulty is asked for; name easy, medium or hard.")
    waiting = {d: _subjects_in_turn(d, rng) for d in shares}
    sizes = dict(zip(shares, apportion(STRIDE, list(shares.values())), strict=True))
    while any(waiting.values()):
        for difficulty, size in sizes.items():
            yield from (
                waiting[difficulty].pop() for _ in range(min(size, len(waiting[difficulty])))
            )


def _subjects_in_turn(difficulty: Difficulty, rng: random.Random) -> list[Cell]:
    """The cells of a difficulty; taken from the end, they go through the subjects in turn."""
    by_subject: dict[str, list[Cell]] = defaultdict(list)
    for family in FAMILIES:
        if family.difficulty is difficulty:
            cell = Cell(subject=family.subject, topic=family.topic, difficulty=difficulty)
            by_subject[family.subject].append(cell)
    ordered: list[Cell] = []
    subjects = rng.sample(sorted(by_subject), len(by_subject))
    for turn in range(max(map(len, by_subject.values()))):
        ordered += [by_subject[s][turn] for s in subjects if turn < len(by_subject[s])]
    return ordered[::-1]


def _round(
    pipeline: Pipeline,
    cells: Sequence[Cell],
    found: Bootstrapped,
    turns: range,
    *,
    seed: int,
    now: datetime,
    watch: Watch,
) -> Iterator[Example]:
    """Each cell once: up to as many attempts as there are `turns`, until one is accepted."""
    for cell in cells:
        for turn in turns:
            order = Order(
                subject=cell.subject,
                topic=cell.topic,
                difficulty=cell.difficulty,
                seed=seed,
                attempt=turn,
            )
            outcome = pipeline.run(order, now=now)
            found.attempts += 1
            found.reasons[outcome.reason] += 1
            accepted = outcome.example if outcome.verdict is Verdict.ACCEPTED else None
            found.examples += [accepted] if accepted else []
            watch(len(found.examples), outcome)
            if accepted:
                yield accepted
                break


def _give_way(pipeline: Pipeline, found: Bootstrapped) -> Pipeline:
    relaxed = pipeline.thresholds.relaxed()
    found.relaxed = True
    found.notes.append(
        f"A round over all topics brought nothing new, so the thresholds were relaxed once: "
        f"quality {relaxed.min_quality:.0f}, checker {relaxed.min_checker_score:.2f}, likeness "
        f"{relaxed.near_duplicate:.2f}, {relaxed.attempts} attempts of the target. "
        "Answers are verified as before."
    )
    return pipeline.with_roles(thresholds=relaxed)
