"""Stage: validate what was collected, and store every example with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ratchet.cycle.collect import read_all
from ratchet.cycle.context import StageContext
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.examples import Example, Status
from ratchet.files import write_json, write_text
from ratchet.quality.validation import validate
from ratchet.quality.validation_report import ValidationReport
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import open_store
from ratchet.store.judgements import Judgement

ACTOR = "validation"
USABLE = (Status.ACCEPTED, Status.APPROVED)


@dataclass(frozen=True, kw_only=True)
class Validated(StageResult):
    """The accepted examples, scored; `links` are pairs of near-duplicates, by example id."""

    file: StageFile
    collected: int
    rejected: int
    links: tuple[tuple[str, str], ...]

    @property
    def headline(self) -> str:
        """How many were accepted."""
        return f"{self.file.count} of {self.collected} accepted, {self.rejected} rejected"


def validate_collected(
    context: StageContext, files: Sequence[StageFile], *, threshold: float
) -> Validated:
    """Validate the examples of `files` against the contract, each other and the store.

    Every example is stored, the rejected ones with their reason; doing it twice changes
    nothing.

    Raises:
        StoreError: the store can not be read or written.
    """
    examples = read_all(files)
    report = validate_with_store(
        context.spec,
        examples,
        store_url=context.workspace.store_url,
        threshold=threshold,
        now=context.now,
    )
    return _leave(context.run, report, collected=len(examples))


def validate_with_store(
    spec: SignatureSpec,
    examples: Sequence[Example],
    *,
    store_url: str,
    threshold: float,
    now: datetime,
    keep: bool = True,
) -> ValidationReport:
    """Validate `examples` against the contract, each other and the store.

    With `keep` every example is stored with what became of it. One that a person has
    approved is taken as approved.

    Raises:
        StoreError: the store can not be read or written.
    """
    batch = {example.example_id: example for example in examples}
    with open_store(store_url) as store:
        known = {e.example_id: e for e in store.examples.find(spec.name, statuses=USABLE)}
        approved = {i: e for i, e in known.items() if e.status is Status.APPROVED}
        batch.update({i: approved[i] for i in batch if i in approved})
        stored = [example for example_id, example in known.items() if example_id not in batch]
        report = validate(spec, list(batch.values()), stored=stored, threshold=threshold, now=now)
        if keep:
            store.examples.add(examples)
            store.examples.judge(_judgements(report), actor=ACTOR, at=now)
    return report


def _judgements(report: ValidationReport) -> list[Judgement]:
    accepted = [
        Judgement(
            example_id=example.example_id,
            status=example.status,
            quality_score=example.quality_score,
        )
        for example in report.accepted
    ]
    refused = [
        Judgement(
            example_id=rejection.example_id,
            status=rejection.example.status,
            quality_score=rejection.example.quality_score,
            reason="; ".join(rejection.reasons),
        )
        for rejection in report.rejected
    ]
    return accepted + refused


def _leave(run: RunFolder, report: ValidationReport, *, collected: int) -> Validated:
    report_path = run.report(report.signature, "validation")
    page_path = report_path.with_suffix(".md")
    write_json(report_path, report.to_json())
    write_text(page_path, report.to_markdown())
    file = StageFile.write(run.validated(report.signature), report.accepted)
    return Validated(
        run_path=run.path,
        leaves=run.relative(report_path, page_path, file.path),
        file=file,
        collected=collected,
        rejected=len(report.rejected),
        links=tuple((link.example_id, link.other_id) for link in report.linked),
    )
