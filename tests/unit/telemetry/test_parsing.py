"""Lines of the spool: what becomes of each field, and what a person is told of a bad one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ratchet.serving.pseudonyms import Pseudonyms
from ratchet.serving.redaction import Redactor
from ratchet.serving.telemetry_records import FeedbackRecord, Usage, line_of
from ratchet.store.columns import dump_json
from ratchet.telemetry.parsing import NOTHING, Parsed, parse_line
from tests.builders import NOON
from tests.serving_builders import request_record
from tests.spool_builders import feedback_line, older_line, request_line

PAGE = Path(__file__).parents[3] / "docs" / "telemetry_spool.md"
LATEST = NOON + timedelta(days=1)


def parse(content: bytes) -> Parsed:
    """Read a line at noon."""
    return parse_line(content, latest=LATEST)


def parsed_outcome(**changes: Any) -> Any:
    """The outcome of a request line with these changes."""
    found = parse(request_line(**changes))
    assert not found.reason
    assert found.outcome is not None
    return found.outcome


def test_a_request_as_the_recorder_writes_it_comes_in_whole() -> None:
    """The contract between recorder and ingestion, field by field."""
    record = request_record("r1", quality=0.8, usage=Usage(800, 70, 0.002, "m"))

    found = parse(line_of(record, Redactor(Pseudonyms(b"key"))).rstrip(b"\n"))

    assert found.outcome is not None
    assert found.outcome._replace(key=None) == (
        "r1", "validate_correctness", "exp-1", "candidate", "v2", 5_000, None, NOON, 12.5, 800,
        70, 0.002, "m", True, None, True,
    )  # fmt: skip
    assert found.payload is not None
    assert (found.payload.inputs, found.payload.outputs) == (record.inputs, record.outputs)
    assert found.label is not None
    assert (found.label.request_id, found.label.at, found.label.quality_score) == ("r1", NOON, 0.8)


def test_feedback_as_the_recorder_writes_it_is_a_label() -> None:
    """It names its request and nothing else of it."""
    record = FeedbackRecord("r1", NOON.timestamp(), 0.5, {"is_correct": False}, "s")

    found = parse(line_of(record, Redactor(Pseudonyms(b"key"))))

    assert found.outcome is None
    assert found.label is not None
    assert found.label[1:] == ("r1", NOON, 0.5, {"is_correct": False})


def test_the_same_label_has_the_same_id_and_another_one_another() -> None:
    """So that a file that comes twice labels once."""
    one, again = parse(feedback_line()).label, parse(feedback_line(schema_version=1)).label
    other = parse(feedback_line(quality_score=0.8)).label

    assert one is not None
    assert other is not None
    assert one == again
    assert one.label_id != other.label_id


@pytest.mark.parametrize(
    ("variant", "propensity", "buckets"),
    [
        ("candidate", 0.25, 2_500),
        ("baseline", 0.75, 2_500),
        ("baseline", 1.0, 0),
        ("candidate", 1, 10_000),
        ("baseline", 0.9999, 1),
        ("baseline", 0.0, None),
        ("candidate", 0, None),
        ("baseline", None, None),
    ],
)
def test_the_candidates_share_follows_from_the_propensity_of_the_variant_that_answered(
    variant: str, propensity: float | None, buckets: int | None
) -> None:
    """None says that the request compares with nothing."""
    assert parsed_outcome(variant=variant, propensity=propensity).candidate_buckets == buckets


@pytest.mark.parametrize(
    "latency", ["NaN", "Infinity", "-Infinity", "-1", '"fast"', "true", "1e999"]
)
def test_an_impossible_latency_is_forgotten_and_the_request_counts(latency: str) -> None:
    """A broken timer is no reason to lose the outcome."""
    line = request_line(latency_ms="here").replace(b'"here"', latency.encode())

    found = parse(line)

    assert found.outcome is not None
    assert found.outcome.latency_ms is None


@pytest.mark.parametrize("tokens", [-1, 2**70, 1e300, "many", True, None])
def test_impossible_numbers_of_tokens_are_forgotten(tokens: Any) -> None:
    """No column overflows."""
    found = parsed_outcome(tokens={"input": tokens, "output": 3}, cost_usd=tokens)

    assert (found.input_tokens, found.output_tokens) == (None, 3)


@pytest.mark.parametrize("stamp", ["2026-03-01T12:00:00Z", "2026-03-01T13:00+01:00"])
def test_every_zone_is_understood_and_kept_as_utc(stamp: str) -> None:
    """Apps in any language write times in their own way."""
    at = parsed_outcome(timestamp=stamp).at

    assert at == NOON
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON: Expecting property name"),
        (b"[1]", "JSON, but no object"),
        (b'{"request_id": "\xff"}', "not UTF-8 at byte 17 of the line"),
        (b"[" * 5_000, "no JSON that can be read: nested too deeply"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "no JSON that can be read: Exceeds the limit"),
        (request_line(request_id=None), "no request_id"),
        (request_line(request_id=""), "no request_id"),
        (request_line(request_id=7), "request_id is 7, not text"),
        (request_line(request_id="r" * 501), "request_id has 501 characters; at most 500"),
        (request_line(signature=None), "no signature"),
        (request_line(experiment_id="e" * 501), "experiment_id has 501 characters"),
        (request_line(variant="control"), "unknown variant 'control'; it is baseline or cand"),
        (request_line(variant=None), "unknown variant None"),
        (request_line(variant=["baseline"]), "unknown variant ['baseline']"),
        (request_line(propensity=1.5), "propensity outside 0..1: 1.5"),
        (request_line(propensity="half"), "propensity outside 0..1: 'half'"),
        (request_line(timestamp=None), "no timestamp"),
        (request_line(timestamp=12), "timestamp is 12, not an ISO 8601 time"),
        (request_line(timestamp="yesterday"), "timestamp is 'yesterday', not an ISO 8601"),
        (request_line(timestamp="2026-03-01T12:00:00"), "timestamp 2026-03-01T12:00:00 has no ti"),
        (request_line(timestamp="2026-03-09T12:00:00Z"), "timestamp 2026-03-09T12:00:00+00:00 is"),
        (request_line(timestamp="1970-01-01T00:00:00Z"), "timestamp 1970-01-01T00:00:00+00:00 is"),
        (request_line(timestamp="0001-01-01T00:00+14:00"), "timestamp 0001-01-01T00:00:00+14:00"),
        (request_line(success=None), "no success"),
        (request_line(success="yes"), "success is 'yes', not true or false"),
        (request_line(quality_score=1.01), "quality outside 0..1: 1.01"),
        (request_line(quality_score=float("nan")), "quality outside 0..1: nan"),
        (request_line(schema_version=2), "schema_version 2 is newer than 1"),
        (request_line(schema_version="1"), "schema_version '1' is unknown; write 1"),
        (request_line(inputs={"x": float("inf")}), "a payload holds NaN or an infinite number"),
        (feedback_line(quality_score=True), "quality outside 0..1: True"),
        (feedback_line(request_id=None), "no request_id"),
        (feedback_line(quality_score=None), "neither a request"),
        (older_line(timestamp_ms=None), "no timestamp_ms"),
        (older_line(timestamp_ms=1e30), "timestamp_ms 1e+30 is no time"),
        (older_line(success=None), "no success"),
    ],
)
def test_a_line_that_can_not_be_used_says_why(line: bytes, reason: str) -> None:
    """An operator reads the reason and knows what to change."""
    found = parse(line)

    assert found.reason.startswith(reason)
    assert found == Parsed(reason=found.reason)


def test_the_records_that_the_page_for_other_languages_shows_are_taken_as_they_stand() -> None:
    """A request, feedback and a request in the older shape."""
    shown = PAGE.read_text(encoding="utf-8").split("```json\n")[1:]

    request, feedback, older = (
        parse(json.dumps(json.loads(block.partition("```")[0])).encode()) for block in shown
    )

    assert request.outcome is not None
    assert request.outcome.candidate_buckets == 2_500
    assert feedback.label is not None
    assert feedback.label.request_id == request.outcome.request_id
    assert older.is_older
    assert [request.reason, feedback.reason, older.reason] == ["", "", ""]


@pytest.mark.parametrize("line", [b"", b"  ", b"\r"])
def test_a_blank_line_is_nothing(line: bytes) -> None:
    """It is no record, and no fault."""
    assert parse(line) == NOTHING


def test_what_orjson_reads_otherwise_is_kept_as_it_was_written() -> None:
    """Long integers stay integers, lone surrogates and a byte order mark are understood."""
    values = {"long": 12_345_678_901_234_567_890_123, "half": "\ud800"}

    found = parse(b"\xef\xbb\xbf" + request_line(inputs=values))

    assert found.payload is not None
    assert found.payload.inputs == values


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (870, (870, None)),
        ({"input": 800, "output": 70}, (800, 70)),
        ({"prompt_tokens": 800, "completion_tokens": 70}, (800, 70)),
        ({"total": 870}, (870, None)),
        (None, (None, None)),
        ("many", (None, None)),
    ],
)
def test_the_older_shape_is_read_in_all_its_spellings_of_tokens(
    tokens: Any, expected: tuple[int | None, int | None]
) -> None:
    """It is the baseline's, outside every comparison, with its payload."""
    found = parse(older_line(tokens=tokens))

    assert found.outcome is not None
    assert found.outcome._replace(request_id="") == (
        "", "validate_correctness", None, "baseline", "v7", None, None, NOON, 250.0, *expected,
        0.002, "offline/in-context", True, None, True,
    )  # fmt: skip
    assert found.payload is not None
    assert found.payload.outputs == {"is_correct": True}
    assert found.is_older


def test_the_older_shape_gets_its_id_from_its_content() -> None:
    """The same record is one request, however its fields are ordered; another is another."""
    document = json.loads(older_line())
    turned = json.dumps(dict(reversed(document.items())), indent=None, separators=(",", ":"))

    ids = [
        found.outcome.request_id
        for found in map(parse, (older_line(), turned.encode(), older_line(latency_ms=251)))
        if found.outcome is not None
    ]

    assert ids[0] == ids[1] != ids[2]
    assert len(ids) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
fields = st.sampled_from(sorted(json.loads(request_line()) | json.loads(older_line())))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.sampled_from([request_line(), feedback_line(), older_line()]),
    st.dictionaries(fields, json_values, max_size=4),
    st.sets(fields, max_size=2),
)
def test_any_json_gives_storable_rows_or_a_reason(
    line: bytes, changes: dict[str, Any], dropped: set[str]
) -> None:
    """Nothing that an app may write stops ingestion or overflows a column."""
    document = {k: v for k, v in (json.loads(line) | changes).items() if k not in dropped}

    outcome, payload, label, reason, _ = parse(json.dumps(document).encode())

    assert bool(reason) == (outcome is None and label is None)
    for row in (outcome, payload, label):
        for value in row or ():
            assert not isinstance(value, int) or -(2**63) <= value < 2**63 or row is not outcome
            dump_json(value.isoformat() if isinstance(value, datetime) else value)


@settings(deadline=None)
@given(st.binary(max_size=60), st.integers(0, 400))
def test_any_bytes_are_answered(noise: bytes, cut: int) -> None:
    """Noise, and a record that was cut anywhere with noise behind it."""
    for line in (noise, request_line()[:cut] + noise):
        found = parse(line)
        assert found.reason or found.outcome is not None or not line.strip()
