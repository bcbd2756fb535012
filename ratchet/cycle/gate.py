"""Stage: choose the set that the next version will hold, and ask the gates whether it may."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.cycle.context import StageContext
from ratchet.cycle.curated import curated
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.cycle.validate import Validated
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example
from ratchet.files import write_json, write_text
from ratchet.quality.gates import check, select_for_gate
from ratchet.store import open_store


@dataclass(frozen=True, kw_only=True)
class Gated(StageResult):
    """The selected set with the verdict on it; `message` is the gate's line for logs."""

    file: StageFile
    accepted: bool
    verdict: str
    message: str
    request: str
    links: tuple[tuple[str, str], ...]
    markdown: str

    @property
    def headline(self) -> str:
        """The gate's line, and what it asks for."""
        return f"{self.message}; {self.request}" if self.request else self.message


def gate_validated(
    context: StageContext, validated: Validated, *, growth: int, strict: bool, seed: int
) -> Gated:
    """Select from the latest version and the new examples, then hold the set to the policy.

    The set has at most `growth` examples more than the latest version. The policy is asked
    of the whole set, not of what is new in it. What a curator rejected or replaced is left
    out, and where the workspace asks for approval, what no curator approved.

    Raises:
        DatasetError: the latest version is damaged.
        StoreError: the store can not be read.
    """
    spec, run = context.spec, context.run
    folder = DatasetFolder(context.workspace.datasets)
    latest = folder.latest(spec.name)
    earlier = folder.load(spec.name).examples if latest else ()
    pool: dict[str, Example] = {e.example_id: e for e in (*earlier, *validated.file.read())}
    with open_store(context.workspace.store_url) as store:
        found = curated(store, list(pool.values()), context.workspace.admission)
    selection = select_for_gate(spec, found.examples, limit=len(earlier) + growth, seed=seed)
    left_out = {**found.left_out, **selection.left_out}
    report = check(spec, selection.examples, strict=strict)
    path = run.report(spec.name, "gate")
    write_json(path, {**report.to_json(), "left_out": left_out})
    write_text(path.with_suffix(".md"), report.to_markdown())
    file = StageFile.write(run.selected(spec.name), selection.examples)
    return Gated(
        run_path=run.path,
        leaves=run.relative(path, path.with_suffix(".md"), file.path),
        file=file,
        accepted=report.accepted,
        verdict=report.verdict.value,
        message=report.message,
        request=report.request,
        links=validated.links,
        markdown=report.to_markdown(),
    )
