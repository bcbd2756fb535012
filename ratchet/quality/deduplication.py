"""Which of several near-identical examples stays, which go, and which contradict each other.

A duplicate has nearly the inputs of another example and the same label, or exactly the same
inputs. The opposite label on nearly the same inputs is worth keeping when both were made as
a pair (one group) or when one of the inputs differs, be it a short one (another requirement
held against the same change). When every input is alike it is a contradiction: one of the
two is wrong, nobody knows which, so both are quarantined.

What is alike below the threshold is kept and linked: it must stay on one side of a split.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
from rapidfuzz.distance import Indel

from ratchet.examples import Example, ExampleId, Status
from ratchet.quality.vectors import Buckets, blocks_of_similarity, stem_buckets, word_vectors
from ratchet.signatures.spec import SignatureSpec, Values

ALIKE_WORDS = 0.5  # cosine of the content words from which the letters are compared
LINKED_FROM = 0.70  # ratio of the inputs from which two examples belong on one side of a split

_Pair = tuple[int, int, bool, float]  # place in the batch, the other's place, is it stored, ratio


@dataclass(frozen=True, kw_only=True)
class Link:
    """Two kept examples with similar inputs; `stored` says that `other_id` is in the store."""

    example_id: ExampleId
    other_id: ExampleId
    ratio: float
    stored: bool


@dataclass(frozen=True, kw_only=True)
class Collision:
    """An example that may not stay beside `other_id`: a duplicate, or a contradiction of it."""

    example_id: ExampleId
    other_id: ExampleId
    ratio: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Deduplication:
    """What stays, and why the rest does not; keyed by the place in the batch."""

    kept: tuple[int, ...]
    duplicates: Mapping[int, Collision]
    conflicts: Mapping[int, Collision]
    links: tuple[Link, ...]


def compared_text(spec: SignatureSpec, example: Example) -> str:
    """The text by which an example is told apart: its inputs, unless the signature says."""
    if not spec.told_apart_by:
        return inputs_text(spec, example.inputs)
    values = {**example.inputs, **example.outputs}
    text = "\n".join(_plain(values[name]) for name in spec.told_apart_by)
    return weighted(text, spec.digit_weight)


def weighted(text: str, digit_weight: int) -> str:
    """The text with each digit repeated, so that it counts as so many letters.

    >>> weighted("4 of 12", 3)
    '444 of 111222'
    """
    return re.sub(r"\d", lambda digit: digit[0] * digit_weight, text)


def inputs_text(spec: SignatureSpec, inputs: Values) -> str:
    """The text by which examples are compared: the values alone, case and spacing levelled.

    Field names are left out, because what all examples share makes all of them alike.
    """
    return "\n".join(_plain(inputs[name]) for name in spec.input_names)


def _plain(value: Any) -> str:
    items = value.values() if isinstance(value, dict) else value
    text = "\n".join(map(str, items)) if isinstance(value, list | dict) else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return "\n".join([" ".join(line.split()) for line in text.lower().splitlines()])


def deduplicate(
    spec: SignatureSpec,
    examples: Sequence[Example],
    *,
    stored: Sequence[Example] = (),
    threshold: float,
    near: Neighbourhood | None = None,
) -> Deduplication:
    """Decide on each of `examples`; the better one of two stays, whatever their order.

    Args:
        spec: The signature; contradictions exist only where it has a decision.
        examples: Valid, scored examples.
        stored: Examples that stay in any case.
        threshold: Ratio 0..1 of the inputs from which two examples are the same.
        near: The stored examples that are near, when they are known; they take the place of
            `stored`, are not searched for again, and nothing is linked.
    """
    crowd = _Crowd(spec, examples, stored if near is None else near.stored, threshold, near)
    conflicts = {} if spec.decision is None else dict(crowd.conflicts())
    kept: list[int] = []
    duplicates: dict[int, Collision] = {}
    links: list[Link] = []
    for index in sorted(set(range(len(examples))) - conflicts.keys(), key=crowd.preference):
        if collision := crowd.duplicate(index):
            duplicates[index] = collision
        else:
            links.extend(crowd.links(index))
            crowd.keep(index)
            kept.append(index)
    return Deduplication(
        kept=tuple(sorted(kept)), duplicates=duplicates, conflicts=conflicts, links=tuple(links)
    )


@dataclass
class _Place:
    """The examples that share one text of inputs.

    `present` maps a label to the groups it occurs in, with the first example of each;
    `kept` maps a label to the example that stays.
    """

    stored: bool
    present: dict[str, dict[str, Example]] = field(default_factory=dict)
    kept: dict[str, Example] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Near:
    place: _Place
    ratio: float


class _Crowd:
    """All examples, by the text of their inputs, with the places that are near each other."""

    def __init__(
        self,
        spec: SignatureSpec,
        examples: Sequence[Example],
        stored: Sequence[Example],
        threshold: float,
        known: Neighbourhood | None,
    ) -> None:
        self._examples, self._threshold = examples, threshold
        self._input_names = spec.input_names
        self._compared = ", ".join(spec.told_apart_by) or "the inputs"
        self._labels = [spec.label(example.outputs) for example in examples]
        text_of = partial(compared_text if known is None else known.text, spec)
        self._texts = [text_of(example) for example in examples]
        self._stored_places: dict[str, _Place] = {}
        self._places: dict[str, _Place] = {}
        for example in stored:
            text, label = text_of(example), spec.label(example.outputs)
            place = self._stored_places.setdefault(text, _Place(stored=True))
            place.present.setdefault(label, {}).setdefault(example.group_id, example)
            place.kept.setdefault(label, example)
        for text, label, example in zip(self._texts, self._labels, examples, strict=True):
            place = self._places.setdefault(text, _Place(stored=False))
            place.present.setdefault(label, {}).setdefault(example.group_id, example)
        self._near = self._find_near(known)

    def preference(self, index: int) -> tuple[bool, float, str]:
        """A sort key: approved examples first, then the better ones."""
        example = self._examples[index]
        is_open = example.status is not Status.APPROVED
        return (is_open, -(example.quality_score or 0.0), example.example_id)

    def conflicts(self) -> Iterator[tuple[int, Collision]]:
        """The examples with another label than (nearly) the same inputs have elsewhere."""
        for index, text in enumerate(self._texts):
            for near in self._near[text]:
                if near.ratio >= self._threshold and (other := self._opposite(index, near)):
                    yield index, self._collision(index, other, near.ratio, "contradicts")
                    break

    def duplicate(self, index: int) -> Collision | None:
        """What is kept already and makes this example superfluous."""
        for near in self._near[self._texts[index]]:
            if near.ratio < self._threshold:
                continue
            other = near.place.kept.get(self._labels[index])
            if other is None and near.ratio == 1:
                other = next(iter(near.place.kept.values()), None)
            if other is not None:
                return self._collision(index, other.example_id, near.ratio, "duplicates")
        return None

    def links(self, index: int) -> Iterator[Link]:
        """The kept examples of other groups that must stay on this one's side of a split."""
        example = self._examples[index]
        for near in self._near[self._texts[index]]:
            for other in near.place.kept.values():
                if other.group_id != example.group_id:
                    yield Link(
                        example_id=example.example_id,
                        other_id=other.example_id,
                        ratio=round(near.ratio, 4),
                        stored=near.place.stored,
                    )

    def keep(self, index: int) -> None:
        """Let this example stay; what comes later is compared with it."""
        place = self._places[self._texts[index]]
        place.kept.setdefault(self._labels[index], self._examples[index])

    def _opposite(self, index: int, near: _Near) -> ExampleId | None:
        """An example of another label there; one of the same group is a pair made on purpose.

        Not so when the inputs are the same: no pair can have two labels for one question.
        """
        example = self._examples[index]
        for label, groups in near.place.present.items():
            if label == self._labels[index]:
                continue
            for group, other in groups.items():
                if near.ratio == 1 or (
                    group != example.group_id and self._asks_the_same(example, other)
                ):
                    return other.example_id
        return None

    def _asks_the_same(self, example: Example, other: Example) -> bool:
        """Whether every single input is alike: one long input must not drown the others."""
        return all(
            Indel.normalized_similarity(_plain(example.inputs[name]), _plain(other.inputs[name]))
            >= self._threshold
            for name in self._input_names
        )

    def _collision(self, index: int, other: ExampleId, ratio: float, verb: str) -> Collision:
        return Collision(
            example_id=self._examples[index].example_id,
            other_id=other,
            ratio=round(ratio, 4),
            reason=f"{verb} example {other[:8]}: {self._compared} are {_percent(ratio)} alike"
            + (", the labels differ" if verb == "contradicts" else ""),
        )

    def _find_near(self, known: Neighbourhood | None) -> dict[str, list[_Near]]:
        """For each text of the batch the places near it, the nearest first, itself among them."""
        texts, against = list(self._places), list(self._stored_places)
        near = {text: [_Near(place=place, ratio=1.0)] for text, place in self._places.items()}
        if known is None:
            found = _near_pairs(texts, against, self._threshold)
            beside = _alike(texts, against, self._threshold)
        else:
            beside = known.pairs(texts, against)
            is_searched = known.among is None
            found = (
                _near_pairs(texts, (), self._threshold) if is_searched else known.pairs_among(texts)
            )
        for index, other, is_stored, ratio in chain(found, beside):
            text = texts[index]
            if is_stored:
                stored = self._stored_places[against[other]]
                near[text].append(_Near(place=stored, ratio=ratio))
            else:
                near[text].append(_Near(place=self._places[texts[other]], ratio=ratio))
                near[texts[other]].append(_Near(place=self._places[text], ratio=ratio))
        for nears in near.values():
            nears.sort(key=lambda near: -near.ratio)
        return near


@dataclass(frozen=True, kw_only=True)
class Neighbourhood:
    """Stored examples near those of a batch: for each text, the texts near it and the ratios.

    `among` says the same of the texts of the batch; None leaves that to be searched. `texts` are
    those of the examples of both, as far as they are known, and `buckets` those of the stored
    ones (`ratchet.quality.diversity`).
    """

    stored: tuple[Example, ...]
    ratios: Mapping[str, Mapping[str, float]]
    among: Mapping[str, Mapping[str, float]] | None = None
    texts: Mapping[ExampleId, str] = field(default_factory=dict)
    buckets: Mapping[ExampleId, Buckets] = field(default_factory=dict)

    def text(self, spec: SignatureSpec, example: Example) -> str:
        """The text by which an example is compared."""
        known = self.texts.get(example.example_id)
        return compared_text(spec, example) if known is None else known

    def pairs(self, texts: Sequence[str], against: Sequence[str]) -> Iterator[_Pair]:
        """The pairs between `texts` and `against`, by place."""
        places = {text: place for place, text in enumerate(against)}
        for index, text in enumerate(texts):
            for other, ratio in self.ratios.get(text, {}).items():
                yield index, places[other], True, ratio

    def pairs_among(self, texts: Sequence[str]) -> Iterator[_Pair]:
        """The pairs among `texts`, each once, by place."""
        places = {text: place for place, text in enumerate(texts)}
        pairs = {
            (min(place, places[other]), max(place, places[other])): ratio
            for text, others in (self.among or {}).items()
            if (place := places.get(text)) is not None
            for other, ratio in others.items()
            if other in places
        }
        return ((index, other, False, ratio) for (index, other), ratio in pairs.items())


def _near_pairs(texts: Sequence[str], against: Sequence[str], threshold: float) -> Iterator[_Pair]:
    from ratchet.quality.duplicates import find_duplicates

    report = find_duplicates(texts, threshold=threshold, against=against)
    return ((pair.index, pair.earlier, pair.stored, pair.ratio) for pair in report.pairs)


def _alike(texts: Sequence[str], against: Sequence[str], below: float) -> Iterator[_Pair]:
    """Pairs from `LINKED_FROM` up to the threshold, among texts that share their words.

    The search for duplicates is exact but slow at so low a ratio; shared content words are a
    quick first sieve, and a pair that it drops reads differently whatever its letters.
    """
    vectors = word_vectors([stem_buckets([text]) for text in (*texts, *against)])
    for start, similarity in blocks_of_similarity(vectors, len(texts)):
        for row, column in np.argwhere(similarity >= ALIKE_WORDS):
            index, other = start + int(row), int(column)
            if other <= index:
                continue
            is_stored = other >= len(texts)
            second = against[other - len(texts)] if is_stored else texts[other]
            ratio = Indel.normalized_similarity(texts[index], second, score_cutoff=LINKED_FROM)
            if LINKED_FROM <= ratio < below:
                yield index, other - len(texts) if is_stored else other, is_stored, ratio


def _percent(ratio: float) -> str:
    """The ratio in per cent, rounded down: only equal inputs are 100 % alike."""
    return f"{math.floor(100 * ratio)} %"
