"""The draft: one generated input and output, before it becomes an example."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ratchet.collect.templates.plan import Cell


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a grammar writes for one cell.

    `notes` says what the example tests; `facts` are the choices by which it was made.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    category: str
    notes: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """All inputs in one text, by which drafts are compared."""
        values = (v if isinstance(v, list) else [v] for v in self.inputs.values())
        return "\n".join(str(item) for value in values for item in value)


@dataclass(frozen=True, kw_only=True)
class Grammar:
    """How drafts of one signature are written.

    A parent is the material that its children share: they make one group, so that no
    split tears them apart.
    """

    parents: Sequence[Any]
    parent_name: Callable[[Any], str]
    write: Callable[[Any, Cell, random.Random], Draft]
