"""Stage: take up the examples that the store holds beside the latest version of the dataset."""

from __future__ import annotations

from itertools import chain, islice

from ratchet.cycle.collect import Collected
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile
from ratchet.cycle.workspace import Workspace
from ratchet.datasets import DatasetFolder
from ratchet.examples import Source, Status
from ratchet.store import Order, open_store

FILE = ORIGIN = "store"
GIVEN = (Source.MANUAL, Source.IMPORT, Source.PIPELINE)


def collect_stored(
    workspace: Workspace, run: RunFolder, signature: str, *, limit: int
) -> Collected:
    """Bring what people and pipelines put into the store and the latest version lacks.

    That is approved examples of any source, then accepted ones that were imported, captured,
    bootstrapped or written by hand, the best first, at most `limit` of them. What earlier
    runs mined and left out is not brought again: this run mines for itself.

    Raises:
        StoreError: the store can not be read.
        DatasetError: the latest version is damaged.
    """
    versions = DatasetFolder(workspace.datasets)
    latest = versions.load(signature).examples if versions.latest(signature) else ()
    held = {example.example_id for example in latest}
    with open_store(workspace.store_url) as store:
        approved = store.examples.find(signature, statuses=(Status.APPROVED,), order=Order.BEST)
        given = store.examples.find(
            signature, statuses=(Status.ACCEPTED,), sources=GIVEN, order=Order.BEST
        )
        usable = chain(approved, given)
        fresh = tuple(islice((e for e in usable if e.example_id not in held), limit))
    path = run.collected(signature, FILE)
    return Collected(
        run_path=run.path,
        leaves=run.relative(path),
        origin=ORIGIN,
        file=StageFile.write(path, fresh),
        message=f"{len(fresh)} examples beside the latest version",
        skipped={},
        is_extra=True,
    )
