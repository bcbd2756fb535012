"""What was captured from another pipeline: read, verified anew, and taken into the store.

Another pipeline's scores are taken as it says; its answer is not. A file is taken in whole
and then removed, and taking it in twice changes nothing, so a kill loses no result.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ratchet import signatures
from ratchet.collect.problems.domains import domain_of
from ratchet.collect.problems.novelty import KnownProblems
from ratchet.collect.problems.pipeline import category_of
from ratchet.collect.problems.records import SIGNATURE, Thresholds
from ratchet.collect.problems.verification import verify_text
from ratchet.errors import InputError
from ratchet.examples import Difficulty, Example, Source, Status
from ratchet.serving.capture import Mode
from ratchet.serving.spool import spool_files
from ratchet.store import USABLE, Judgement, Store

ACTOR = "capture"
TAKEN_TYPES = ("accepted", "data")
PERCENT = 100.0


@dataclass(frozen=True, kw_only=True)
class Judged:
    """What became of one result: a status, and the reasons when it was not accepted."""

    result_type: str
    status: Status
    reasons: tuple[str, ...] = ()
    example: Example | None = None


@dataclass(kw_only=True)
class CaptureReport:
    """What was taken in: counts by type and by status, and the sentences on what was refused."""

    types: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    refused: list[str] = field(default_factory=list)
    unreadable: int = 0

    def count(self, judged: Iterable[Judged], *, stored_already: int) -> None:
        """Count what became of some results."""
        self.statuses += Counter({"stored already": stored_already})
        for each in judged:
            self.types[each.result_type] += 1
            self.statuses[each.status.value if each.example else "not kept"] += 1
            if each.reasons:
                self.refused.append(f"{each.result_type}: {'; '.join(each.reasons)}")


def take_in(
    spool: Path,
    store: Store,
    *,
    thresholds: Thresholds | None = None,
    max_per_domain: int | None = None,
) -> CaptureReport:
    """Judge and store everything in the finished files of `spool`, and remove them.

    Once a domain has `max_per_domain` usable examples, what would be accepted waits for a
    person.

    Raises:
        StoreError: the store can not be written; the file stays for the next time.
    """
    report = CaptureReport()
    everything = list(store.examples.find(SIGNATURE))
    held = {example.example_id for example in everything}
    known = KnownProblems(str(e.outputs["problem"]) for e in everything if e.status in USABLE)
    limits = thresholds or Thresholds()
    room = _Room(everything, max_per_domain)
    for file in spool_files(spool):
        if not file.is_finished:
            continue
        results = _results(file.path, report)
        judged = [room.placed(judge(each, limits, known)) for each in results]
        fresh = [j for j in judged if j.example is None or j.example.example_id not in held]
        _store(store, fresh)
        report.count(fresh, stored_already=len(judged) - len(fresh))
        file.path.unlink()
    return report


class _Room:
    """How many examples each domain has, and the most that it takes."""

    def __init__(self, examples: Iterable[Example], most: int | None) -> None:
        self._most = most
        self._counts = Counter(_domain(e) for e in examples if e.status in USABLE)
        self._seen = {e.example_id for e in examples}

    def placed(self, judged: Judged) -> Judged:
        """The same, or waiting for a person when its domain is full."""
        example = judged.example
        if judged.status is not Status.ACCEPTED or example is None:
            return judged
        if example.example_id in self._seen:
            return judged
        domain = _domain(example)
        if self._most is not None and self._counts[domain] >= self._most:
            reason = f"{domain} has {self._counts[domain]} examples, the most that are taken"
            return replace(judged, status=Status.CANDIDATE, reasons=(reason,))
        self._counts[domain] += 1
        self._seen.add(example.example_id)
        return judged


def _domain(example: Example) -> str:
    return domain_of(str(example.inputs.get("subject", "")))


def judge(
    result: Mapping[str, Any], thresholds: Thresholds, known: KnownProblems | None = None
) -> Judged:
    """Hold one captured result against the contract, its scores and computer algebra.

    What can not be verified, and whatever was captured in manual mode, waits for a person.
    """
    kind, mode = str(result["result_type"]), Mode(result["mode"])
    data = result["data"]
    if kind not in TAKEN_TYPES:
        said = data.get("reason", "no reason given") if isinstance(data, Mapping) else data
        return Judged(
            result_type=kind, status=Status.REJECTED, reasons=(f"its pipeline says: {said}",)
        )
    try:
        example = _example(data, mode, at=float(result["at"]))
    except (InputError, TypeError, AttributeError, ValueError) as error:
        return Judged(result_type=kind, status=Status.REJECTED, reasons=(str(error),))
    return _weighed(kind, mode, example, thresholds, known or KnownProblems())


def _weighed(
    kind: str, mode: Mode, example: Example, thresholds: Thresholds, known: KnownProblems
) -> Judged:
    problem, answer = str(example.outputs["problem"]), str(example.outputs["answer"])
    found = verify_text(problem, answer)
    reasons = [f"the answer is wrong: {found.reason}"] if found.is_refuted else []
    reasons += signatures.get(SIGNATURE).problems(example.inputs, example.outputs)
    reasons += _below(example, mode, thresholds)
    if near := known.nearest(problem, threshold=thresholds.near_duplicate):
        reasons.append(f"it is {near[1]:.0%} like {near[0][:60]!r}")
    example = example.evolve(
        provenance={**example.provenance, "verified_by": found.method}, notes=found.reason
    )
    if reasons:
        return Judged(
            result_type=kind, status=Status.REJECTED, reasons=tuple(reasons), example=example
        )
    known.add(problem)
    is_sure = found.is_verified and mode is not Mode.MANUAL
    status = Status.ACCEPTED if is_sure else Status.CANDIDATE
    return Judged(result_type=kind, status=status, example=example)


def _below(example: Example, mode: Mode, thresholds: Thresholds) -> Iterator[str]:
    quality = example.quality_score or 0.0
    if quality < thresholds.min_quality:
        yield f"quality {quality:.0f} is below {thresholds.min_quality:.0f}"
    if mode is not Mode.BOOTSTRAP and not example.provenance["target_model_failed"]:
        yield "the target did not fail"


def _example(data: Mapping[str, Any], mode: Mode, *, at: float) -> Example:
    """The example in a result, whose fields may lie flat or in inputs, outputs and quality.

    Raises:
        InputError: a value can not be what it should.
    """
    flat: dict[str, Any] = dict(data)
    for part in ("inputs", "outputs", "quality", "metadata"):
        flat |= flat[part] if isinstance(flat.get(part), Mapping) else {}
    subject = str(flat.get("subject", ""))
    difficulty = Difficulty.parse(str(flat.get("difficulty_level") or "medium"))
    return Example(
        signature=SIGNATURE,
        inputs={
            "subject": subject,
            "topic": str(flat.get("topic", "")),
            "difficulty_level": difficulty.value,
            "seed_prompt": str(flat.get("seed_prompt") or ""),
        },
        outputs={
            "problem": str(flat.get("problem") or flat.get("question") or ""),
            "answer": str(flat.get("answer", "")),
            "hints": _hints(flat.get("hints")),
            "solution": str(flat.get("solution") or ""),
        },
        source=Source.PIPELINE,
        difficulty=difficulty,
        category=category_of(subject),
        group_id=f"captured:{subject}:{flat.get('topic', '')}".lower(),
        created_at=datetime.fromtimestamp(at, UTC),
        quality_score=_percent(flat.get("quality_score")),
        provenance={
            "strategy": "captured",
            "mode": mode.value,
            "domain": domain_of(subject),
            "checker_score": float(flat.get("checker_score") or 0.0),
            "target_model_failed": flat.get("target_model_failed") is True,
        },
    )


def _hints(given: Any) -> dict[str, str]:
    values = given.values() if isinstance(given, Mapping) else given or ()
    return {str(number): str(hint) for number, hint in enumerate(values)}


def _percent(given: Any) -> float:
    """A quality of 0..1, as other pipelines write it, or of 0..100; 0 when it is missing."""
    value = float(given or 0.0)
    return value * PERCENT if value <= 1 else value


def _results(path: Path, report: CaptureReport) -> Iterator[Mapping[str, Any]]:
    with path.open("rb") as stream:
        for line in stream:
            try:
                found = json.loads(line)
                yield {name: found[name] for name in ("result_type", "mode", "data", "at")}
            except (ValueError, KeyError, TypeError):
                report.unreadable += 1


def _store(store: Store, judged: list[Judged]) -> None:
    kept = [each for each in judged if each.example is not None]
    store.examples.add([each.example for each in kept if each.example], actor=ACTOR)
    store.examples.judge(
        [
            Judgement(
                example_id=each.example.example_id,
                status=each.status,
                quality_score=each.example.quality_score,
                reason="; ".join(each.reasons),
            )
            for each in kept
            if each.example
        ],
        actor=ACTOR,
        at=datetime.now(UTC),
    )
