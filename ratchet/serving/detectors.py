"""How a secret or a personal fact is found in a text: a quick guard, a pattern, a check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

VALUE = "value"  # the group of a pattern that is replaced; the whole match without one


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A place in a text, with what stands there in a form that ignores its spelling."""

    start: int
    end: int
    normal: str


@dataclass(frozen=True, kw_only=True)
class Detector:
    """One kind of thing that is never written.

    Guards are lower-case texts, one of which must occur, so that most patterns are never
    run; none means always. When the pattern `starts_with_guard`, it is tried only where one
    stands: trying a pattern of many words everywhere costs a hundred times as much. `check`
    gets the matched text and returns its normal form, or None when it is no such thing after
    all; equal normal forms get equal pseudonyms.
    """

    kind: str
    pattern: re.Pattern[str]
    guards: tuple[str, ...] = ()
    starts_with_guard: bool = False
    check: Callable[[str], str | None] = str

    def find(self, text: str, lowered: str) -> Iterator[Found]:
        """All places in `text`, from left to right; `lowered` is the text in lower case."""
        group = VALUE if VALUE in self.pattern.groupindex else 0
        for match in self._matches(text, lowered):
            matched = match[group]
            if matched and (normal := self.check(matched)) is not None:
                yield Found(start=match.start(group), end=match.end(group), normal=normal)

    def _matches(self, text: str, lowered: str) -> Iterator[re.Match[str]]:
        if self.guards and not any(guard in lowered for guard in self.guards):
            return
        if not self.starts_with_guard or len(lowered) != len(text):  # a few letters grow
            yield from self.pattern.finditer(text)
            return
        done = 0
        for start in _places(self.guards, lowered):
            if start >= done and (match := self.pattern.match(text, start)):
                done = match.end()
                yield match


def _places(guards: tuple[str, ...], lowered: str) -> list[int]:
    places = set()
    for guard in guards:
        start = lowered.find(guard)
        while start >= 0:
            places.add(start)
            start = lowered.find(guard, start + 1)
    return sorted(places)
