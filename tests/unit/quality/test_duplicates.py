"""What a search for duplicates promises its caller: pairs, groups, rejections, odd texts."""

from __future__ import annotations

import pytest

from ratchet.errors import ConfigurationError
from ratchet.quality.duplicates import DuplicateGroup, DuplicatePair, find_duplicates
from tests.duplicate_builders import distinct_texts, edited, template_texts


def test_a_near_duplicate_is_paired_with_the_earlier_text_at_its_ratio() -> None:
    """The pair names both places and the ratio 1 - indel / (sum of lengths)."""
    report = find_duplicates(["abcdefghij", "unrelated", "abcdefghiX"], threshold=0.9)

    assert list(report.pairs) == [DuplicatePair(index=2, earlier=0, stored=False, ratio=0.9)]


def test_a_ratio_equal_to_the_threshold_is_a_duplicate() -> None:
    """The threshold is inclusive; just above it the same pair is none."""
    texts = ["abcdefghij", "abcdefghiX"]

    assert len(find_duplicates(texts, threshold=0.9).pairs) == 1
    assert len(find_duplicates(texts, threshold=0.9001).pairs) == 0


def test_texts_are_compared_as_they_are() -> None:
    """Case and white space count: normalising is the caller's business."""
    assert find_duplicates(["abc", "ABC"], threshold=0.9).rejected == ()


def test_the_first_of_a_group_represents_it_and_the_later_ones_are_rejected() -> None:
    """Connected texts are one group; who repeats an earlier text is rejected."""
    texts = ["zzzz", "abcdefghij", "abcdefghiX", "abcdefghYX"]

    report = find_duplicates(texts, threshold=0.9)

    assert report.groups == (
        DuplicateGroup(representative=1, representative_stored=False, members=(1, 2, 3)),
    )
    assert report.rejected == (2, 3)
    assert report.rejection_rate == 0.5


def test_a_text_that_repeats_no_earlier_one_is_kept_though_its_group_has_an_earlier_one() -> None:
    """Two ends joined only by a later middle are both kept."""
    texts = ["abcdefghij", "abcdefghYX", "abcdefghiX"]

    report = find_duplicates(texts, threshold=0.9)

    assert report.rejected == (2,)
    assert report.groups[0].members == (0, 1, 2)


def test_stored_texts_represent_groups_and_are_not_paired_with_each_other() -> None:
    """What is stored already wins over the batch; its own duplicates are nobody's concern."""
    against = ["other", "abcdefghij", "abcdefghiX"]
    texts = ["new text", "abcdefghiX", "bcdefghij"]

    report = find_duplicates(texts, threshold=0.9, against=against)

    assert [(pair.index, pair.earlier, pair.stored) for pair in report.pairs] == [
        (1, 2, True),
        (2, 1, True),
    ]
    assert [(group.representative, group.representative_stored) for group in report.groups] == [
        (1, True),
        (2, True),
    ]
    assert report.rejected == (1, 2)


def test_equal_texts_are_paired_with_their_first_occurrence_alone() -> None:
    """100,000 equal texts are 99,999 pairs and one group, not 5,000,000,000 pairs."""
    report = find_duplicates(["the same text"] * 100_000, threshold=0.9)

    assert len(report.pairs) == 99_999
    assert report.pairs_complete
    assert {pair.earlier for pair in report.pairs[:1000]} == {0}
    assert len(report.rejected) == 99_999
    assert len(report.groups) == 1
    assert len(report.groups[0].members) == 100_000


def test_groups_and_rejections_are_whole_when_the_pairs_are_cut() -> None:
    """1,500 texts of one template are 1,124,250 pairs; a limit cuts the list and nothing else."""
    texts = template_texts(1500)

    report = find_duplicates(texts, threshold=0.9, pair_limit=1000)

    assert not report.pairs_complete
    assert len(report.pairs) == 1000
    assert len(report.rejected) == 1499
    assert report.groups[0].members == tuple(range(1500))


@pytest.mark.parametrize("exact", [True, False])
def test_large_inputs_are_searched_without_loss(*, exact: bool) -> None:
    """Among 3,000 distinct texts, every planted near-duplicate is found, and nothing else."""
    texts = distinct_texts(3000, seed=1)
    copies = {len(texts) + k: k * 17 for k in range(150)}
    texts += [edited(texts[place], share=0.05, seed=place) for place in copies.values()]

    report = find_duplicates(texts, threshold=0.88, exact=exact)

    assert {pair.index: pair.earlier for pair in report.pairs} == copies


def test_a_large_store_is_searched_for_a_large_batch() -> None:
    """Near-duplicates of stored texts are found by fingerprints too, in either direction."""
    stored = distinct_texts(3000, seed=2)
    batch = distinct_texts(2000, seed=3)
    batch[5] = edited(stored[7], share=0.05, seed=5)

    report = find_duplicates(batch, threshold=0.88, against=stored)

    assert [(pair.index, pair.earlier, pair.stored) for pair in report.pairs] == [(5, 7, True)]
    assert report.rejected == (5,)


def test_odd_texts_are_texts_like_others() -> None:
    """Empty texts, NUL, lone surrogates, one character and 100,000 characters."""
    long = "a long line\n" * 9000
    texts = ["", "\0\0\0\0", "\ud800\udfff\ud800abcdefg", "x", long, "", "\0\0\0\0\0", long + "!"]
    texts.append("\ud800\udfff\ud800abcdefgh")

    report = find_duplicates(texts, threshold=0.85, exact=True)

    assert [(pair.index, pair.earlier) for pair in report.pairs] == [(5, 0), (6, 1), (7, 4), (8, 2)]


def test_nothing_to_search_is_an_empty_report() -> None:
    """No texts, or none but stored ones, are no duplicates and a rate of 0."""
    report = find_duplicates([], threshold=0.9, against=["a", "a"])

    assert (list(report.pairs), report.groups, report.rejected) == ([], (), ())
    assert report.rejection_rate == 0.0


def test_a_small_or_a_far_reaching_search_is_exact_and_says_so() -> None:
    """Fingerprints are for large inputs and thresholds from 0.8."""
    assert find_duplicates(["a", "b"], threshold=0.9).exact
    assert find_duplicates([chr(code) * 9 for code in range(2500)], threshold=0.79).exact


@pytest.mark.parametrize("threshold", [0.0, -0.1, 1.1, float("nan")])
def test_a_threshold_outside_the_ratios_is_refused(threshold: float) -> None:
    """A ratio of 0 would pair everything, and none is above 1."""
    with pytest.raises(ConfigurationError, match="threshold"):
        find_duplicates(["a"], threshold=threshold)
