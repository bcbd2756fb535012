"""The result of a check: how things stand, the figures behind it, and what to tell a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ratchet.alerts import Alert


class State(StrEnum):
    """How things stand; the later ones are worse. OK is without any alert."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for ok up to 4 for critical.

        >>> State.ERROR.rank > State.WARNING.rank > State.OK.rank
        True
        """
        return list(State).index(self)

    @property
    def is_broken(self) -> bool:
        """Whether somebody has to act: error or worse."""
        return self.rank >= State.ERROR.rank


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check found.

    `headline` is a sentence; `figures` are JSON values. `alerts` is what a person should know
    of now. `kinds` are the kinds of alerts whose condition was looked for, so that one that is
    not among `alerts` is over; what happens once (a rollback) is never among them.
    """

    name: str
    headline: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The gravest level of the alerts."""
        return worst(State(alert.level.value) for alert in self.alerts)

    def to_json(self) -> dict[str, Any]:
        """The form of `--json` and of the table `checks`."""
        return {
            "name": self.name,
            "state": self.state.value,
            "headline": self.headline,
            "figures": dict(self.figures),
            "alerts": [alert.to_json() for alert in self.alerts],
        }


def worst(states: Iterable[State]) -> State:
    """The worst of some states; ok when there is none.

    >>> worst([State.INFO, State.ERROR, State.OK]).value, worst([]).value
    ('error', 'ok')
    """
    return max(states, key=lambda state: state.rank, default=State.OK)
