"""Adding examples to the store, beside the raw driver, sqlite-utils and an ORM one by one.

    python -m benchmarks.store [--count 100000] [--rounds 3] [--only sqlite]
    python -m benchmarks.store --best                      # the best 100 among a million

All ways take the same `Example` records and end with the same rows and indexes in a fresh
database; everything from the record to the commit is timed (content id, JSON, SQL). What the
store writes beside, the chained audit entry of each transaction, is in its time. PostgreSQL is a
local server. Goals: at most 1.8 times the raw driver's executemany, 4 times as quick as
sqlite-utils, 15 times as quick as the ORM; the best 100 under 10 ms.

sqlite-utils is no dependency. Install it beside, and it takes part:

    python -m venv /tmp/peers && /tmp/peers/bin/pip install sqlite-utils
    PYTHONPATH=$(echo /tmp/peers/lib/python3*/site-packages) python -m benchmarks.store
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import psycopg
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session, registry

from ratchet.examples import Example
from ratchet.store import Store, open_store, schema
from ratchet.store.columns import dump_json
from tests.builders import NOON, completeness_example
from tests.postgres import session_server

WORDS = tuple(f"word{number}" for number in range(2_000))
NAMES = tuple(column.name for column in schema.examples.c)
ONE_BY_ONE = 2_000  # enough to know the rate; the slow way does not get the whole count


class Row:
    """An example as an ORM entity."""


registry().map_imperatively(Row, schema.examples)


def build(count: int) -> list[Example]:
    rng = random.Random(1)
    return [
        completeness_example(
            implementation=" ".join(rng.choices(WORDS, k=60)),
            requirements=(f"Requirement {number}", "Another one with a few more words in it"),
            quality_score=rng.uniform(0, 100),
            provenance={"sha": f"{number:040x}", "author": "Someone", "repository": "/a/b"},
            group_id=f"g{number // 3}",
        )
        for number in range(count)
    ]


def fresh(examples: Sequence[Example]) -> list[Example]:
    """Copies without the cached content id, so that every way has to compute it."""
    fields = [field.name for field in dataclasses.fields(Example)]
    return [Example(**{name: getattr(e, name) for name in fields}) for e in examples]


def plain_rows(examples: Sequence[Example], *, on_sqlite: bool) -> list[tuple[object, ...]]:
    now = NOON.strftime("%Y-%m-%d %H:%M:%S.%f") if on_sqlite else NOON
    return [
        (
            e.example_id, e.signature, e.status.value, e.source.value, e.difficulty.value,
            e.category, e.quality_score, e.group_id, e.notes, dump_json(e.inputs),
            dump_json(e.outputs), dump_json(e.provenance), now, now, "bench", now,
        )
        for e in examples
    ]  # fmt: skip


def ratchet_add(store: Store, _url: str, examples: Sequence[Example]) -> None:
    store.examples.add(examples)


def sqlite_executemany(_store: Store, url: str, examples: Sequence[Example]) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    connection.execute("PRAGMA synchronous = NORMAL")
    with connection:
        connection.executemany(insertion("?"), plain_rows(examples, on_sqlite=True))
    connection.close()


def psycopg_executemany(_store: Store, url: str, examples: Sequence[Example]) -> None:
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.executemany(insertion("%s"), plain_rows(examples, on_sqlite=False))


def insertion(mark: str) -> str:
    marks = ", ".join([mark] * len(NAMES))
    columns = ", ".join(NAMES)
    return f"INSERT INTO examples ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608 - constants


def by_sqlite_utils(_store: Store, url: str, examples: Sequence[Example]) -> None:
    """As its documentation adds many rows; a row that is there stays as it is."""
    import sqlite_utils

    database = sqlite_utils.Database(url.removeprefix("sqlite:///"))
    database.execute("PRAGMA synchronous = NORMAL")
    rows = ({**dict(zip(NAMES, values(e), strict=True)), **plain(e)} for e in examples)
    database["examples"].insert_all(rows, pk="example_id", ignore=True)
    database.close()


def plain(e: Example) -> dict[str, object]:
    """The values that sqlite-utils takes in another form."""
    now = NOON.strftime("%Y-%m-%d %H:%M:%S.%f")
    return {"created_at": now, "added_at": now, "updated_at": now, "status": e.status.value}


def core_executemany(store: Store, _url: str, examples: Sequence[Example]) -> None:
    rows = [dict(zip(NAMES, values(example), strict=True)) for example in examples]
    with store.database.engine.begin() as connection:
        connection.execute(insert(schema.examples), rows)


def orm_one_by_one(store: Store, _url: str, examples: Sequence[Example]) -> None:
    """A session and a commit per example, the way a tutorial writes it."""
    engine = create_engine(store.database.engine.url)
    for example in examples:
        with Session(engine) as session:
            row = Row()
            for name, value in zip(NAMES, values(example), strict=True):
                setattr(row, name, value)
            session.add(row)
            session.commit()
    engine.dispose()


def values(e: Example) -> tuple[object, ...]:
    return (
        e.example_id, e.signature, e.status.value, e.source.value, e.difficulty.value, e.category,
        e.quality_score, e.group_id, e.notes, e.inputs, e.outputs, e.provenance, NOON, NOON,
        "bench", NOON,
    )  # fmt: skip


@contextmanager
def database(kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{Path(folder) / 'bench.db'}"
        return
    with session_server().fresh_database() as url:
        yield url


MILLION = 1_000_000
SEARCHES = 50
FILL = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {last})
        INSERT INTO examples SELECT {columns} FROM n""",
    "postgresql": "INSERT INTO examples SELECT {columns} FROM generate_series(0, {last}) AS n(i)",
}
COLUMNS = """
    CAST(i AS TEXT), CASE i % 2 WHEN 0 THEN 'validate_completeness' ELSE 'validate_intent' END,
    CASE i % 10 WHEN 1 THEN 'rejected' WHEN 2 THEN 'approved' ELSE 'accepted' END, 'import',
    'medium', 'api', (i % 100000 * 7919 % 100000) / 1000.0, CAST(i / 3 AS TEXT), '', '{json}',
    '{json}', '{json}', {time}, {time}, 'bench', {time}"""
INPUTS = '{"implementation":"' + "Added a login form. " * 20 + '"}'


def fill(store: Store, kind: str, count: int) -> None:
    """Store many examples by one statement of the database, two signatures in turn."""
    day = "2026-03-01 12:00:00.000000"
    time_ = f"'{day}'" if kind == "sqlite" else f"TIMESTAMPTZ '{day}+00'"
    json_ = f"'{INPUTS}'" if kind == "sqlite" else f"CAST('{INPUTS}' AS JSON)"
    columns = COLUMNS.replace("'{json}'", json_).replace("{time}", time_)
    columns = columns if kind == "sqlite" else columns.replace("%", "%%")  # psycopg's own sign
    statement = FILL[kind].replace("{columns}", columns).replace("{last}", str(count - 1))
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql(statement)
        connection.exec_driver_sql("ANALYZE")


def show_best(kinds: Sequence[str]) -> None:
    """Time the search for the best 100 of one signature, as a gate asks for them."""
    for kind in kinds:
        with database(kind) as url, open_store(url) as store:
            fill(store, kind, MILLION)
            times = []
            for _ in range(SEARCHES):
                start = time.perf_counter()
                found = store.examples.top("validate_completeness", 100)
                times.append(1000 * (time.perf_counter() - start))
                assert [e.quality_score for e in found] == sorted(
                    (e.quality_score for e in found), key=lambda score: -(score or 0)
                )
            print(
                f"{kind:11} best 100 of {MILLION // 2:,} among {MILLION:,}: median "
                f"{statistics.median(times):.2f} ms, slowest {max(times):.2f} ms (goal 10 ms)"
            )


Way = Callable[[Store, str, Sequence[Example]], None]
WAYS: dict[str, dict[str, Way]] = {
    "sqlite": {
        "raw executemany": sqlite_executemany,
        "store.examples.add": ratchet_add,
        **({"sqlite-utils": by_sqlite_utils} if find_spec("sqlite_utils") else {}),
        "SQLAlchemy Core executemany": core_executemany,
        "ORM one by one": orm_one_by_one,
    },
    "postgresql": {
        "raw executemany": psycopg_executemany,
        "store.examples.add": ratchet_add,
        "SQLAlchemy Core executemany": core_executemany,
        "ORM one by one": orm_one_by_one,
    },
}


def microseconds(kind: str, way: Way, examples: Sequence[Example]) -> float:
    """Time per example, in microseconds."""
    with database(kind) as url, open_store(url) as store:
        examples = fresh(examples)
        start = time.perf_counter()
        way(store, url, examples)
        elapsed = time.perf_counter() - start
        assert store.examples.statistics("validate_completeness").total == len(examples)
    return elapsed / len(examples) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=WAYS)
    parser.add_argument("--best", action="store_true", help="time the search, not the adding")
    arguments = parser.parse_args()
    kinds = [arguments.only] if arguments.only else list(WAYS)
    if arguments.best:
        show_best(kinds)
        return
    examples = build(arguments.count)
    print(
        f"{arguments.count} examples, {arguments.rounds} rounds, medians; "
        f"load {os.getloadavg()[0]:.1f}"
    )
    for kind in kinds:
        ways = WAYS[kind]
        times: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(arguments.rounds):  # interleaved, so that a busy moment hits all alike
            for name, way in ways.items():
                part = examples[:ONE_BY_ONE] if way is orm_one_by_one else examples
                times[name].append(microseconds(kind, way, part))
        medians = {name: statistics.median(found) for name, found in times.items()}
        for name, median in medians.items():
            raw = median / medians["raw executemany"]
            ours = median / medians["store.examples.add"]
            print(
                f"{kind:11} {name:28} {median:8.1f} us/example  {raw:6.2f} x raw  "
                f"{ours:6.2f} x ratchet"
            )


if __name__ == "__main__":
    main()
