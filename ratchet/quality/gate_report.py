"""What the gates say of a set: the verdict, each check, what to bring, and leaks of the label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ratchet.quality.leaks import LabelLeak

SCHEMA_VERSION = 1


class GateVerdict(StrEnum):
    """Whether a set may train a program."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    WARN = "warn"
    REJECT = "reject"


class ShortfallKind(StrEnum):
    """What there is too little of."""

    EXAMPLES = "examples"
    QUALITY = "quality"
    DIFFICULTY = "difficulty"
    LABEL = "label"
    CATEGORY = "category"
    SOURCE = "source"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check: what was measured, what was asked for, and a message in the shape of logs."""

    name: str
    value: float | Mapping[str, float]
    target: float | Mapping[str, float]
    passed: bool
    message: str


@dataclass(frozen=True, kw_only=True)
class Shortfall:
    """A request to the sources: `count` more of `key` (a difficulty, a label, a source).

    For a source, `key` is the one there is too much of; the request is for any other.
    """

    kind: ShortfallKind
    count: int
    key: str = ""

    @property
    def words(self) -> str:
        """The request as the end of "needs ...".

        >>> Shortfall(kind=ShortfallKind.DIFFICULTY, count=7, key="hard").words
        '7 more hard examples'
        """
        noun = "example" if self.count == 1 else "examples"
        return {
            ShortfallKind.EXAMPLES: f"{self.count} more {noun}",
            ShortfallKind.QUALITY: f"{self.count} {noun} replaced by better ones",
            ShortfallKind.DIFFICULTY: f"{self.count} more {self.key} {noun}",
            ShortfallKind.LABEL: f"{self.count} more {self.key} {noun}",
            ShortfallKind.CATEGORY: (
                f"{self.count} more {'category' if self.count == 1 else 'categories'}"
            ),
            ShortfallKind.SOURCE: f"{self.count} more {noun} from a source other than {self.key}",
        }[self.kind]


@dataclass(frozen=True, kw_only=True)
class SetStatistics:
    """Counts over the set, and three examples to look at."""

    example_count: int
    difficulties: Mapping[str, int]
    labels: Mapping[str, int]
    categories: Mapping[str, int]
    sources: Mapping[str, int]
    spot_check: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GateReport:
    """The verdict on a set with everything that led to it."""

    signature: str
    verdict: GateVerdict
    strict: bool
    checks: tuple[Check, ...]
    shortfall: tuple[Shortfall, ...]
    label_leaks: tuple[LabelLeak, ...]
    statistics: SetStatistics

    @property
    def accepted(self) -> bool:
        """Whether training may go on."""
        return self.verdict is not GateVerdict.REJECT

    @property
    def reasons(self) -> tuple[str, ...]:
        """The messages of the failed checks, then the leaks."""
        failed = (check.message for check in self.checks if not check.passed)
        return (*failed, *(leak.message for leak in self.label_leaks))

    @property
    def message(self) -> str:
        """One line: `quality_gates: reject, reason: quality_score=62.0 < 75.0`."""
        if not self.reasons:
            return f"quality_gates: {self.verdict}"
        return f"quality_gates: {self.verdict}, reason: {'; '.join(self.reasons)}"

    @property
    def request(self) -> str:
        """The shortfall in words: `needs 7 more hard examples, 2 more categories`, or ""."""
        if not self.shortfall:
            return ""
        return "needs " + ", ".join(shortfall.words for shortfall in self.shortfall)

    def to_json(self) -> dict[str, Any]:
        """The report with values JSON can hold; the derived sentences are included."""
        return {
            "schema_version": SCHEMA_VERSION,
            **asdict(self),
            "message": self.message,
            "request": self.request,
        }

    def to_markdown(self) -> str:
        """The report as a page for people."""
        lines = [f"# Gates of {self.signature}: {self.verdict}", ""]
        lines += [f"{self.statistics.example_count} examples. {self.request}".strip(), ""]
        lines += ["| check | value | target | result |", "|---|---|---|---|"]
        lines += [
            f"| {check.name} | {_shown(check.value)} | {_shown(check.target)} | "
            f"{'✓' if check.passed else '✗ ' + check.message} |"
            for check in self.checks
        ]
        if self.label_leaks:
            lines += ["", "## The label can be guessed", ""]
            lines += [f"- {leak.message}" for leak in self.label_leaks]
        counts = self.statistics
        lines += ["", "## Counts", ""]
        for name in ("difficulties", "labels", "categories", "sources"):
            lines.append(f"- {name}: {_shown(getattr(counts, name))}")
        lines.append(f"- look at: {', '.join(counts.spot_check) or 'nothing'}")
        return "\n".join(lines) + "\n"


def _shown(value: float | Mapping[str, float]) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_number(item)}" for key, item in value.items()) or "none"
    return _number(value)


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.2f}".rstrip("0").rstrip(".")
