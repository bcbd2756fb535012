"""What the commands print: tables and progress for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.table import Table

PIPED_WIDTH = 160  # columns, when nobody looks at a terminal

console = Console(width=None if sys.stdout.isatty() else PIPED_WIDTH)
errors = Console(stderr=True)


def print_json(value: Any) -> None:
    """Print `value` as JSON on standard output, whole and uncoloured."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table; None is shown as a dash, a float with three digits."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    console.print(table)


def print_rows(
    title: str, columns: Sequence[str], rows: Sequence[dict[str, Any]], *, as_json: bool
) -> None:
    """Print records as a table of the named keys, or all of them as JSON."""
    if as_json:
        print_json(list(rows))
    elif rows:
        print_table(title, columns, ([row.get(column) for column in columns] for row in rows))
    else:
        console.print(f"{title}: none yet.")


@contextmanager
def working(message: str, *, quiet: bool = False) -> Iterator[None]:
    """Show that something takes a while; silent when output is piped."""
    if quiet or not errors.is_terminal:
        yield
        return
    with errors.status(message):
        yield


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return str(value)
