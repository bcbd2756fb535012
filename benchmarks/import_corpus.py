"""Files to import: rows of all five reviewer signatures, and one of long shared boilerplate.

The rows are written by the templates that Ratchet ships, a new seed for every thousand, so that
the texts of one subject meet again and again. A share of them is a near-duplicate of an earlier
row (typing errors, words changed, a sentence more), and a share is broken in one of the ways
in which files break.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.duplicate_corpus import BOILERPLATE, EDITS, Writer
from ratchet.collect.templates import generate
from ratchet.collect.templates.generation import GRAMMARS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SHEET = 1_000  # rows of one signature from one seed
NEAR_SHARE, BROKEN_SHARE = 0.05, 0.01
LONGEST_EDIT = 0.06  # indel distance of a planted near-duplicate's field, at most
LONG_TEXT, OWN_SHARE = 2_600, (0.15, 0.45)  # characters of a hard row, and what is its own

Row = dict[str, Any]


def write_mixed(path: Path, count: int, *, seed: int = 1) -> None:
    """Write `count` rows of all five signatures in random order, as JSONL."""
    rng = random.Random(seed)
    rows = _rows(tuple(GRAMMARS), count, seed)
    rng.shuffle(rows)
    _write(path, rows, count, rng)


def write_boilerplate(path: Path, count: int, *, seed: int = 2) -> None:
    """Write `count` validate_intent rows whose implementations are mostly the same long text."""
    rng = random.Random(seed)
    writer = Writer(rng, ())
    shared = " ".join([*BOILERPLATE, *(writer.sentence() for _ in range(30))]).split(" ")
    rows = _rows(("validate_intent",), count, seed)
    for row in rows:
        own = row["inputs"]["implementation"]
        length = int(LONG_TEXT * (1 - rng.uniform(*OWN_SHARE)))
        template = " ".join(shared)[:length]
        row["inputs"]["implementation"] = f"{template}\n\n{own}"
    _write(path, rows, count, rng)


def _rows(names: Sequence[str], count: int, seed: int) -> list[Row]:
    numbers = range(-(-count // SHEET // len(names)))
    sheets = [(name, seed * 10_000 + number) for number in numbers for name in names]
    with ProcessPoolExecutor() as pool:
        return [row for sheet in pool.map(_sheet, sheets) for row in sheet]


def _sheet(sheet: tuple[str, int]) -> list[Row]:
    name, seed = sheet
    found = generate(name, SHEET, seed=seed, now=NOW).examples
    return [
        {
            "signature": name,
            "inputs": dict(example.inputs),
            "outputs": dict(example.outputs),
            "metadata": {"difficulty": example.difficulty.value, "category": example.category},
        }
        for example in found
    ]


def _write(path: Path, rows: list[Row], count: int, rng: random.Random) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in _lines(rows, count, rng))


def _lines(rows: list[Row], count: int, rng: random.Random) -> Iterator[str]:
    """The lines of a file: rows in order, some of them edited copies, some of them broken."""
    writer = Writer(rng, ())
    given = 0
    for _ in range(count):
        chance = rng.random()
        if (given and chance < NEAR_SHARE) or given == len(rows):
            yield json.dumps(_near(rows[rng.randrange(given)], writer), ensure_ascii=False)
        else:
            line = json.dumps(rows[given], ensure_ascii=False)
            given += 1
            yield _broken(line, rng) if chance > 1 - BROKEN_SHARE else line


def _near(row: Row, writer: Writer) -> Row:
    """A row with its longest text edited a little; the label stays."""
    inputs = dict(row["inputs"])
    texts = [name for name, value in inputs.items() if isinstance(value, str)]
    longest = max(texts, key=lambda name: len(inputs[name]))
    edit = writer.rng.choice(EDITS)
    inputs[longest] = edit(writer, inputs[longest], writer.rng.uniform(0.005, LONGEST_EDIT))
    return {**row, "inputs": inputs}


def _broken(line: str, rng: random.Random) -> str:
    """The line cut off, or with a field missing, of the wrong type, unknown, or NaN."""
    kind = rng.randrange(5)
    if kind == 0:
        return line[: rng.randrange(10, len(line))]
    row = json.loads(line)
    name = rng.choice(list(row["inputs"]))
    if kind == 1:
        del row["inputs"][name]
    elif kind == 2:
        row["inputs"][name] = 17
    elif kind == 3:
        row["outputs"]["unheard_of"] = "x"
    else:
        row["outputs"][next(iter(row["outputs"]))] = float("nan")
    return json.dumps(row, ensure_ascii=False)
