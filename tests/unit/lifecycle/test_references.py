"""What a deployed program, a sealed test side or an audit record refers to, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.datasets.archiving import archive_version
from ratchet.errors import DatasetError, InputError
from ratchet.lifecycle.cleaning import clean_up
from ratchet.lifecycle.references import Referrer, find_references
from ratchet.splits import Side
from ratchet.store import Store
from tests.builders import NOON
from tests.dataset_builders import example_set
from tests.lineage_builders import SPEC, Stock, answered, labelled
from tests.store_builders import audit_entry
from tests.unit.lifecycle.test_cleanup import POLICY


@pytest.fixture
def stock(store: Store, tmp_path: Path) -> Stock:
    """A store with empty folders beside it."""
    return Stock(store=store, root=tmp_path)


def referrers(stock: Stock) -> dict[str, Referrer]:
    """Who refers to each example."""
    found = find_references(stock.store, stock.folder, stock.programs, SPEC).found
    return {example_id: reference.by for example_id, reference in found.items()}


def test_the_test_side_of_every_version_is_held_archived_ones_too(stock: Stock) -> None:
    """A later version without the example changes nothing; its train side is not held."""
    first, second = example_set(8), example_set(8, start=8)
    older = stock.publish(first)
    stock.publish(second, hours=1)
    sealed = {
        example.example_id
        for version in stock.folder.versions(SPEC.name)
        for example in stock.folder.load(SPEC.name, version.version).side(Side.TEST)
    }
    archive_version(stock.folder, SPEC.name, older.version)

    found = referrers(stock)

    assert found == dict.fromkeys(sealed, Referrer.TEST_SIDE)
    assert {e.example_id for e in first} & set(found)


def test_a_champion_holds_its_dataset_and_its_prompts(stock: Stock) -> None:
    """Labelled and augmented demonstrations, and every example that it was made from."""
    made_from, elsewhere = example_set(4), example_set(3, start=4)
    stock.store.examples.add([*made_from, *elsewhere])
    version = stock.publish(made_from)
    stock.publish(example_set(4, start=20), hours=1)
    program = stock.program(labelled(elsewhere[0]), answered(elsewhere[1]), dataset=version)
    before = referrers(stock)
    stock.crown(program)

    found = referrers(stock)

    assert elsewhere[0].example_id not in before
    assert {e.example_id for e in made_from} <= set(found)
    assert found[elsewhere[0].example_id] is Referrer.PROMPT
    assert found[elsewhere[1].example_id] is Referrer.PROMPT
    assert elsewhere[2].example_id not in found


def test_both_sides_of_a_rollout_under_way_are_deployed(stock: Stock) -> None:
    """Neither may lose an example before it is decided between them."""
    shown = example_set(2)
    stock.store.examples.add(shown)
    baseline, candidate = (stock.program(labelled(example)) for example in shown)
    assert referrers(stock) == {}

    stock.roll_out(candidate, baseline=baseline)

    assert referrers(stock) == dict.fromkeys((e.example_id for e in shown), Referrer.PROMPT)


def test_an_audit_record_about_an_example_holds_it(stock: Stock) -> None:
    """Its subject must stay readable."""
    (example,) = example_set(1)
    stock.store.examples.add([example])
    stock.store.audit.append(audit_entry(subject=example.example_id))

    assert referrers(stock) == {example.example_id: Referrer.AUDIT}


def test_a_clean_up_keeps_what_is_referred_to_and_repeats_nothing(stock: Stock) -> None:
    """Everything is years old; the dry run deletes nothing, the second run finds nothing."""
    examples = example_set(12)
    stock.store.examples.add(examples)
    stock.publish(examples)
    held = set(referrers(stock))
    late = NOON.replace(year=2032)

    def clean(*, dry_run: bool) -> tuple[int, int | None]:
        report = clean_up(
            stock.store,
            stock.folder,
            stock.programs,
            SPEC,
            POLICY,
            actor="ada",
            now=late,
            dry_run=dry_run,
        )
        return len(report.plan.removals), report.removed

    planned, removed = clean(dry_run=True)
    assert removed is None
    assert stock.store.examples.statistics(SPEC.name).total == 12
    assert clean(dry_run=False) == (planned, planned)
    assert planned > 0
    left = {example.example_id for example in stock.store.examples.find(SPEC.name)}
    assert held <= left
    assert len(left) == 12 - planned
    assert clean(dry_run=False) == (0, 0)


def test_a_damaged_version_or_a_lost_program_stops_the_clean_up(stock: Stock) -> None:
    """What nobody can read may refer to anything."""
    version = stock.publish(example_set(4))
    path = version.path / "provenance.jsonl"
    content = path.read_bytes()
    path.chmod(0o644)
    path.write_text("{broken")

    with pytest.raises(DatasetError, match="can not be read"):
        referrers(stock)
    path.write_bytes(content.splitlines(keepends=True)[0])
    with pytest.raises(DatasetError, match="its lines are not those"):
        referrers(stock)

    path.write_bytes(content)
    program = stock.program(labelled(example_set(1)[0]))
    stock.crown(program)
    (stock.programs / SPEC.name / program / "metadata.json").rename(stock.root / "lost")
    with pytest.raises(InputError, match=program):
        referrers(stock)
