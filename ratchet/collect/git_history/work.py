"""A piece of work whose requirements and the change for each are known separately."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations, islice

from ratchet.canonical import sha256_of_text
from ratchet.collect.git_history.commits import FileChange, Hunk
from ratchet.collect.git_history.description import MIN_CHARACTERS, describe
from ratchet.collect.git_history.evidence import SILENT_ON, SPOKEN_OF, Vocabulary, terms_of
from ratchet.collect.git_history.history import Change, History
from ratchet.collect.git_history.names import function_name, names_added
from ratchet.collect.git_history.paths import is_changelog
from ratchet.signatures.matching import MIN_SIMILARITY, text_similarity

MAX_PARTS = 5
MAX_PAUSE = timedelta(days=21)
CLEAR_MARGIN = 0.15  # by which one requirement must speak of a hunk more than any other does
LEANS_TO = 0.34  # share of a requirement's weight from which a hunk belongs to it
NO_TASKS = frozenset(("build", "ci", "style", "revert"))
MAX_STAND_INS = 12  # candidates looked at for each


@dataclass(frozen=True, kw_only=True)
class Part:
    """One requirement and the files, or parts of files, that were changed for it."""

    requirement: str
    files: tuple[FileChange, ...]
    change: Change


@dataclass(frozen=True, kw_only=True)
class Work:
    """Two or more parts; `shared` is what was changed for none of them in particular."""

    parts: tuple[Part, ...]
    shared: tuple[FileChange, ...]

    @property
    def requirements(self) -> tuple[str, ...]:
        """What was demanded, in the order of the parts."""
        return tuple(part.requirement for part in self.parts)

    @property
    def change(self) -> Change:
        """The newest change, which stands for the work."""
        return max((part.change for part in self.parts), key=lambda change: change.place)

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, each once."""
        return tuple(dict.fromkeys(self._by_sha().values()))

    def _by_sha(self) -> dict[str, Change]:
        return {part.change.sha: part.change for part in self.parts}


@dataclass(frozen=True, kw_only=True)
class Variant:
    """The work as a description that shows some requirements and leaves others out."""

    implementation: str
    missing: tuple[int, ...]
    stand_ins: tuple[Change, ...]


def works_of(history: History) -> Iterator[Work]:
    """All works of the recent history: batches of commits, then commits with a list."""
    yield from _batch_works(history)
    for change in history.recent:
        if (work := _work_of_commit(change, history.vocabulary)) is not None:
            yield work


def variant(
    work: Work, missing: Sequence[int], history: History, *, extra: int = 0
) -> Variant | None:
    """Describe the work without its `missing` parts; None if the text would not bear it out.

    What is left out is replaced by changes made for something else, and `extra` more are
    added whatever is missing, so that neither length nor number of files tells the label.
    The text must speak of every requirement that is not missing and be silent on every one
    that is; it goes through `describe`, like every other.
    """
    kept = [part for i, part in enumerate(work.parts) if i not in missing]
    withheld = [work.parts[i].requirement for i in missing]
    stand_ins = _stand_ins(work, withheld, history, count=len(missing) + extra)
    if len(stand_ins) < len(missing) + extra:
        return None
    files = [file for part in kept for file in part.files]
    files += [file for change in stand_ins for file in change.files]
    text = describe((*files, *work.shared))
    terms, vocabulary = terms_of(text), history.vocabulary
    if any(vocabulary.support(part.requirement, terms) < SPOKEN_OF for part in kept):
        return None
    if any(vocabulary.support(requirement, terms) > SILENT_ON for requirement in withheld):
        return None
    return Variant(implementation=text, missing=tuple(missing), stand_ins=stand_ins)


def is_task(change: Change, vocabulary: Vocabulary) -> bool:
    """Whether a change has an intent that its own description bears out."""
    return (
        bool(change.intent)
        and change.message.kind not in NO_TASKS
        and len(change.description) >= MIN_CHARACTERS
        and is_visible(change.intent, change, vocabulary)
    )


def is_visible(requirement: str, change: Change, vocabulary: Vocabulary) -> bool:
    """Whether the description of a change speaks of a requirement."""
    return vocabulary.support(requirement, change.terms) >= SPOKEN_OF


def is_silent(requirement: str, change: Change, vocabulary: Vocabulary) -> bool:
    """Whether the description of a change says nothing of a requirement."""
    return vocabulary.support(requirement, change.terms) <= SILENT_ON


def draw(*parts: str, below: int) -> int:
    """A number 0 <= n < `below` that only depends on `parts`.

    >>> draw("a", "b", below=10) == draw("a", "b", below=10)
    True
    """
    return int(sha256_of_text("\n".join(parts))[:12], 16) % below


def _stand_ins(
    work: Work, withheld: Sequence[str], history: History, *, count: int
) -> tuple[Change, ...]:
    """Changes of other groups near the work that are no answer to what is withheld.

    Of those near, the ones described at about the length of the work's own changes.
    """
    if count == 0:
        return ()
    length = sum(len(part.change.description) for part in work.parts) / len(work.parts)
    candidates = [
        other
        for other in islice(history.neighbours(work.change), MAX_STAND_INS)
        if all(is_silent(requirement, other, history.vocabulary) for requirement in withheld)
    ]
    candidates.sort(key=lambda other: (abs(len(other.description) - length), other.sha))
    return tuple(candidates[:count])


def _batch_works(history: History) -> Iterator[Work]:
    for batch in _batches([c for c in history.recent if is_task(c, history.vocabulary)], history):
        parts = _distinct([Part(requirement=c.intent, files=c.files, change=c) for c in batch])[
            :MAX_PARTS
        ]
        if len(parts) > 1:
            yield Work(parts=tuple(parts), shared=())


def _batches(tasks: Sequence[Change], history: History) -> Iterator[list[Change]]:
    """The tasks of one pull request, or of one area with no long pause between them.

    Every task is in one batch only, and a batch ends after a number of tasks that its first
    one determines, so that batches of every size come about.
    """
    sizes = Counter(history.pull_requests[t.sha] for t in tasks if t.sha in history.pull_requests)
    batches: dict[str, list[list[Change]]] = {}
    for task in tasks:
        number = history.pull_requests.get(task.sha, 0)
        key = f"#{number}" if sizes[number] > 1 else min(task.areas)
        rows = batches.setdefault(key, [])
        if not rows or not _continues(rows[-1], task):
            rows.append([])
        rows[-1].append(task)
    for rows in batches.values():
        yield from (row for row in rows if len(row) > 1)


def _continues(batch: Sequence[Change], task: Change) -> bool:
    limit = 2 + draw(batch[0].sha, "size", below=MAX_PARTS - 1)
    pause = task.commit.committed_at - batch[-1].commit.committed_at
    return len(batch) < limit and pause <= MAX_PAUSE


def _distinct(parts: Sequence[Part]) -> list[Part]:
    """Parts whose requirements can not be taken for each other."""
    alike = {
        later
        for earlier, later in combinations(range(len(parts)), 2)
        if text_similarity(parts[earlier].requirement, parts[later].requirement) >= MIN_SIMILARITY
    }
    return [part for place, part in enumerate(parts) if place not in alike]


def _work_of_commit(change: Change, vocabulary: Vocabulary) -> Work | None:
    """Give each hunk to the one requirement of the body that clearly speaks of it."""
    requirements = change.requirements[:MAX_PARTS]
    if len(requirements) < 2:
        return None
    owned: dict[int, dict[str, list[Hunk]]] = {}
    for file in change.files:
        if is_changelog(file.path):
            continue
        for hunk in file.hunks:
            owner = _owner(file, hunk, requirements, vocabulary)
            owned.setdefault(owner, {}).setdefault(file.path, []).append(hunk)
    by_path = {file.path: file for file in change.files}
    files = {
        owner: tuple(by_path[path].with_hunks(tuple(hunks)) for path, hunks in by_file.items())
        for owner, by_file in owned.items()
    }
    parts = [
        Part(requirement=requirement, files=files[place], change=change)
        for place, requirement in enumerate(requirements)
        if place in files
    ]
    parts = _distinct(parts)
    return Work(parts=tuple(parts), shared=files.get(-1, ())) if len(parts) > 1 else None


def _owner(
    file: FileChange, hunk: Hunk, requirements: Sequence[str], vocabulary: Vocabulary
) -> int:
    """The number of the requirement a hunk was made for, or -1."""
    names = names_added(file.with_hunks((hunk,)))
    terms = terms_of(
        " ".join([file.path, function_name(hunk.function), *names, *hunk.added, *hunk.removed])
    )
    scores = [vocabulary.support(requirement, terms) for requirement in requirements]
    best = max(range(len(scores)), key=scores.__getitem__)
    rest = max((score for place, score in enumerate(scores) if place != best), default=0.0)
    return best if scores[best] >= LEANS_TO and scores[best] - rest >= CLEAR_MARGIN else -1
