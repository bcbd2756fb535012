"""Dataset versions never take in again what was forgotten on request."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.datasets import DatasetFolder
from ratchet.errors import DatasetError
from ratchet.signatures import get
from ratchet.store import open_store
from tests.builders import NOON
from tests.cli_builders import COMPLETENESS, good_examples, ratchet, write_rows
from tests.dataset_builders import example_set

SPEC = get(COMPLETENESS)


def test_a_forgotten_example_is_in_no_later_version(tmp_path: Path) -> None:
    """Neither when a set is published nor when the version that still holds it is extended."""
    folder = DatasetFolder(tmp_path)
    examples = example_set(8)
    gone = {examples[0].example_id}
    folder.publish(SPEC, examples, now=NOON)

    extended = folder.add(SPEC, example_set(2, start=8), now=NOON, forgotten=gone)
    republished = folder.publish(SPEC, examples, now=NOON, forgotten=gone)

    assert (extended.example_count, republished.example_count) == (9, 7)
    held = {e.example_id for e in folder.load(COMPLETENESS, extended.version).examples}
    assert not held & gone


def test_a_set_of_nothing_but_the_forgotten_is_refused(tmp_path: Path) -> None:
    """There is no empty version."""
    examples = example_set(2)

    with pytest.raises(DatasetError, match="no example"):
        DatasetFolder(tmp_path).publish(
            SPEC, examples, now=NOON, forgotten={e.example_id for e in examples}
        )


def test_the_commands_leave_out_what_the_store_forgot(workspace: Path) -> None:
    """`dataset create` and `dataset add` say how many were left out, and publish without them."""
    first, *others = good_examples(14)
    path = write_rows(workspace / "rows.jsonl", [first, *others[:11]])
    ratchet("dataset", "create", "--signature", COMPLETENESS, path)
    with open_store(f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}") as store:
        store.removals.forget([first], subject="x", actor="ada", reason="asked to", at=NOON)

    created = ratchet("dataset", "create", "--signature", COMPLETENESS, path)
    more = write_rows(workspace / "more.jsonl", [first, *others[11:]])
    added = ratchet("dataset", "add", "--signature", COMPLETENESS, more)

    assert "1 forgotten on request" in created.out
    assert "1 forgotten on request" in added.out
    versions = DatasetFolder(workspace / "training_data").versions(COMPLETENESS)
    assert [version.example_count for version in versions] == [12, 11, 13]
