"""The memory of a long import: every example that was kept, to be found again by what is near it.

What stays in memory is an index of fingerprints and a few numbers for each example, together
about two kilobytes; the examples themselves lie in a temporary file and are read back when
something comes in that shares their fingerprints.

An exact search of the same texts finds hardly more (tests hold it to 999 in 1,000): equal texts
are found by their hash, the others by fingerprints, of eight characters in long texts and of
four in short ones. Below `LOWEST_QUICK_THRESHOLD` fingerprints say too little: then the newest
`COMPARED` examples are compared in full.
"""

from __future__ import annotations

import marshal
import os
import tempfile
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Self

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel

from ratchet.examples import Example, ExampleId
from ratchet.quality.deduplication import Neighbourhood, compared_text
from ratchet.quality.diversity import NO_BUCKETS, input_buckets
from ratchet.quality.duplicates import find_duplicates
from ratchet.quality.duplicates.any_length import TINY, Alike, Fingerprints, TextIndex
from ratchet.quality.duplicates.bounds import SLACK
from ratchet.quality.duplicates.search import LOWEST_QUICK_THRESHOLD
from ratchet.quality.vectors import Buckets
from ratchet.signatures.spec import SignatureSpec

COMPARED = 20_000  # examples that are compared in full where fingerprints do not help
SHORT, LONG = 120, 50  # characters; texts up to SHORT and from LONG on are looked up
SHORT_INDEXED, LONG_INDEXED = 180, 30  # and those that such texts may be near to are indexed
TINY_KEPT = 60  # characters; those that tiny texts may be near to

Pairs = dict[str, dict[int, float]]  # for a text the kept examples near it, with the ratio


class KeptExamples:
    """The examples of one signature that stay, whatever comes.

    Close it, or use it as a context: it holds a temporary file (below TMPDIR).
    """

    def __init__(self, spec: SignatureSpec, *, threshold: float) -> None:
        self.spec, self._threshold = spec, threshold
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as this
        self._texts, self._documents = array("q", [0]), array("q")
        self._numbers_of: dict[int, int] = {}
        self._tiny: dict[str, int] = {}
        self._index = TextIndex()
        self._asked: dict[ExampleId, str] = {}
        self._taken: tuple[dict[str, int], Fingerprints] | None = None  # of the asked

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Drop the file."""
        self._file.close()

    def __len__(self) -> int:
        return len(self._documents)

    def add(
        self, examples: Iterable[Example], *, buckets: Mapping[ExampleId, Buckets] = NO_BUCKETS
    ) -> None:
        """Keep these examples, which hold the contract; the `buckets` of some may be known."""
        first, texts = len(self), []
        for number, example in enumerate(examples, start=first):
            text = self._asked.get(example.example_id) or compared_text(self.spec, example)
            known = buckets.get(example.example_id)
            self._write(text, example, input_buckets(example.inputs) if known is None else known)
            self._numbers_of.setdefault(hash(text), number)
            if len(text) <= TINY_KEPT:
                self._tiny.setdefault(text, number)
            texts.append(text)
        self._file.flush()
        self._index.add(self._fingerprints(texts), np.arange(first, len(self)))
        self._asked, self._taken = {}, None

    def _fingerprints(self, texts: Sequence[str]) -> Fingerprints:
        """Those that were taken when it was asked what is near, if it was."""
        places = {} if self._taken is None else self._taken[0]
        found = {places[text] for text in texts if text in places}
        if self._taken is None or len(found) < len(texts):
            return self._index.read(texts)
        return self._taken[1].of(np.array([places[text] for text in texts], dtype=np.int64))

    def near(self, examples: Sequence[Example]) -> Neighbourhood:
        """The kept examples within the threshold of each of `examples`.

        The one that shares most with an example is there in any case: it tells how much of
        its own the example has.
        """
        self._asked = {e.example_id: compared_text(self.spec, e) for e in examples}
        texts = list(dict.fromkeys(self._asked.values()))
        pairs = self._by_hash(texts)
        if self._threshold < LOWEST_QUICK_THRESHOLD:
            self._in_full(texts, pairs)
            return self._neighbourhood(texts, pairs, None, set())
        read = self._index.read(texts)
        self._taken = {text: place for place, text in enumerate(texts)}, read
        nearest = self._by_fingerprints(texts, read, pairs)
        self._among_tiny(texts, pairs)
        return self._neighbourhood(texts, pairs, self._among(texts, read), nearest)

    def _by_hash(self, texts: Sequence[str]) -> Pairs:
        pairs: Pairs = defaultdict(dict)
        for text in texts:
            number = self._numbers_of.get(hash(text))
            if number is not None and self._text(number) == text:
                pairs[text][number] = 1.0
        return pairs

    def _by_fingerprints(self, texts: Sequence[str], read: Fingerprints, pairs: Pairs) -> set[int]:
        """Adds what is near; gives the candidate that shares most with each text."""
        alike = self._index.find(read, threshold=self._threshold)
        kept = {number: self._text(number) for number in set(alike.indexed.tolist())}
        self._compare(texts, kept, alike, pairs)
        return set(alike.indexed[np.flatnonzero(np.diff(alike.asked, prepend=-1))].tolist())

    def _compare(
        self, texts: Sequence[str], others: Mapping[int, str], alike: Alike, pairs: Pairs
    ) -> None:
        """Compare candidates in full."""
        ratios = process.cpdist(
            [texts[place] for place in alike.asked.tolist()],
            [others[number] for number in alike.indexed.tolist()],
            scorer=Indel.normalized_similarity,
            score_cutoff=self._threshold - SLACK,
            dtype=np.float64,
            workers=-1,
        )
        for found in np.flatnonzero(ratios >= self._threshold).tolist():
            pairs[texts[int(alike.asked[found])]][int(alike.indexed[found])] = float(ratios[found])

    def _among(self, texts: Sequence[str], read: Fingerprints) -> Pairs:
        """Which of the texts are near each other, by place."""
        pairs: Pairs = defaultdict(dict)
        index, places = TextIndex(), np.arange(len(texts))
        index.add(read, places)
        alike = index.find(read, threshold=self._threshold, are_indexed=True).each_once()
        self._compare(texts, dict(enumerate(texts)), alike, pairs)
        tiny = [place for place, text in enumerate(texts) if len(text) <= TINY_KEPT]
        found = find_duplicates([texts[place] for place in tiny], threshold=self._threshold)
        for pair in found.pairs:
            pairs[texts[tiny[pair.index]]][tiny[pair.earlier]] = pair.ratio
        return pairs

    def _among_tiny(self, texts: Sequence[str], pairs: Pairs) -> None:
        tiny = [text for text in texts if len(text) <= TINY]
        if tiny and self._tiny:
            self._all_against(tiny, self._tiny, pairs)

    def _in_full(self, texts: Sequence[str], pairs: Pairs) -> None:
        numbers = range(max(0, len(self) - COMPARED), len(self))
        self._all_against(texts, {self._text(number): number for number in numbers}, pairs)

    def _all_against(self, texts: Sequence[str], numbers: Mapping[str, int], pairs: Pairs) -> None:
        against = list(numbers)
        report = find_duplicates(texts, threshold=self._threshold, against=against)
        for pair in report.pairs:
            if pair.stored:
                pairs[texts[pair.index]][numbers[against[pair.earlier]]] = pair.ratio

    def _neighbourhood(
        self, texts: Sequence[str], pairs: Pairs, among: Pairs | None, nearest: set[int]
    ) -> Neighbourhood:
        numbers = sorted(nearest.union(*pairs.values()))
        stored = [self._example(number) for number in numbers]
        ratios = {
            text: {self._text(number): ratio for number, ratio in found.items()}
            for text, found in pairs.items()
        }
        return Neighbourhood(
            stored=tuple(example for example, _ in stored),
            ratios=ratios,
            among=None if among is None else _by_text(texts, among),
            texts={
                **self._asked,
                **{e.example_id: self._text(n) for n, (e, _) in zip(numbers, stored, strict=True)},
            },
            buckets={example.example_id: buckets for example, buckets in stored},
        )

    def _write(self, text: str, example: Example, buckets: Buckets) -> None:
        start = self._texts[-1]
        written = self._file.write(text.encode("utf-8", "surrogatepass"))
        self._documents.append(start + written)
        written += self._file.write(marshal.dumps((example.to_json(), buckets.tobytes())))
        self._texts.append(start + written)

    def _text(self, number: int) -> str:
        content = self._read(self._texts[number], self._documents[number])
        return content.decode("utf-8", "surrogatepass")

    def _example(self, number: int) -> tuple[Example, Buckets]:
        content = self._read(self._documents[number], self._texts[number + 1])
        document, buckets = marshal.loads(content)  # noqa: S302 - nobody else writes the file
        return Example.from_json(document), np.frombuffer(buckets, dtype=np.uint16)

    def _read(self, start: int, end: int) -> bytes:
        return os.pread(self._file.fileno(), end - start, start)


def _by_text(texts: Sequence[str], pairs: Pairs) -> dict[str, dict[str, float]]:
    """Pairs by place as pairs by text."""
    return {
        text: {texts[place]: ratio for place, ratio in found.items()}
        for text, found in pairs.items()
    }
