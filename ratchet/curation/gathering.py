"""The review queue of a signature, put together from what the store knows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ratchet.curation.admission import Admission
from ratchet.curation.evidence import Evidence, misses_of
from ratchet.curation.queue import QueueItem, build_queue, needs_review
from ratchet.curation.workflow import OPEN
from ratchet.examples import Example, Status
from ratchet.quality.coverage import CoverageReport, measure_coverage
from ratchet.quality.judges.banding import Banding, calibrated_scores, read_banding

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import Store

EVALUATIONS = 20  # looked through for the newest that kept its scores


@dataclass(frozen=True, kw_only=True)
class ReviewQueue:
    """What is to be reviewed, the most valuable first.

    `pool` is what examples are compared with, `usable` what goes into datasets now. `banding`
    says which quality decides on what is asked for.
    """

    items: tuple[QueueItem, ...]
    pool: tuple[Example, ...]
    usable: tuple[Example, ...]
    coverage: CoverageReport
    banding: Banding


def gather_queue(
    store: Store,
    spec: SignatureSpec,
    settings: Settings,
    *,
    curator: str | None,
    statuses: Collection[Status] = (),
) -> ReviewQueue:
    """Read the queue; with no status given, that of everything that waits for a curator.

    Args:
        store: Where the examples are.
        spec: Their contract.
        settings: The weights, the bands and the rule of admission.
        curator: Who reviews; what that one skipped comes last.
        statuses: Review these instead, whatever their quality.

    Raises:
        StoreError: the store can not be read.
    """
    pool = tuple(e for e in store.examples.find(spec.name) if e.status is not Status.ARCHIVED)
    admission = Admission.of(settings).read(store, spec.name)
    banding = read_banding(store.dimension_scores, spec.name)
    usable = admission.sort(pool).examples
    coverage = measure_coverage(spec, usable)
    evidence = Evidence(
        coverage=coverage,
        thresholds=_thresholds(settings),
        raw_thresholds={"what the gates ask for": spec.policy.min_quality},
        calibrated=calibrated_scores(store.dimension_scores, banding),
        misses=misses_of(store.evaluations.list(signature=spec.name, limit=EVALUATIONS)),
        skipped=frozenset(store.reviews.skipped(curator) if curator else ()),
    )
    wanted = [e for e in pool if e.status in (statuses or OPEN)]
    items = build_queue(spec, wanted, evidence, settings.curation)
    if not statuses:
        items = tuple(item for item in items if _is_asked_for(item, evidence, settings, admission))
    return ReviewQueue(items=items, pool=pool, usable=usable, coverage=coverage, banding=banding)


def _thresholds(settings: Settings) -> dict[str, float]:
    return {
        "rejection": settings.quality.reject_below,
        "what skips review": settings.quality.manual_review_threshold,
    }


def _is_asked_for(
    item: QueueItem, evidence: Evidence, settings: Settings, admission: Admission
) -> bool:
    return needs_review(
        item,
        quality=evidence.quality_of(item.example),
        manual_review_threshold=settings.quality.manual_review_threshold,
        everything=not admission.admits(item.example),
    )
