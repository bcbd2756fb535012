"""Mining: one repository, one pass over its history, the examples of the wanted signatures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ratchet import signatures as registry
from ratchet.collect.collection import Collection
from ratchet.collect.git_history import (
    extract_requirements,
    generate_guidance,
    validate_completeness,
    validate_correctness,
    validate_intent,
)
from ratchet.collect.git_history.drafts import Draft, to_example
from ratchet.collect.git_history.history import History, read_history
from ratchet.collect.git_history.options import MiningOptions
from ratchet.collect.git_history.repository import Repository, open_repository
from ratchet.collect.git_history.secrets import has_secret
from ratchet.collect.selection import select
from ratchet.errors import InputError
from ratchet.examples import Example

Labeller = Callable[[History], Iterator[Draft]]

LABELLERS: Mapping[str, Labeller] = {
    module.__name__.rpartition(".")[2]: module.label
    for module in (
        extract_requirements,
        generate_guidance,
        validate_completeness,
        validate_correctness,
        validate_intent,
    )
}
"""Who labels what; a module is named after its signature."""


def mine(
    repository: Path,
    options: MiningOptions,
    *,
    now: datetime,
    signatures: Sequence[str] = tuple(LABELLERS),
    target: int | None = None,
) -> Collection:
    """Bring home labelled examples from a git history.

    The history is read once for all `signatures`. With a `target`, each signature gives at
    most so many, chosen for balance; what is short is said in the notes. Nothing in the
    repository is executed, and a bad commit is counted, never fatal.

    Raises:
        InputError: the path is missing or no repository, `now` has no time zone, or git is
            missing, failed or was killed.
    """
    if now.tzinfo is None:
        raise InputError(f"now is {now}; it needs a time zone, use UTC.")
    found = open_repository(repository)
    if found.is_empty:
        return Collection(notes=(f"{found.name} has no commits yet.",))
    history = read_history(found, options, now=now)
    notes, skipped = list(_notes(found, history, options)), Counter(history.skipped)
    secret_commits: set[str] = set()
    examples: list[Example] = []
    for name in signatures:
        if name not in LABELLERS:
            notes.append(f"{name}: a git history has no labels for it.")
            continue
        labelled = list(_labelled(name, history, options, skipped, secret_commits, now=now))
        if target is not None:
            selection = select(registry.get(name), labelled, target)
            labelled = list(selection.examples)
            notes.extend(selection.shortfalls)
        examples.extend(labelled)
    if secret_commits:
        skipped["secret"] = len(secret_commits)
    return Collection(examples=tuple(examples), skipped=dict(skipped), notes=tuple(notes))


def _labelled(
    name: str,
    history: History,
    options: MiningOptions,
    skipped: Counter[str],
    secret_commits: set[str],
    *,
    now: datetime,
) -> Iterator[Example]:
    """The examples of one signature that hold its contract and give nothing away."""
    spec = registry.get(name)
    seen: set[str] = set()
    drafts = list(LABELLERS[name](history))
    groups = history.groups_joined(
        (draft.change.sha, member.sha) for draft in drafts for member in draft.members
    )
    for draft in drafts:
        if has_secret(draft.text):
            secret_commits.add(draft.change.sha)
        elif spec.problems(draft.inputs, draft.outputs):
            skipped["breaks the contract"] += 1
        else:
            group_id = groups[draft.change.sha]
            example = to_example(draft, name, history, options, group_id=group_id, now=now)
            if example.example_id not in seen:
                seen.add(example.example_id)
                yield example


def _notes(repository: Repository, history: History, options: MiningOptions) -> Iterator[str]:
    if repository.cut:
        when = f"{repository.cut_at:%Y-%m-%d}" if repository.cut_at else "an unknown date"
        yield (
            f"{repository.name}: history is cut at {when}: the clone is shallow. "
            "Fetch the rest with `git fetch --unshallow`."
        )
    if history.commits_read >= options.max_commits:
        yield (
            f"{repository.name}: only the newest {options.max_commits} commits were read; "
            "raise max_commits for more."
        )
    if not history.recent:
        yield (
            f"{repository.name}: no usable commit in the last {options.since_days} days; "
            "look further back with --since-days."
        )
