"""Batches of an import: together they do what one would do, in the memory of one."""

from __future__ import annotations

import json
from pathlib import Path

from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, stream_examples
from ratchet.cycle.importing import Importer
from ratchet.examples import ExampleId, Source, Status
from ratchet.quality.validation_report import Rejection
from ratchet.store import Store, open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, curated_row, good_examples, write_rows

CONTEXT = RowContext(signature=None, source=Source.IMPORT, now=NOON)


def imported(
    store: Store, path: Path, *, batch: int = 2, keep: bool = True, processes: int = 0
) -> tuple[Importer, list[RejectedRow | Rejection]]:
    """Import a file in batches; the importer, and what it refused."""
    refused: list[RejectedRow | Rejection] = []
    with Importer(
        store, refused=refused.append, now=NOON, batch=batch, keep=keep, processes=processes
    ) as importer:
        importer.take(stream_examples([path], context=CONTEXT))
        importer.flush()
    return importer, refused


def test_batches_accept_what_one_batch_accepts(tmp_path: Path, database_url: str) -> None:
    """Seven examples, two at a time; the statuses are those that the store tells."""
    examples = good_examples(7)
    path = write_rows(tmp_path / "rows.jsonl", map(curated_row, examples))

    with open_store(database_url) as store:
        importer, refused = imported(store, path)
        statuses = store.examples.statuses([*(e.example_id for e in examples), ExampleId("0" * 32)])

    assert refused == []
    assert (importer.report.new, importer.report.tallies[COMPLETENESS].accepted) == (7, 7)
    assert statuses == {e.example_id: Status.ACCEPTED for e in examples}


def test_a_duplicate_is_found_across_batches_even_in_a_dry_run(tmp_path: Path) -> None:
    """The batch before counts although nothing of it was stored."""
    first, second, third = good_examples(3)
    twin = curated_row(first)
    twin["inputs"]["implementation"] += " "
    rows = [*map(curated_row, (first, second, third)), twin]
    path = write_rows(tmp_path / "rows.jsonl", rows)

    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        importer, refused = imported(store, path, keep=False)
        held = list(store.examples.find(COMPLETENESS))

    assert held == []
    assert importer.report.tallies[COMPLETENESS].accepted == 3
    (rejection,) = refused
    assert isinstance(rejection, Rejection)
    assert rejection.duplicate_of == first.example_id


def test_a_row_that_is_repeated_in_another_batch_counts_once(tmp_path: Path) -> None:
    """The same content five rows later."""
    rows = [curated_row(example) for example in good_examples(5)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([*rows, rows[0]]))

    with open_store(f"sqlite:///{tmp_path / 'ratchet.db'}") as store:
        importer, _ = imported(store, path)

    assert (importer.report.repeated, importer.report.taken, importer.report.new) == (1, 6, 5)


def test_an_import_scored_beside_is_the_import_scored_here(tmp_path: Path) -> None:
    """Batch by batch, while the next is read: the same statuses and the same scores."""
    examples = [*good_examples(7), *good_examples(5, signature="validate_intent")]
    path = write_rows(tmp_path / "rows.jsonl", map(curated_row, examples))
    stored = []

    for processes in (0, 1):
        with open_store(f"sqlite:///{tmp_path / f'{processes}.db'}") as store:
            importer, _ = imported(store, path, batch=3, processes=processes)
            found = [e for name in store.examples.signatures() for e in store.examples.find(name)]
        assert (importer.report.taken, importer.report.new) == (12, 12)
        stored.append({e.example_id: (e.status, e.quality_score) for e in found})

    assert stored[0] == stored[1]


def test_what_was_forgotten_is_counted_by_itself(tmp_path: Path, store: Store) -> None:
    """It is not new, not accepted, and no reason to refuse what is near it."""
    first, second, third = good_examples(3)
    store.examples.add([first])
    store.removals.forget([first], subject="x", actor="ada", reason="asked", at=NOON)
    near = curated_row(first)
    near["inputs"]["implementation"] += " Again."
    rows = [*map(curated_row, (first, second, third)), near]

    importer, refused = imported(store, write_rows(tmp_path / "rows.jsonl", rows))

    tally = importer.report.tallies[COMPLETENESS]
    assert refused == []
    assert (tally.read, tally.new, tally.accepted, tally.forgotten) == (4, 3, 3, 1)
    assert (importer.report.new, importer.report.forgotten) == (3, 1)
    assert store.examples.get(first.example_id) is None
