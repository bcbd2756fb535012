"""An example as a person reads it at the terminal: its fields, where it came from, what is near."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from ratchet.cli.terminal import console, say
from ratchet.curation.assessment import Neighbour
from ratchet.curation.field_text import write_text
from ratchet.examples import Example
from ratchet.signatures.spec import Field, SignatureSpec

ID_SHOWN = 8
FACT_CHARS = 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""Text in which nothing steers the terminal: examples come from anywhere.

    >>> printable("a\x1b[2Jb\tc")
    'a\\x1b[2Jb\tc'
    """
    return _CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)


def show_example(
    spec: SignatureSpec,
    example: Example,
    *,
    title: str = "",
    reasons: Sequence[str] = (),
    neighbours: Sequence[Neighbour] = (),
) -> None:
    """Print an example whole, why it is shown, where it came from and what is nearly like it."""
    heading = f"{title} {example.example_id[:ID_SHOWN]}".strip()
    console.print(Panel(_fields(spec, example), title=Text(heading), title_align="left"))
    for name, value in _about(example):
        _say_fact(name, value)
    for reason in reasons:
        _say_fact("in the queue", reason)
    for neighbour in neighbours:
        _say_fact("nearly like", _near(spec, example, neighbour))


def say_printable(text: str, *, style: str = "") -> None:
    """Print a line that may hold text of an example."""
    say(printable(text), style=style)


def _fields(spec: SignatureSpec, example: Example) -> Table:
    table = Table(box=SIMPLE, show_header=False, pad_edge=False, expand=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold", ratio=1)
    for field in spec.inputs:
        table.add_row(Text(field.name), _value(field, example.inputs))
    table.add_section()
    for field in spec.outputs:
        table.add_row(Text(f"-> {field.name}"), _value(field, example.outputs))
    return table


def _value(field: Field, values: Mapping[str, Any]) -> Text:
    value = values.get(field.name)
    if isinstance(value, list) and not all(type(item) is int for item in value):
        return Text(printable("\n".join(f"- {item}" for item in value)) or "(none)")
    return Text(printable(write_text(field, value)) or "(none)")


def _about(example: Example) -> Iterator[tuple[str, str]]:
    quality = "unscored" if example.quality_score is None else f"quality {example.quality_score:g}"
    origin = f"from {example.source} on {example.created_at:%Y-%m-%d %H:%M}"
    state = (example.status, quality, example.difficulty, example.category, origin)
    yield "example", ", ".join(state)
    if example.notes:
        yield "notes", example.notes
    facts = (f"{key}: {value}" for key, value in example.provenance.items() if value is not None)
    if said := "; ".join(map(_shortened, facts)):
        yield "provenance", said


def _near(spec: SignatureSpec, example: Example, neighbour: Neighbour) -> str:
    other = neighbour.example
    label, other_label = spec.label(example.outputs), spec.label(other.outputs)
    same = "the same label" if label == other_label else f"ANOTHER LABEL ({other_label})"
    return f"{other.example_id[:ID_SHOWN]} by {neighbour.ratio:.2f}, {other.status}, {same}"


def _say_fact(name: str, value: str) -> None:
    line = Text(f"{name}: ", style="dim")
    line.append(printable(value), style="not dim")
    console.print(line)


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= FACT_CHARS else f"{flat[: FACT_CHARS - 3]}..."
