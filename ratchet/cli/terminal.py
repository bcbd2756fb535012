"""What the commands print: tables and progress for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

PIPED_WIDTH = 160  # columns, when nobody looks at a terminal

Move = Callable[[int, int, str], None]
"""Takes how many steps are done, how many there are, and a remark."""

console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True)


def say(text: str = "", *, style: str = "") -> None:
    """Print a line for people as it is: brackets are no markup, and long lines stay whole."""
    console.print(Text(text, style=style), soft_wrap=True)


def say_all(lines: Iterable[str], *, indent: str = "  ", at_most: int | None = None) -> None:
    """Print lines below each other; what is beyond `at_most` is counted."""
    everything = list(lines)
    shown = everything if at_most is None else everything[:at_most]
    for line in shown:
        say(f"{indent}{line}")
    if len(everything) > len(shown):
        say(f"{indent}... and {len(everything) - len(shown)} more")


def print_json(value: Any) -> None:
    """Print `value` as JSON on standard output, whole and uncoloured."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_to_json)
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; None is shown as a dash, a float with three digits.

    The first column holds names, which stay whole on a narrow screen.
    """
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    listed = [list(row) for row in rows]
    for place, column in enumerate(columns):
        numeric = all(_is_number(row[place]) for row in listed)
        justify: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(Text(column), overflow="fold", justify=justify, no_wrap=place == 0)
    for row in listed:
        table.add_row(*(Text(_cell(value)) for value in row))
    say(title, style="bold")
    console.print(table)
    console.print()


def print_rows(
    title: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]], *, as_json: bool
) -> None:
    """Print records as a table of the named keys, or all of them as JSON."""
    if as_json:
        print_json(list(rows))
    elif rows:
        print_table(title, columns, ([row.get(column) for column in columns] for row in rows))
    else:
        say(f"{title}: none yet.")


def counted(counts: Mapping[str, int]) -> str:
    """Counts in a line, the largest first.

    >>> counted({"merge": 2, "too short": 14})
    '14 too short, 2 merge'
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} {name}" for name, count in ordered)


def number_of(count: int, noun: str) -> str:
    """A count with its noun.

    >>> number_of(1, "row"), number_of(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


@contextmanager
def working(message: str, *, quiet: bool = False) -> Iterator[None]:
    """Show that something takes a while; silent when output is piped."""
    if quiet or not errors.is_terminal:
        yield
        return
    with errors.status(message):
        yield


@contextmanager
def progress_bar(description: str, *, quiet: bool = False) -> Iterator[Move]:
    """A bar on standard error and the function that moves it; silent when that is no terminal."""
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=30),
        TextColumn("{task.fields[remark]}"),
        TimeElapsedColumn(),
        console=errors,
        disable=quiet or not errors.is_terminal,
        transient=True,
    )
    with bar:
        line = bar.add_task(description, total=None, remark="")

        def move(done: int, total: int, remark: str = "") -> None:
            steps = f"{done}/{total} {remark}" if total else remark
            bar.update(line, completed=done, total=total or None, remark=steps)

        yield move


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return str(value)


def _to_json(value: Any) -> Any:
    """The JSON form of what records hold beside plain values."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, set | frozenset | tuple):
        return sorted(value)
    return str(value)
