"""Stage: validate what was collected, and store every example with what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.cycle.batch import validate_with_store
from ratchet.cycle.collect import read_all
from ratchet.cycle.context import StageContext
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.files import write_json, write_text
from ratchet.quality.validation_report import ValidationReport


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
        reject_below=context.workspace.reject_below,
        now=context.now,
    )
    return _leave(context.run, report, collected=len(examples))


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
