"""Who wrote each line that is still there, file by file, while history goes by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from ratchet.collect.git_history.commits import FileChange
from ratchet.collect.git_history.paths import is_code

MIN_LINE = 9  # characters, blanks aside; `return x` is in every file
MIN_NAMES = 2
MAX_LINES_OF_A_FILE = 3_000  # of one commit; more is an import of foreign code
HEADER_CHARACTERS = 70  # git cuts the line it prints above a hunk at about 80 bytes
NAME = re.compile(r"[A-Za-z]\w+")


@dataclass(frozen=True, kw_only=True)
class Touch:
    """Lines of one earlier commit that a later one replaced, or wrote in between."""

    owner: int
    path: str
    lines: tuple[str, ...]
    inserted_into: str


@dataclass(kw_only=True)
class LineLedger:
    """For every path the lines that the commits read so far have added and nobody removed.

    Lines are known by their text in their file, not by their number: numbers of one branch
    mean nothing on another, while a removed text must be one that somebody wrote. A text
    that two commits wrote in the same file proves nothing and is not counted. A line that
    a commit moves or indents stays with who wrote it. The work is proportional to the number
    of changed lines.
    """

    lines: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    headers: dict[str, dict[str, int]] = field(default_factory=dict)

    def take(self, commit: int, files: Iterable[FileChange]) -> list[Touch]:
        """Enter the commit with this number, and say whose lines it touched."""
        touches: list[Touch] = []
        for file in files:
            if not is_code(file.path) and not file.path.endswith((".yml", ".yaml")):
                continue
            if file.old_path != file.path and file.status == "renamed":
                self._rename(file.old_path, file.path)
            touches.extend(self._take_file(commit, file))
        return touches

    def _take_file(self, commit: int, file: FileChange) -> list[Touch]:
        if file.added > MAX_LINES_OF_A_FILE:
            return []
        known = self.lines.setdefault(file.path, {})
        touched: dict[int, list[str]] = {}
        moved: dict[str, list[list[int]]] = {}
        for line in _telling_lines(line for hunk in file.hunks for line in hunk.removed):
            owners = known.pop(line, None) or []
            if len(set(owners)) == 1:
                touched.setdefault(owners[0], []).append(line)
            moved.setdefault(line, []).append(owners)
        inserted = self._insertions(file)
        self._add(commit, file, moved)
        return self._touches(file, touched, inserted, moved)

    def _touches(
        self,
        file: FileChange,
        touched: dict[int, list[str]],
        inserted: dict[int, str],
        moved: dict[str, list[list[int]]],
    ) -> list[Touch]:
        kept = {
            line
            for line in _telling_lines(line for hunk in file.hunks for line in hunk.added)
            if line in moved
        }
        really = {o: tuple(line for line in ls if line not in kept) for o, ls in touched.items()}
        return [
            Touch(
                owner=owner,
                path=file.path,
                lines=really.get(owner, ()),
                inserted_into=inserted.get(owner, ""),
            )
            for owner in sorted({o for o, ls in really.items() if ls} | set(inserted))
        ]

    def _insertions(self, file: FileChange) -> dict[int, str]:
        """Who wrote the function into which a hunk only adds lines."""
        headers = self.headers.get(file.path, {})
        found: dict[int, str] = {}
        for hunk in file.hunks:
            if hunk.added and not hunk.removed and hunk.function:
                owner = headers.get(_plain(hunk.function)[:HEADER_CHARACTERS])
                if owner is not None:
                    found.setdefault(owner, hunk.function)
        return found

    def _add(self, commit: int, file: FileChange, moved: dict[str, list[list[int]]]) -> None:
        known = self.lines[file.path]
        headers = self.headers.setdefault(file.path, {})
        for line in _telling_lines(line for hunk in file.hunks for line in hunk.added):
            if line in moved:
                known[line] = [owner for owners in moved[line] for owner in owners] or [-1]
                continue
            known.setdefault(line, []).append(commit)
            headers[line[:HEADER_CHARACTERS]] = commit

    def _rename(self, old: str, new: str) -> None:
        if old in self.lines:
            self.lines[new] = self.lines.pop(old)
        if old in self.headers:
            self.headers[new] = self.headers.pop(old)


def main_owner(touches: Iterable[Touch]) -> int | None:
    """The commit with the most touched lines; None if no one has at least half of them."""
    counts: Counter[int] = Counter()
    for touch in touches:
        if touch.owner >= 0:
            counts[touch.owner] += 2 * len(touch.lines) + bool(touch.inserted_into)
    if not counts:
        return None
    owner, most = counts.most_common(1)[0]
    return owner if 2 * most >= sum(counts.values()) else None


def _telling_lines(lines: Iterable[str]) -> Iterable[str]:
    for line in lines:
        plain = _plain(line)
        if len(plain) >= MIN_LINE and len(NAME.findall(plain)) >= MIN_NAMES:
            yield plain


def _plain(line: str) -> str:
    return " ".join(line.split())
