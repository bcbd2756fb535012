"""What a person can choose about mining a git history."""

from __future__ import annotations

from dataclasses import dataclass

from ratchet.errors import ConfigurationError

DEFAULT_SINCE_DAYS = 90
MAX_SINCE_DAYS = 20_000  # further back git reads a time before its epoch, and finds nothing
DEFAULT_MIN_MESSAGE_LENGTH = 10
DEFAULT_MAX_COMMITS = 10_000


@dataclass(frozen=True, kw_only=True)
class MiningOptions:
    """Which commits are looked at, and how their authors are named.

    Only what happened within `since_days` of now yields examples. `followup_days` is how
    long after a change a fix still speaks of it; so much more history is read, because a fix
    of today may mend a change of a year ago. A change counts as correct when it stayed
    untouched for `survival_days` and `survival_commits` later commits.

    `include` and `exclude` are globs over paths (`src/**`, `*.py`); empty `include` means
    everything. `types` are conventional-commit types (feat, fix, docs, ...), recognised by
    prefix or by words; empty means all. `min_message_length` counts characters of the whole
    message. Merges are left out by default, since their branch's commits are there already;
    otherwise their first-parent difference is mined. Authors are hashed, salted by the
    repository, unless `include_authors_in_clear`. Of a longer history the newest
    `max_commits` are read.

    Raises:
        ConfigurationError: a number is out of range.
    """

    since_days: int = DEFAULT_SINCE_DAYS
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    min_message_length: int = DEFAULT_MIN_MESSAGE_LENGTH
    exclude_merges: bool = True
    include_authors_in_clear: bool = False
    max_commits: int = DEFAULT_MAX_COMMITS
    followup_days: int = 365
    survival_days: int = 30
    survival_commits: int = 10

    def __post_init__(self) -> None:
        for name in ("since_days", "max_commits", "followup_days", "survival_days"):
            if getattr(self, name) < 1:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; it must be 1 or more.")
        if self.since_days > MAX_SINCE_DAYS:
            raise ConfigurationError(
                f"since_days is {self.since_days}; at most {MAX_SINCE_DAYS} are allowed."
            )
        for name in ("min_message_length", "survival_commits"):
            if getattr(self, name) < 0:
                raise ConfigurationError(f"{name} is {getattr(self, name)}; it must be 0 or more.")
