"""The fields of a telemetry record: what is taken as it is, mended, or refused with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ratchet.rollout.assignment import BUCKETS, CANDIDATE
from ratchet.rollout.records import is_finite
from ratchet.store.columns import dump_json

MAX_NAME_CHARS = 500  # names are indexed; PostgreSQL refuses an index entry above 2.7 kB
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_TOLERANCE = timedelta(days=1)  # how far the clock of an app may be ahead of ours
_SHOWN_CHARS = 60
_MAX_COUNT = 2**63 - 1


class UnusableError(Exception):
    """Carries the reason from where it is found to the quarantine; never leaves the package."""


def name_of(document: Mapping[str, Any], field: str) -> str:
    """A name that has to be there."""
    value = document.get(field)
    if type(value) is str and 0 < len(value) <= MAX_NAME_CHARS:
        return value
    if value in (None, ""):
        raise UnusableError(f"no {field}")
    if type(value) is str:
        raise UnusableError(f"{field} has {len(value):,} characters; at most {MAX_NAME_CHARS}")
    raise UnusableError(_wrong(field, value, "text"))


def maybe_name_of(document: Mapping[str, Any], field: str) -> str | None:
    """A name that may be missing."""
    value = document.get(field)
    return None if value is None or value == "" else name_of(document, field)


def text_of(value: Any) -> str | None:
    """A text that may be missing; what is no text is written as JSON."""
    return value if value is None or type(value) is str else dump_json(value)


def yes_or_no(document: Mapping[str, Any], field: str) -> bool:
    """A boolean that has to be there."""
    value = document.get(field)
    if value is True or value is False:
        return value
    raise UnusableError(f"no {field}" if value is None else _wrong(field, value, "true or false"))


def moment_of(value: Any, *, latest: datetime) -> datetime:
    """The time of an ISO 8601 text with its zone, in UTC.

    >>> moment_of("2026-03-01T13:00:00+01:00", latest=datetime(2026, 3, 2, tzinfo=UTC)).hour
    12
    """
    if value is None:
        raise UnusableError("no timestamp")
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise UnusableError(_wrong("timestamp", value, "an ISO 8601 time")) from None
    if moment.tzinfo is None:
        raise UnusableError(f"timestamp {value} has no time zone; write +00:00 or Z behind it")
    return possible(moment, latest=latest)


def moment_of_ms(value: Any, *, latest: datetime) -> datetime:
    """The time of a number of milliseconds since 1970."""
    if not _is_number(value):
        problem = "no timestamp_ms" if value is None else _wrong("timestamp_ms", value, "a number")
        raise UnusableError(problem)
    try:
        moment = datetime.fromtimestamp(value / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise UnusableError(f"timestamp_ms {value} is no time") from None
    return possible(moment, latest=latest)


def possible(moment: datetime, *, latest: datetime) -> datetime:
    """The same time in UTC, when a request can have happened then."""
    if not EARLIEST <= moment <= latest:
        when = f"before {EARLIEST:%Y}" if moment < EARLIEST else "more than a day ahead"
        raise UnusableError(f"timestamp {moment.isoformat()} is impossible: it lies {when}")
    return moment if moment.tzinfo is UTC else moment.astimezone(UTC)


def quality_of(value: Any) -> float | None:
    """A quality of 0..1, or None when there is none."""
    if value is None:
        return None
    if not (_is_number(value) and 0 <= value <= 1):
        raise UnusableError(f"quality outside 0..1: {shown(value)}")
    return float(value)


def candidate_buckets_of(propensity: Any, variant: str) -> int | None:
    """The candidate's share in 1/10,000, from the probability of the variant that answered.

    None says that the request is outside the comparison.

    >>> candidate_buckets_of(0.25, "candidate"), candidate_buckets_of(0.75, "baseline")
    (2500, 2500)
    >>> candidate_buckets_of(0.0, "baseline"), candidate_buckets_of(1.0, "baseline")
    (None, 0)
    """
    if propensity is None or propensity == 0:
        return None
    is_number = type(propensity) is float or _is_number(propensity)
    if not (is_number and 0 < propensity <= 1):
        raise UnusableError(f"propensity outside 0..1: {shown(propensity)}")
    share = float(propensity)
    return round(BUCKETS * (share if variant == CANDIDATE else 1 - share))


def measure_of(value: Any) -> float | None:
    """A latency or a cost; None when it is impossible: no number, negative, not finite."""
    if type(value) is float and 0.0 <= value < float("inf"):
        return value
    return float(value) if _is_number(value) and 0 <= value <= _MAX_COUNT else None


def count_of(value: Any) -> int | None:
    """A number of tokens; None when it is impossible."""
    if type(value) is int and 0 <= value <= _MAX_COUNT:  # the usual case, for speed
        return value
    return round(value) if _is_number(value) and 0 <= value <= _MAX_COUNT else None


def shown(value: Any) -> str:
    """A value in the words of a reason, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."


def _is_number(value: Any) -> bool:
    try:
        return is_finite(value)
    except OverflowError:  # an integer beyond every float
        return False


def _wrong(field: str, value: Any, wanted: str) -> str:
    return f"{field} is {shown(value)}, not {wanted}"
