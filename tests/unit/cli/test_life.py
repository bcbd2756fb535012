"""`ratchet life`: cleanup, caches, report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ratchet.examples import Status
from ratchet.optimize.cached_work import FOLDER, CachedWork
from ratchet.store import open_store
from ratchet.store.tombstones import TombstoneKind
from tests.cli_builders import COMPLETENESS, good_examples, ratchet
from tests.dataset_builders import example_set
from tests.lineage_builders import Stock

LONG_AGO = datetime.now(UTC) - timedelta(days=100)


@pytest.fixture
def stock(workspace: Path) -> Iterator[Stock]:
    """The store and the folders where the commands look for them; added long ago."""
    url = f"sqlite:///{workspace / '.ratchet' / 'ratchet.db'}"
    with open_store(url, clock=lambda: LONG_AGO) as store:
        yield Stock(store=store, root=workspace)


def test_a_dry_run_says_what_would_leave_and_deletes_nothing(stock: Stock) -> None:
    """With its reason; in earnest it leaves a tombstone with the name of the person."""
    kept, rejected = example_set(2)
    stock.store.examples.add([kept, rejected.evolve(status=Status.REJECTED)])

    dry = ratchet("life", "cleanup", "--dry-run")
    assert f"{COMPLETENESS}: 1 example would leave; 2 before, 1 after" in dry.out
    assert "rejected, and that for 100 days" in dry.out
    assert stock.store.examples.statistics(COMPLETENESS).total == 2

    done = ratchet("life", "cleanup", "--yes", "--json").document
    assert (done["is_dry_run"], done["signatures"][0]["removed"]) == (False, 1)
    assert done["signatures"][0]["causes"] == {"refused long ago": 1}
    (stone,) = stock.store.removals.tombstones(kind=TombstoneKind.CLEANED)
    assert stone.example_id == rejected.example_id
    assert stone.actor
    assert stock.store.examples.get(kept.example_id) is not None


def test_without_a_terminal_nothing_is_deleted_unasked(stock: Stock) -> None:
    """Neither --yes nor --dry-run: the plan is shown and the command refuses to go on."""
    stock.store.examples.add([example_set(1)[0].evolve(status=Status.REJECTED)])

    left = ratchet("life", "cleanup")

    assert left.exit_code == 2
    assert "--yes" in left.err
    assert stock.store.examples.statistics(COMPLETENESS).total == 1


def test_the_settings_rule_the_clean_up(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cap in the environment lets the worst leave; the signature narrows it."""
    stock.store.examples.add(example_set(30))
    monkeypatch.setenv("RATCHET_LIFE__MAX_EXAMPLES_PER_SIGNATURE", "20")

    done = ratchet("life", "cleanup", "--dry-run", "--json", "-s", COMPLETENESS).document

    (report,) = done["signatures"]
    assert report["plan"]["after"] == 20
    assert {removal["cause"] for removal in report["plan"]["removals"]} == {"over the cap"}


def test_caches_of_older_data_are_thrown_away(stock: Stock) -> None:
    """The dry run keeps them; what belongs to the latest version stays."""
    version = stock.publish(good_examples(12))
    program = stock.program()
    record = stock.store.programs.get(COMPLETENESS, program)
    assert record is not None
    cache = stock.root / ".ratchet" / "cache"
    for content in (version.content_sha256, "older"):
        work = CachedWork(
            signature=COMPLETENESS, content_sha256=content, programs=(record.sha256,), model="m"
        )
        with work.open(cache) as calls:
            calls.answer("question", dict)
    for path in (cache / FOLDER).iterdir():
        os.utime(path, (LONG_AGO.timestamp() + 90 * 86_400,) * 2)  # ten days ago

    dry = ratchet("life", "caches", "--dry-run", "--json").document
    assert [entry["reason"] for entry in dry["evicted"]] == [
        f"the data of {COMPLETENESS} have changed since"
    ]
    assert len(list((cache / FOLDER).glob("*.sqlite"))) == 2

    done = ratchet("life", "caches", "--yes")
    assert "1 cache went" in done.out
    assert "Kept: 1 cache" in done.out
    (left,) = (cache / FOLDER).glob("*.sqlite")
    assert left == work_path(stock, version.content_sha256, record.sha256)


def work_path(stock: Stock, content: str, program: str) -> Path:
    """Where the cache of this content and program is."""
    work = CachedWork(
        signature=COMPLETENESS, content_sha256=content, programs=(program,), model="m"
    )
    return work.path(stock.root / ".ratchet" / "cache")


def test_the_report_tells_age_growth_quality_and_balance(stock: Stock) -> None:
    """For people as tables, for programs as JSON; empty when there is nothing."""
    assert "no examples and no dataset versions" in ratchet("life", "report").out
    examples = [example.evolve(created_at=LONG_AGO) for example in example_set(12)]
    stock.store.examples.add(examples)
    stock.publish(examples)

    left = ratchet("life", "report")
    (found,) = ratchet("life", "report", "--json", "--signature", COMPLETENESS).document

    assert f"{COMPLETENESS}: 12 of 12 usable" in left.out
    assert "manual is stale: its newest example came 100 days ago" in left.out
    assert "Quality by dataset version" in left.out
    assert found["age_days"]["p50"] == pytest.approx(100, abs=0.2)
    assert [row["examples"] for row in found["trend"]] == [12]
    assert sum(cell["examples"] for cell in found["balance"]) == 12
    assert found["growth"][0]["source"] == "manual"
