"""A row of a file, and a place in a file that can not be read as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Row:
    """One value of a file: its number among the rows (from 1) and the line it starts on.

    `done_bytes` of the file are read once this row is, as far as the reader knows. `is_text`
    says that the values are cells of text whose types the signature has to give.
    """

    number: int
    line: int
    value: Any
    done_bytes: int = 0
    is_text: bool = False


@dataclass(frozen=True, kw_only=True)
class BrokenRow:
    """A place that can not be read, and why; `line` is None for a file as a whole.

    `number` is that among the rows, where the rows around it can be read. `text` is what is
    written there and `value` what could be made of it, when it is at hand: whoever mends the
    row starts from it.
    """

    line: int | None
    column: int | None
    reason: str
    number: int | None = None
    text: str | None = None
    value: Any = None
    is_text: bool = False
    done_bytes: int = 0
