"""Ingestion of production telemetry into SQLite, beside the least that any way has to do.

    python -m benchmarks.ingestion [--records 200000] [--rounds 3]

The spool is what the recorder writes: metrics of every request, 2 kB of inputs and outputs for
every tenth, a quality for every twentieth. Ratchet's time holds everything from the files to
the last commit: reading, checks, four tables with their indexes, marks, deleting the files.
The floor is `json.loads` of every line and one `executemany` for each of the same tables, of
rows that need no preparing and are not checked, into the same schema, in one transaction. Both
begin with an empty database, in turn; the rows are then compared.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from ratchet.serving.decision import Decision
from ratchet.serving.pseudonyms import Pseudonyms
from ratchet.serving.redaction import Redactor
from ratchet.serving.telemetry_records import RequestRecord, Usage, line_of
from ratchet.store import open_store
from ratchet.telemetry import ingest

TARGET_PER_SECOND = 20_000
FILE_RECORDS = 25_000
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INPUTS = {
    "user_intent": "Lock an account after five failed logins and tell its owner by mail. " * 3,
    "implementation": "def lock(account): account.locked_at = now(); notify(account.owner)\n" * 18,
    "requirements": ["Count failures per account", "Lock after the fifth", "Tell the owner"],
}
OUTPUTS = {"intent_satisfied": False, "missing_aspects": ["Failures are not counted"]}
BASELINE = Decision("validate_intent", "baseline", 0.75, "exp-1", "v1")
CANDIDATE = Decision("validate_intent", "candidate", 0.25, "exp-1", "v2")


def spool_lines(count: int) -> list[bytes]:
    """Lines as the recorder writes them."""
    rng, redactor = random.Random(1), Redactor(Pseudonyms(b"benchmark"))
    payload = redactor.fields("validate_intent", INPUTS)
    lines = []
    for number in range(count):
        is_sampled = number % 10 == 0
        record = RequestRecord(
            request_id=f"{rng.getrandbits(96):024x}",
            decision=rng.choices((BASELINE, CANDIDATE), (3, 1))[0],
            key=f"user-{rng.randrange(5_000)}",
            started_at=NOW.timestamp() - 3_600 + number / count * 3_600,
            latency_ms=rng.lognormvariate(6, 0.5),
            success=True,
            usage=Usage(812, 77, 0.00231, "anthropic/claude"),
            quality=round(rng.random(), 3) if number % 20 == 0 else None,
            sampled=is_sampled,
        )
        line = line_of(record, redactor)
        if is_sampled:  # put in afterwards: redacting each would take the benchmark minutes
            document = json.loads(line) | {"inputs": payload, "outputs": OUTPUTS}
            line = json.dumps(document, separators=(",", ":")).encode() + b"\n"
        lines.append(line)
    return lines


def write_spool(folder: Path, lines: Sequence[bytes]) -> None:
    """Finished files of a bounded size."""
    folder.mkdir(parents=True)
    for number in range(0, len(lines), FILE_RECORDS):
        chunk = b"".join(lines[number : number + FILE_RECORDS])
        (folder / f"{number:012}.jsonl").write_bytes(chunk)


def ratchet(folder: Path, database: Path) -> float:
    with open_store(f"sqlite:///{database}") as store:
        started = time.perf_counter()
        found = ingest(store, folder, now=NOW)
        seconds = time.perf_counter() - started
    assert (found.quarantined, found.duplicates) == (0, 0)
    assert not list(folder.iterdir())
    return seconds


def floor(folder: Path, database: Path) -> float:
    with open_store(f"sqlite:///{database}"):
        pass
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA synchronous = NORMAL")
    started = time.perf_counter()
    documents = [json.loads(line) for path in sorted(folder.iterdir()) for line in path.open("rb")]
    with connection:
        _insert(connection, "outcomes", map(_outcome, enumerate(documents, 1)))
        sampled = [row for row in enumerate(documents, 1) if row[1]["inputs"] is not None]
        _insert(connection, "payloads", map(_payload, sampled))
        labelled = [row for row in enumerate(documents, 1) if row[1]["quality_score"] is not None]
        _insert(connection, "labels", map(_label, labelled))
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


def _outcome(numbered: tuple[int, dict[str, Any]]) -> tuple[Any, ...]:
    number, row = numbered
    return (
        row["request_id"], number, row["signature"], row["experiment_id"], row["variant"],
        row["program_version"], 2_500, row["key"], row["timestamp"], row["latency_ms"],
        row["tokens"]["input"], row["tokens"]["output"], row["cost_usd"], row["model"],
        row["success"], row["error"], row["sampled"],
    )  # fmt: skip


def _payload(numbered: tuple[int, dict[str, Any]]) -> tuple[Any, ...]:
    number, row = numbered
    texts = json.dumps(row["inputs"]), json.dumps(row["outputs"])
    return row["request_id"], number, row["signature"], *texts


def _label(numbered: tuple[int, dict[str, Any]]) -> tuple[Any, ...]:
    number, row = numbered
    return (
        row["request_id"],
        row["request_id"],
        number,
        row["timestamp"],
        row["quality_score"],
        None,
    )


def _insert(connection: sqlite3.Connection, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    width = {"outcomes": 17, "payloads": 5, "labels": 6}[table]
    marks = ", ".join("?" * width)
    connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - ours


def counted(database: Path) -> list[int]:
    """How many rows each table has, and the sum of the latencies."""
    connection = sqlite3.connect(database)
    try:
        queries = [f"SELECT count(*) FROM {t}" for t in ("outcomes", "payloads", "labels")]  # noqa: S608
        queries.append("SELECT round(sum(latency_ms)) FROM outcomes")
        return [connection.execute(query).fetchone()[0] for query in queries]
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    lines = spool_lines(options.records)
    print(f"{len(lines):,} records, {sum(map(len, lines)) / 1e6:.0f} MB")
    rates: dict[str, list[float]] = {"floor": [], "ratchet": []}
    for number in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rows = []
            for name, way in (("floor", floor), ("ratchet", ratchet)):
                spool, database = Path(folder, name, "spool"), Path(folder, f"{name}.db")
                write_spool(spool, lines)
                rates[name].append(len(lines) / way(spool, database))
                rows.append(counted(database))
            assert rows[0] == rows[1], f"the tables differ: {rows}"
        shown = ", ".join(f"{name} {found[-1]:,.0f}/s" for name, found in rates.items())
        print(f"round {number + 1}: {shown}")
    found, least = median(rates["ratchet"]), median(rates["floor"])
    print(
        f"median: {found:,.0f} records a second (target {TARGET_PER_SECOND:,}); "
        f"{least / found:.2f} times the floor's time"
    )


if __name__ == "__main__":
    main()
