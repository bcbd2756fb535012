"""The rows of a YAML file, built from its events: no tag makes an object, no alias a bomb.

The rows are the items of a list, or of the list under `examples`, or whole documents
separated by `---`. They come as they are read: memory is that of one row.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ratchet.collect.json_values import EXAMPLES_KEY, MAX_DEPTH, TOO_DEEP, value_problem
from ratchet.collect.row import BrokenRow, Row

MAX_NODES = 100_000  # of one row once its aliases are written out; an example has some dozens
MAX_CHARACTERS = 4 * 2**20
PLAIN_TAGS = ("bool", "int", "float", "null", "str")
TAG = "tag:yaml.org,2002:"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_RESOLVER = yaml.resolver.Resolver()


def rows_of_yaml(path: Path) -> Iterator[Row | BrokenRow]:
    """Read the rows of `path`; a refused value costs its row, a break in the YAML the rest."""
    number = 0
    with path.open("rb") as stream:
        try:
            for built in _values(yaml.parse(stream, Loader=_LOADER)):
                number += 1
                yield _row(built, number)
        except yaml.YAMLError as error:
            yield _broken(error)
        except RecursionError:
            yield BrokenRow(line=None, column=None, reason=TOO_DEEP)
        else:
            if not number:
                yield BrokenRow(line=None, column=None, reason="holds no examples")


@dataclass(kw_only=True)
class _Built:
    """A value with what it costs once its aliases are written out, or why it is refused."""

    value: Any
    line: int
    nodes: int = 1
    characters: int = 0
    problem: str | None = None
    done: int = 0

    def hold(self, other: _Built) -> None:
        """Count what a part costs; the first refusal of a part is that of the whole."""
        self.nodes += other.nodes
        self.characters += other.characters
        self.problem = self.problem or other.problem
        if self.nodes > MAX_NODES or self.characters > MAX_CHARACTERS:
            self.problem = (
                f"its aliases expand to more than {MAX_NODES:,} values or "
                f"{MAX_CHARACTERS:,} characters"
            )
            self.value = None


@dataclass
class _Document:
    """The anchors of a document, and how deep the reading is in it."""

    anchors: dict[str, _Built] = field(default_factory=dict)


def _row(built: _Built, number: int) -> Row | BrokenRow:
    problem = built.problem or value_problem(built.value)
    if problem:
        return BrokenRow(
            line=built.line, column=None, reason=problem, number=number, done_bytes=built.done
        )
    return Row(number=number, line=built.line, value=built.value, done_bytes=built.done)


def _broken(error: yaml.YAMLError) -> BrokenRow:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or getattr(error, "reason", None) or error
    if isinstance(error, yaml.reader.ReaderError):
        what = f"is no text that YAML allows: {error.reason}"
    return BrokenRow(
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
        reason=f"broken YAML: {what}",
    )


def _values(events: Iterator[Any]) -> Iterator[_Built]:
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            yield from _rows_of_document(events, _Document())


def _rows_of_document(events: Iterator[Any], document: _Document) -> Iterator[_Built]:
    event = next(events)
    if isinstance(event, yaml.SequenceStartEvent):
        yield from _items(events, document)
    elif isinstance(event, yaml.MappingStartEvent):
        yield from _mapping_or_examples(event, events, document)
    else:
        built = _build(event, events, document, depth=0)
        if built.value is not None or built.problem:
            yield built


def _items(events: Iterator[Any], document: _Document) -> Iterator[_Built]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _build(event, events, document, depth=1)


def _mapping_or_examples(
    start: Any, events: Iterator[Any], document: _Document
) -> Iterator[_Built]:
    """The examples of a document that has them under their key, or the document as a row."""
    whole = _Built(value={}, line=start.start_mark.line + 1)
    has_examples = False
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _build(event, events, document, depth=1)
        event = next(events)
        if key.value == EXAMPLES_KEY and isinstance(event, yaml.SequenceStartEvent):
            has_examples = True
            yield from _items(events, document)
        else:
            _put(whole, key, _build(event, events, document, depth=1))
        whole.done = event.end_mark.index
    if not has_examples:
        yield whole


def _build(event: Any, events: Iterator[Any], document: _Document, *, depth: int) -> _Built:
    """The value that begins with `event`, read to its end even when it is refused."""
    if isinstance(event, yaml.AliasEvent):
        return _alias(event, document)
    if isinstance(event, yaml.ScalarEvent):
        built = _scalar(event)
    elif isinstance(event, yaml.SequenceStartEvent):
        built = _sequence(event, events, document, depth=depth + 1)
    else:
        built = _mapping(event, events, document, depth=depth + 1)
    if depth + 1 > MAX_DEPTH:
        built = _refused(event, TOO_DEEP)
    if event.anchor and len(document.anchors) < MAX_NODES:
        document.anchors[event.anchor] = built
    return built


def _alias(event: Any, document: _Document) -> _Built:
    known = document.anchors.get(event.anchor)
    if known is None:
        return _refused(event, f"the alias *{event.anchor} stands for nothing before it, or itself")
    return _Built(
        value=known.value,
        line=event.start_mark.line + 1,
        nodes=known.nodes,
        characters=known.characters,
        problem=known.problem,
        done=event.end_mark.index,
    )


def _sequence(start: Any, events: Iterator[Any], document: _Document, *, depth: int) -> _Built:
    built = _started(start, [])
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        item = _build(event, events, document, depth=depth)
        built.hold(item)
        if built.problem is None:
            built.value.append(item.value)
    built.done = event.end_mark.index
    return built


def _mapping(start: Any, events: Iterator[Any], document: _Document, *, depth: int) -> _Built:
    built = _started(start, {})
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _build(event, events, document, depth=depth)
        _put(built, key, _build(next(events), events, document, depth=depth))
    built.done = event.end_mark.index
    return built


def _put(mapping: _Built, key: _Built, value: _Built) -> None:
    mapping.hold(key)
    mapping.hold(value)
    if mapping.problem is not None:
        return
    if not isinstance(key.value, str):
        mapping.problem = f"the key {key.value!r} is no text; put it in quotes"
    elif key.value == "<<":
        mapping.problem = "merge keys (<<) are not read; write the fields out"
    elif key.value in mapping.value:
        mapping.problem = f"the key {key.value!r} is there twice in one object"
    else:
        mapping.value[key.value] = value.value


def _scalar(event: Any) -> _Built:
    """A text, number, boolean or null; dates and the like stay the text that they are."""
    tag = event.tag or _RESOLVER.resolve(yaml.ScalarNode, event.value, event.implicit)
    kind = tag.removeprefix(TAG)
    if event.tag and kind not in PLAIN_TAGS and event.tag != "!":
        return _refused(event, f"the tag {event.tag} is not read: plain values alone are")
    value: Any = event.value
    if kind in PLAIN_TAGS and kind != "str":
        try:
            value = getattr(_CONSTRUCTOR, f"construct_yaml_{kind}")(yaml.ScalarNode(tag, value))
        except (ValueError, KeyError, yaml.YAMLError):
            return _refused(event, f"{event.value[:40]!r} is no {kind}")
    if isinstance(value, float) and not math.isfinite(value):
        return _refused(event, f"{event.value} is no number that can be stored; use null")
    built = _started(event, value)
    built.characters = len(event.value)
    return built


def _started(event: Any, value: Any) -> _Built:
    built = _Built(value=value, line=event.start_mark.line + 1, done=event.end_mark.index)
    if not isinstance(value, list | dict) or not event.tag or event.tag == "!":
        return built
    if event.tag not in {f"{TAG}seq", f"{TAG}map"}:
        built.problem = f"the tag {event.tag} is not read: plain values alone are"
    return built


def _refused(event: Any, problem: str) -> _Built:
    return _Built(value=None, line=event.start_mark.line + 1, problem=problem)
