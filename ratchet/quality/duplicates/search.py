"""Finding near-duplicates: which pairs to look at, in what order, and how to report them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel

from ratchet.errors import ConfigurationError
from ratchet.quality.duplicates.bounds import SLACK
from ratchet.quality.duplicates.distinct import DistinctTexts, collect_distinct
from ratchet.quality.duplicates.findings import Findings
from ratchet.quality.duplicates.fingerprints import build_index, choose_lookups, find_candidates
from ratchet.quality.duplicates.profiles import profile
from ratchet.quality.duplicates.report import DuplicateReport, Indices
from ratchet.quality.duplicates.scan import Candidates, scan_between, scan_within

PAIR_LIMIT = 2_000_000  # 48 MB of pairs, three times that while they are sorted
SCANNED_PARTNERS = 1_000  # up to so many pairs a text, the exact search is used anyway
LOWEST_QUICK_THRESHOLD = 0.8  # below, too few fingerprints survive the edits
SAMPLED_PAIRS = 20_000
SCAN_SECONDS = 8e-9  # a pair of near enough lengths; all three measured on one 2 GHz core
CANDIDATE_SECONDS = 3e-6  # a pair that passes the character bound, the comparison included
FINGERPRINT_SECONDS = 100e-6  # a text
EXAMINED_AT_ONCE = 65_536
REMEMBERED_PAIRS = 8_000_000  # 64 MB, as much again while sorting


def find_duplicates(
    texts: Sequence[str],
    *,
    threshold: float,
    exact: bool = False,
    against: Sequence[str] = (),
    pair_limit: int = PAIR_LIMIT,
) -> DuplicateReport:
    """Find the pairs of texts whose rapidfuzz ratio is at least `threshold`.

    The ratio is 1 - (insertions and deletions) / (sum of both lengths), in 0..1: that of
    `rapidfuzz.fuzz.ratio` divided by 100. Texts are compared as they are, character by
    character; normalise case, white space or Unicode before, if they are not to count.

    Pairs within `texts` and between `texts` and `against` are found, not those within
    `against`. With `exact` no pair is missed: all are held against bounds that every
    duplicate meets (proofs in `ratchet.quality.duplicates.bounds`), and what is left is
    compared in full. Without it, large inputs are searched by shared fingerprints, which is
    much quicker and may miss a pair (`benchmarks/duplicates.py` measures how many). Small
    inputs, and thresholds below 0.8, are always searched exactly; the report says so.

    Above `pair_limit` pairs, the pairs are cut, and groups and rejections are still right.

    >>> report = find_duplicates(["retry the upload", "retry an upload", "log in"], threshold=0.8)
    >>> report.rejected, round(report.pairs[0].ratio, 2)
    ((1,), 0.84)

    Raises:
        ConfigurationError: `threshold` is not above 0 and at most 1.
    """
    if not 0 < threshold <= 1:
        raise ConfigurationError(f"threshold is {threshold}; a ratio above 0 and at most 1.")
    distinct = collect_distinct(texts, against)
    findings = Findings(
        text_count=len(against) + len(texts), stored_count=len(against), pair_limit=pair_limit
    )
    findings.add(distinct.originals, distinct.copies, np.ones(len(distinct.copies)))
    exact = exact or threshold < LOWEST_QUICK_THRESHOLD or threshold == 1
    if threshold < 1:
        search = _Search(distinct, threshold, findings)
        exact = exact or search.scan_is_quick()
        for candidates in search.scan() if exact else search.by_fingerprints():
            search.examine(candidates)
    return DuplicateReport(
        threshold=threshold,
        text_count=len(texts),
        exact=exact,
        pairs=findings.pairs(),
        pairs_complete=not findings.overfull,
        groups=findings.groups(),
        rejected=findings.rejected_places(),
    )


class _Search:
    """One search among distinct texts: two ways to candidates, and one to examine them."""

    def __init__(self, distinct: DistinctTexts, threshold: float, findings: Findings) -> None:
        self._distinct = distinct
        self._threshold = threshold
        self._findings = findings
        self._profiles = profile(distinct.texts)

    def scan_is_quick(self) -> bool:
        """Whether the exact search costs no more than fingerprints, judged by a sample of pairs.

        It depends on the texts: those of people differ in their characters, those written by
        a grammar hardly do.
        """
        stored, batch = self._distinct.stored_count, len(self._distinct.batch)
        pairs = batch * (batch // 2 + stored)
        if pairs <= SCANNED_PARTNERS * (batch + stored):
            return True
        draw = np.random.default_rng(0)  # the same texts are always searched the same way
        first = draw.integers(stored, stored + batch, SAMPLED_PAIRS)
        second = draw.integers(0, stored + batch, SAMPLED_PAIRS)
        near = self._profiles.have_near_lengths(first, second, self._threshold)
        alike = self._profiles.have_near_bags(first[near], second[near], self._threshold)
        seconds = near.sum() * SCAN_SECONDS + alike.sum() * CANDIDATE_SECONDS
        return bool(seconds / SAMPLED_PAIRS * pairs <= FINGERPRINT_SECONDS * (batch + stored))

    def scan(self) -> Iterator[Candidates]:
        """Every pair that passes the character bound."""
        batch, stored = self._distinct.batch, self._distinct.stored
        within = scan_within(self._profiles, batch, threshold=self._threshold)
        between = scan_between(self._profiles, batch, stored, threshold=self._threshold)
        return _batched(chain(within, between))

    def by_fingerprints(self) -> Iterator[Candidates]:
        """Pairs that share fingerprints; texts about which these say too little are scanned."""
        index = build_index(self._distinct.texts)
        lookups = choose_lookups(index, threshold=self._threshold)
        yield from _batched(self._scan_unsure(lookups.unsure))
        stored_count, remembered = self._distinct.stored_count, list[Candidates]()
        for found in find_candidates(index, lookups, stored_count=stored_count):
            remembered.append(self._within_bounds(found.where(~lookups.unsure[found.second])))
            if sum(len(each.first) for each in remembered) > REMEMBERED_PAIRS:
                yield Candidates.joined(remembered).each_once()
                remembered = []
        if remembered:
            yield Candidates.joined(remembered).each_once()

    def examine(self, candidates: Candidates) -> None:
        """Compare candidates in full; in portions, since each may make the next ones needless."""
        for start in range(0, len(candidates.first), EXAMINED_AT_ONCE):
            part = slice(start, start + EXAMINED_AT_ONCE)
            portion = Candidates(first=candidates.first[part], second=candidates.second[part])
            places = self._distinct.places
            portion = portion.where(
                self._findings.is_news(*_in_order(places[portion.first], places[portion.second]))
            )
            self._compare(self._within_bounds(portion))

    def _scan_unsure(self, unsure: NDArray[np.bool_]) -> Iterator[Candidates]:
        """Every pair that has an unsure text in it, but for those of two stored texts."""
        batch, stored = self._distinct.batch, self._distinct.stored
        rows, others = batch[unsure[batch]], batch[~unsure[batch]]
        return chain(
            scan_within(self._profiles, rows, threshold=self._threshold),
            scan_between(
                self._profiles, rows, np.concatenate((stored, others)), threshold=self._threshold
            ),
            scan_between(self._profiles, stored[unsure[stored]], others, threshold=self._threshold),
        )

    def _within_bounds(self, candidates: Candidates) -> Candidates:
        first, second = candidates.first, candidates.second
        return candidates.where(self._profiles.may_reach(first, second, self._threshold))

    def _compare(self, candidates: Candidates) -> None:
        texts, places = self._distinct.texts, self._distinct.places
        earlier, later = _in_order(candidates.first, candidates.second)
        ratios = process.cpdist(
            [texts[number] for number in earlier.tolist()],
            [texts[number] for number in later.tolist()],
            scorer=Indel.normalized_similarity,
            score_cutoff=max(self._threshold - SLACK, 0),  # what it rounds is decided below
            dtype=np.float64,
            workers=-1,
        )
        reached = ratios >= self._threshold
        self._findings.add(places[earlier[reached]], places[later[reached]], ratios[reached])


def _in_order(first: Indices, second: Indices) -> tuple[Indices, Indices]:
    return np.minimum(first, second), np.maximum(first, second)


def _batched(found: Iterable[Candidates]) -> Iterator[Candidates]:
    """The same pairs in batches worth a call: a tile or a lookup often yields only a few."""
    waiting: list[Candidates] = []
    count = 0
    for candidates in found:
        waiting.append(candidates)
        count += len(candidates.first)
        if count >= EXAMINED_AT_ONCE:
            yield Candidates.joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield Candidates.joined(waiting)
