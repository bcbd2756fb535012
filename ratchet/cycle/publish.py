"""Stage: publish what passed the gates as a new dataset version."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from ratchet.cycle.audit_files import record_publication
from ratchet.cycle.context import StageContext
from ratchet.cycle.gate import Gated
from ratchet.cycle.stage_file import StageResult
from ratchet.datasets import DatasetFolder
from ratchet.files import write_json
from ratchet.store import open_store

ACTOR = "ratchet"


@dataclass(frozen=True, kw_only=True)
class Published(StageResult):
    """The version that a program is optimised on; `content_sha256` identifies its content."""

    version: str
    example_count: int
    content_sha256: str
    is_new: bool
    side_counts: dict[str, int]

    @property
    def headline(self) -> str:
        """The version and its size."""
        return f"{self.version}: {self.example_count} examples" + (
            "" if self.is_new else ", unchanged"
        )


def publish_dataset(context: StageContext, gated: Gated) -> Published:
    """Publish the selected examples; near-duplicates stay on one side of the split.

    The version is written into the audit trail too.

    Raises:
        DatasetError: the version can not be written.
        StoreError: the store can not be written; repeating completes it.
    """
    spec, run = context.spec, context.run
    with open_store(context.workspace.store_url) as store:
        forgotten = store.removals.forgotten(spec.name)
    version = DatasetFolder(context.workspace.datasets).publish(
        spec,
        gated.file.read(),
        now=context.now,
        notes=f"{run.run_id}: {gated.message}",
        linked=gated.links,
        shares=context.workspace.shares,
        forgotten=forgotten,
    )
    with open_store(context.workspace.store_url) as store:
        record_publication(store, version, actor=ACTOR, at=context.now)
    path = run.report(spec.name, "split")
    report = asdict(version.split_report) if version.split_report else {}
    write_json(path, {"version": version.version, "sides": dict(version.side_counts), **report})
    return Published(
        run_path=run.path,
        leaves=run.relative(path),
        version=version.version,
        example_count=version.example_count,
        content_sha256=version.content_sha256,
        is_new=version.is_new,
        side_counts={str(side): count for side, count in version.side_counts.items()},
    )
