"""A labelled draft of an example, and the example made of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from ratchet.canonical import sha256_of_text
from ratchet.collect.git_history.difficulty import difficulty_of
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.paths import is_changelog, is_test
from ratchet.examples import Difficulty, Example, Source
from ratchet.signatures.vocabulary import categorise

AUTHOR_DIGITS = 16


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Inputs and outputs with the change they speak of.

    `members` are further changes whose message is part of it: they may not be torn from it.
    `others` only lent their description, or came later.
    `notes` says in a sentence what makes the label true. `difficulty` is that of the change
    unless the label was built of more.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    change: Change
    notes: str
    members: tuple[Change, ...] = ()
    others: tuple[Change, ...] = ()
    difficulty: Difficulty | None = None

    @property
    def text(self) -> str:
        """Every word that the example would show."""
        return "\n".join(_words([*self.inputs.values(), *self.outputs.values()]))


def to_example(
    draft: Draft,
    signature: str,
    history: History,
    options: MiningOptions,
    *,
    group_id: str,
    now: datetime,
) -> Example:
    """Add what the example must carry: category, difficulty, group and provenance."""
    change = draft.change
    return Example(
        signature=signature,
        inputs=dict(draft.inputs),
        outputs=dict(draft.outputs),
        source=Source.GIT,
        difficulty=draft.difficulty or difficulty_of(change.files, areas=len(change.areas)),
        category=category_of(change),
        group_id=group_id,
        created_at=now,
        notes=draft.notes,
        provenance=_provenance(draft, history, options),
    )


def category_of(change: Change) -> str:
    """The category by the words of the message and the names of the files, not their folders."""
    paths = [path for path in sorted(change.paths) if not is_test(path)] or sorted(change.paths)
    stems = [PurePosixPath(path).stem for path in paths if not is_changelog(path)]
    return categorise(" ".join([change.message.subject, change.message.body, *stems[:10]]))


def author_of(change: Change, repository: str, *, in_clear: bool) -> str:
    """The author's name and address, or a hash of it salted by the repository.

    The salt keeps one person's commits in two repositories apart.
    """
    author = f"{change.commit.author_name} <{change.commit.author_email}>"
    if in_clear:
        return author
    return sha256_of_text(f"{repository}\n{author.lower()}")[:AUTHOR_DIGITS]


def _provenance(draft: Draft, history: History, options: MiningOptions) -> dict[str, Any]:
    change, repository = draft.change, history.repository.name
    facts: dict[str, Any] = {
        "repository": repository,
        "sha": change.sha,
        "author": author_of(change, repository, in_clear=options.include_authors_in_clear),
        "committed_at": change.commit.committed_at.isoformat(),
    }
    if (number := history.pull_requests.get(change.sha)) is not None:
        facts["pull_request"] = number
    if used := [*draft.members, *draft.others]:
        facts["other_commits"] = [other.sha for other in used]
    return facts


def _words(values: list[Any]) -> list[str]:
    return [
        str(part) for value in values for part in (value if isinstance(value, list) else [value])
    ]
