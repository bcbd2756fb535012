"""Lineage both ways: blame, impact and forget, on SQLite and on PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from ratchet.datasets.archiving import archive_version
from ratchet.examples import Example, Source, Status
from ratchet.files import write_jsonl
from ratchet.lineage.blame import Match, blame
from ratchet.lineage.forgetting import ForgetPlan, Places, forget, plan_forgetting
from ratchet.lineage.impact import Impact, Reach, measure_impact
from ratchet.lineage.selector import Selector
from ratchet.lineage.tracing import Whereabouts
from ratchet.optimize.cached_work import FOLDER, CachedWork
from ratchet.splits import Side
from ratchet.store import Store, schema
from ratchet.store.removals import Forgotten
from ratchet.store.telemetry import PayloadRow
from tests.builders import NOON, completeness_example
from tests.dataset_builders import example_set
from tests.lineage_builders import SPEC, Stock, answered, labelled

COMMIT = "0a1b2c3d4e5f"


@pytest.fixture
def stock(store: Store, tmp_path: Path) -> Stock:
    """A store with empty folders beside it."""
    return Stock(store=store, root=tmp_path)


def from_git(**changes: Any) -> Example:
    """An example that was mined from a commit."""
    facts = {"repository": "shop", "sha": COMMIT, "author": "Ada <ada@x.org>"}
    fields = {"source": Source.GIT, "group_id": "commit", "provenance": facts, **changes}
    return completeness_example(implementation="Adds a basket.", **fields)


def impact(stock: Stock, selected: str) -> Impact:
    """What a selector has reached."""
    selector = Selector.parse(selected)
    return measure_impact(stock.store, stock.folder, stock.programs, selector)


def reach(stock: Stock, selected: str) -> dict[str, Reach]:
    """How each program was reached."""
    return {program.version: program.reach for program in impact(stock, selected).programs}


def places(stock: Stock) -> Places:
    """The folders of the stock."""
    return Places(
        datasets=stock.folder,
        programs=stock.programs,
        cache=stock.root / "cache",
        runs=stock.root / "runs",
    )


def planned(stock: Stock, selected: str) -> ForgetPlan:
    """What forgetting would do."""
    return plan_forgetting(stock.store, places(stock), Selector.parse(selected))


def forgotten(stock: Stock, selected: str) -> Forgotten:
    """Forget on request."""
    plan = planned(stock, selected)
    return forget(stock.store, places(stock), plan, reason="asked", actor="ada", now=NOON)


def test_blame_traces_every_demonstration_to_where_it_came_from(stock: Stock) -> None:
    """Labelled ones by their content, augmented ones by the inputs they were made from."""
    mined = from_git()
    recorded = completeness_example(
        implementation="Seen live.",
        source=Source.TELEMETRY,
        provenance={"request_id": "r7"},
        group_id="live",
    )
    imported = completeness_example(
        implementation="From a file.",
        source=Source.IMPORT,
        provenance={"file": "a.csv", "row": 3},
        group_id="file",
    )
    stock.store.examples.add([mined, recorded], actor="mining")
    version = stock.publish([mined, imported, *example_set(4)])
    program = stock.program(
        labelled(mined),
        answered(recorded),
        labelled(imported),
        {"implementation": "Nobody knows.", "requirements": []},
        dataset=version,
    )
    stock.crown(program)

    found = blame(stock.store, stock.folder, stock.programs, SPEC, program)

    demos = found.demonstrations
    assert [demo.match for demo in demos] == [
        Match.LABEL,
        Match.INPUTS,
        Match.LABEL,
        Match.UNKNOWN,
    ]
    assert [[origin.example_id for origin in demo.origins] for demo in demos] == [
        [mined.example_id],
        [recorded.example_id],
        [imported.example_id],
        [],
    ]
    (origin,) = demos[0].origins
    assert origin.sentence == f"git: repository shop, sha {COMMIT}, author Ada <ada@x.org>"
    assert (origin.status, origin.dataset_version) == ("candidate", version.version)
    assert demos[1].origins[0].sentence == "telemetry: request_id r7"
    assert demos[2].origins[0].sentence == "import: file a.csv, row 3"
    assert demos[2].origins[0].status is None
    assert found.live_percent == 100
    assert found.sources == {"git": 1, "import": 1, "telemetry": 1, "unknown": 1}


def test_blame_looks_into_older_and_archived_versions(stock: Stock) -> None:
    """A demonstration that a program inherited is in no version of its own."""
    old = example_set(4)
    older = stock.publish(old)
    newer = stock.publish(example_set(4, start=4), hours=1)
    archive_version(stock.folder, SPEC.name, older.version)
    program = stock.program(labelled(old[0]), dataset=newer)

    (demo,) = blame(stock.store, stock.folder, stock.programs, SPEC, program).demonstrations

    assert demo.origins[0].dataset_version == older.version


def test_blame_says_when_an_example_was_forgotten_or_cleaned(stock: Stock) -> None:
    """Its label or its inputs are known again by their hashes."""
    gone, answer, cleaned = example_set(3)
    stock.store.examples.add([gone, answer, cleaned])
    program = stock.program(labelled(gone), answered(answer), labelled(cleaned))
    for example in (gone, answer):
        forgotten(stock, example.example_id)
    stock.store.removals.clean({cleaned.example_id: "old"}, actor="ada", at=NOON)

    found = blame(stock.store, stock.folder, stock.programs, SPEC, program)

    matches = [demo.match for demo in found.demonstrations]
    assert matches == [Match.FORGOTTEN, Match.FORGOTTEN, Match.CLEANED]


def test_impact_follows_examples_to_datasets_programs_and_traffic(stock: Stock) -> None:
    """Prompt before data before ancestry; a program that was only judged on it is not tainted."""
    examples = [from_git(group_id=f"c{n}", outputs=outputs(n)) for n in range(12)]
    others = example_set(6)
    stock.store.examples.add([*examples, *others])
    version = stock.publish([*examples, *others])
    clean = stock.publish(others, hours=1)
    shows = stock.program(labelled(examples[0]), dataset=clean)
    learnt = stock.program(labelled(others[0]), dataset=version)
    child = stock.program(
        labelled(others[1]), dataset=clean, parent=learnt, created=NOON + timedelta(hours=1)
    )
    free = stock.program(labelled(others[2]), dataset=clean)
    stock.crown(child)

    found = impact(stock, f"commit={COMMIT[:7]}")

    assert {e.example_id for e in found.trace.examples} == {e.example_id for e in examples}
    assert [(v.version, len(v.example_ids)) for v in found.trace.versions] == [
        (version.version, 12)
    ]
    assert {p.version: p.reach for p in found.programs} == {
        shows: Reach.SHOWN,
        learnt: Reach.LEARNT,
        child: Reach.DESCENDED,
    }
    assert free not in {p.version for p in found.programs}
    assert found.live_percent == {SPEC.name: 100.0}
    assert [p.version for p in found.to_reoptimise] == [child]
    assert impact(stock, "commit=ffffffff").live_percent == {}


def outputs(number: int) -> dict[str, Any]:
    """Outputs that make twelve different examples of one input."""
    return {"is_complete": True, "missing_requirements": [], "explanation": f"Whole {number}."}


def test_a_program_that_was_only_judged_on_an_example_has_not_learnt_from_it(stock: Stock) -> None:
    """The sealed test side teaches nothing."""
    version = stock.publish(example_set(12))
    dataset = stock.folder.load(SPEC.name)
    sealed = dataset.side(Side.TEST)[0].example_id
    trained = dataset.side(Side.TRAIN)[0].example_id
    program = stock.program(dataset=version)
    stock.crown(program)

    assert reach(stock, sealed) == {program: Reach.JUDGED}
    assert impact(stock, sealed).live_percent == {SPEC.name: 0.0}
    assert reach(stock, trained) == {program: Reach.LEARNT}
    assert len(impact(stock, f"dataset={version.version}").trace.examples) == 12


def test_the_traffic_of_a_rollout_is_split_between_its_sides(stock: Stock) -> None:
    """Only the side that has learnt from the example counts."""
    (example,) = example_set(1)
    stock.store.examples.add([example])
    baseline = stock.program()
    candidate = stock.program(labelled(example))
    stock.crown(baseline)
    stock.roll_out(candidate, baseline=baseline)

    assert impact(stock, example.example_id).live_percent == {SPEC.name: 10.0}


def test_what_was_made_from_an_example_belongs_to_it(stock: Stock) -> None:
    """Edits of edits too, whatever their source."""
    first, edit, edit_of_edit, other = example_set(4)
    edit = edit.evolve(provenance={"parent": first.example_id})
    edit_of_edit = edit_of_edit.evolve(provenance={"parent": edit.example_id})
    stock.store.examples.add([first, edit, edit_of_edit, other])

    found = impact(stock, first.example_id[:10]).trace.examples

    derived = {example.example_id: example.derived_from for example in found}
    assert derived == {
        first.example_id: None,
        edit.example_id: first.example_id,
        edit_of_edit.example_id: edit.example_id,
    }


def test_forgetting_takes_content_away_and_names_what_still_holds_it(stock: Stock) -> None:
    """Store, caches and later versions lose it; versions and runs that hold it are named."""
    gone = from_git()
    others = example_set(6)
    stock.store.examples.add([gone, *others])
    version = stock.publish([gone, *others])
    program = stock.program(labelled(gone), dataset=version)
    stock.crown(program)
    work = CachedWork(
        signature=SPEC.name, content_sha256=version.content_sha256, programs=(), model="m"
    )
    with work.open(stock.root / "cache") as calls:
        calls.answer("question", dict)
    copy = stock.root / "runs" / "run_1" / "collected_data" / "a.git.jsonl"
    write_jsonl(copy, [gone.to_json()])
    write_jsonl(copy.with_name("b.git.jsonl"), [others[0].to_json()])

    plan = planned(stock, "author=ada@x.org")
    assert [example.example_id for example in plan.examples] == [gone.example_id]
    assert plan.run_files == (copy,)
    assert plan.cache_bytes > 0
    assert [v.version for v in plan.impact.trace.versions] == [version.version]
    assert [p.version for p in plan.impact.to_reoptimise] == [program]

    done = forgotten(stock, "author=ada@x.org")

    assert (done.examples, done.tombstones) == (1, 1)
    assert stock.store.examples.get(gone.example_id) is None
    assert list((stock.root / "cache" / FOLDER).iterdir()) == []
    after = stock.folder.add(
        SPEC,
        example_set(2, start=6),
        now=NOON + timedelta(hours=1),
        forgotten=stock.store.removals.forgotten(SPEC.name),
    )
    assert after.example_count == 8
    (again,) = impact(stock, gone.example_id).trace.examples
    assert again.whereabouts is Whereabouts.FORGOTTEN
    assert reach(stock, gone.example_id) == {program: Reach.SHOWN}
    repeated = forgotten(stock, "author=ada@x.org")
    assert (repeated.examples, repeated.tombstones, repeated.known) == (0, 0, 1)


def test_a_request_is_forgotten_with_its_payload_even_without_an_example(stock: Stock) -> None:
    """And with the example that was made of it."""
    example = completeness_example(source=Source.TELEMETRY, provenance={"request_id": "r1"})
    stock.store.examples.add([example])
    with stock.store.database.writing() as connection:
        rows = [PayloadRow(r, SPEC.name, {"a": 1}, None)._asdict() for r in ("r1", "r2", "r3")]
        connection.execute(insert(schema.payloads), [row | {"arrival": 1} for row in rows])

    first = forgotten(stock, "request=r1")
    second = forgotten(stock, "request=r2")

    assert (first.examples, first.payloads) == (1, 1)
    assert (second.examples, second.payloads) == (0, 1)


def test_what_was_cleaned_up_can_be_forgotten_by_its_facts(stock: Stock) -> None:
    """Its tombstone loses author and commit, and the content is refused from then on."""
    example = from_git(status=Status.REJECTED)
    stock.store.examples.add([example])
    stock.store.removals.clean({example.example_id: "old"}, actor="ada", at=NOON)

    done = forgotten(stock, f"commit={COMMIT}")

    assert (done.examples, done.tombstones) == (0, 1)
    stone = stock.store.removals.tombstone(example.example_id)
    assert stone is not None
    assert set(stone.details) == {"inputs_sha256"}
    assert stock.store.examples.add([example]).forgotten == 1
    assert impact(stock, f"commit={COMMIT}").trace.examples == ()
