"""Examples as CSV for a spreadsheet, where no cell can become a formula.

A spreadsheet runs what begins with one of `=+-@`; such a cell gets an apostrophe in front,
which spreadsheets take for "this is text" and the import of Ratchet takes away again.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Any

from ratchet.examples import Example
from ratchet.signatures.spec import SignatureSpec

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
METADATA = ("source", "difficulty", "category", "notes", "group_id", "created_at")


def csv_text(spec: SignatureSpec, examples: Iterable[Example]) -> str:
    """The examples, a column a field, in the form that `ratchet import` reads."""
    names = [f"inputs.{name}" for name in spec.input_names]
    names += [f"outputs.{name}" for name in spec.output_names]
    names += [f"metadata.{name}" for name in METADATA]
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["signature", *names])
    for example in examples:
        document = example.to_json()
        cells = [document[part][field] for part, _, field in (n.partition(".") for n in names)]
        writer.writerow([spec.name, *(neutralised(_text(cell)) for cell in cells)])
    return out.getvalue()


def neutralised(text: str) -> str:
    """The text with an apostrophe in front when a spreadsheet would run it.

    >>> neutralised("=HYPERLINK(1)"), neutralised("a=b"), neutralised("'=1")
    ("'=HYPERLINK(1)", 'a=b', "''=1")
    """
    return f"'{text}" if text.lstrip("' ").startswith(FORMULA_STARTS) else text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
