"""Finding near-duplicates: which pairs to look at, in what order, and how to report them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel

from ratchet.errors import ConfigurationError
from ratchet.quality.duplicates.bounds import SLACK, Profiles
from ratchet.quality.duplicates.distinct import DistinctTexts, collect_distinct
from ratchet.quality.duplicates.findings import Findings
from ratchet.quality.duplicates.fingerprints import build_index, choose_lookups, find_candidates
from ratchet.quality.duplicates.profiles import profile
from ratchet.quality.duplicates.report import DuplicateReport
from ratchet.quality.duplicates.scan import Candidates, scan_between, scan_within

PAIR_LIMIT = 5_000_000  # 120 MB of pairs
SCANNED_PARTNERS = 1_000  # up to so many pairs a text, the exact search is used anyway
LOWEST_QUICK_THRESHOLD = 0.8  # below, too few fingerprints survive the edits
SAMPLED_PAIRS = 20_000
SCAN_SECONDS = 8e-9  # a pair of near enough lengths; all three measured on one 2 GHz core
CANDIDATE_SECONDS = 3e-6  # a pair that passes the character bound, the comparison included
FINGERPRINT_SECONDS = 100e-6  # a text
VERIFIED_AT_ONCE = 16_384
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
        profiles = profile(distinct.texts)
        exact = exact or _scan_is_quick(distinct, profiles, threshold)
        search = _scan_all if exact else _search_fingerprints
        for candidates in _batched(search(distinct, profiles, threshold)):
            _verify(candidates, distinct, threshold, findings)
    return DuplicateReport(
        threshold=threshold,
        text_count=len(texts),
        exact=exact,
        pairs=findings.pairs(),
        pairs_complete=not findings.overfull,
        groups=findings.groups(),
        rejected=findings.rejected_places(),
    )


def _scan_is_quick(distinct: DistinctTexts, profiles: Profiles, threshold: float) -> bool:
    """Whether the exact search costs no more than fingerprints, judged by a sample of pairs.

    It depends on the texts: those of people differ in their characters, those written by a
    grammar hardly do.
    """
    stored, batch = distinct.stored_count, len(distinct.batch)
    pairs = batch * (batch // 2 + stored)
    if pairs <= SCANNED_PARTNERS * (batch + stored):
        return True
    draw = np.random.default_rng(0)  # the same texts are always searched the same way
    first = draw.integers(stored, stored + batch, SAMPLED_PAIRS)
    second = draw.integers(0, stored + batch, SAMPLED_PAIRS)
    near = profiles.have_near_lengths(first, second, threshold)
    alike = profiles.have_near_bags(first[near], second[near], threshold)
    seconds = near.sum() * SCAN_SECONDS + alike.sum() * CANDIDATE_SECONDS
    return bool(seconds / SAMPLED_PAIRS * pairs <= FINGERPRINT_SECONDS * (batch + stored))


def _scan_all(
    distinct: DistinctTexts, profiles: Profiles, threshold: float
) -> Iterator[Candidates]:
    found = chain(
        scan_within(profiles, distinct.batch, threshold=threshold),
        scan_between(profiles, distinct.batch, distinct.stored, threshold=threshold),
    )
    for candidates in _batched(found):
        yield _within_bounds(candidates, profiles, threshold)


def _search_fingerprints(
    distinct: DistinctTexts, profiles: Profiles, threshold: float
) -> Iterator[Candidates]:
    """Candidates by fingerprints; texts about which these say too little are scanned."""
    index = build_index(distinct.texts)
    lookups = choose_lookups(index, threshold=threshold)
    unsure = lookups.unsure
    yield from _scan_unsure(distinct, profiles, threshold, unsure)
    remembered: list[Candidates] = []
    for candidates in find_candidates(index, lookups, stored_count=distinct.stored_count):
        sure = ~unsure[candidates.second]
        possible = _within_bounds(candidates.where(sure), profiles, threshold)
        remembered.append(possible)
        if sum(len(each.first) for each in remembered) > REMEMBERED_PAIRS:
            yield Candidates.joined(remembered).each_once()
            remembered = []
    if remembered:
        yield Candidates.joined(remembered).each_once()


def _scan_unsure(
    distinct: DistinctTexts, profiles: Profiles, threshold: float, unsure: NDArray[np.bool_]
) -> Iterator[Candidates]:
    """Every pair that has an unsure text in it, but for those of two stored texts."""
    batch, stored = distinct.batch, distinct.stored
    rows, others = batch[unsure[batch]], batch[~unsure[batch]]
    found = chain(
        scan_within(profiles, rows, threshold=threshold),
        scan_between(profiles, rows, np.concatenate((stored, others)), threshold=threshold),
        scan_between(profiles, stored[unsure[stored]], others, threshold=threshold),
    )
    for candidates in _batched(found):
        yield _within_bounds(candidates, profiles, threshold)


def _within_bounds(candidates: Candidates, profiles: Profiles, threshold: float) -> Candidates:
    first, second = candidates.first, candidates.second
    return candidates.where(profiles.may_reach(first, second, threshold))


def _batched(found: Iterable[Candidates]) -> Iterator[Candidates]:
    """The same pairs in batches worth a call: a tile or a lookup often yields only a few."""
    waiting: list[Candidates] = []
    count = 0
    for candidates in found:
        waiting.append(candidates)
        count += len(candidates.first)
        if count >= VERIFIED_AT_ONCE:
            yield Candidates.joined(waiting)
            waiting, count = [], 0
    if waiting:
        yield Candidates.joined(waiting)


def _verify(
    candidates: Candidates, distinct: DistinctTexts, threshold: float, findings: Findings
) -> None:
    """Compare candidates in full; in portions, since each may make the next ones needless."""
    earlier = np.minimum(candidates.first, candidates.second)
    later = np.maximum(candidates.first, candidates.second)
    for start in range(0, len(earlier), VERIFIED_AT_ONCE):
        portion = slice(start, start + VERIFIED_AT_ONCE)
        first, second = distinct.places[earlier[portion]], distinct.places[later[portion]]
        news = findings.is_news(first, second)
        ratios = process.cpdist(
            [distinct.texts[number] for number in earlier[portion][news]],
            [distinct.texts[number] for number in later[portion][news]],
            scorer=Indel.normalized_similarity,
            score_cutoff=max(threshold - SLACK, 0),  # what it rounds is decided below
            dtype=np.float64,
            workers=-1,
        )
        reached = ratios >= threshold
        findings.add(first[news][reached], second[news][reached], ratios[reached])
