"""Requests with their payloads and labels: who comes, in which form, and who does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ratchet.errors import InputError
from ratchet.store import Store
from tests.builders import NOON
from tests.feedback_builders import COMPLETENESS, absorb, absorb_labels, asked, label, request

DAY = timedelta(days=1)
SINCE = NOON - DAY


def test_a_request_comes_with_its_payload_and_all_its_labels(store: Store) -> None:
    """Each labelled request once, its labels by age, whatever their order of arrival."""
    said = request("r1", label("r1", 0.2, minutes=5), inputs=asked(), outputs={"is_complete": True})
    absorb(store, [said])
    absorb_labels(store, [label("r1", 0.9, minutes=3), label("r1", corrected={"a": 1}, minutes=9)])

    (found,) = store.payloads.labelled(COMPLETENESS, since=SINCE)

    assert found.outcome == said.outcome
    assert (found.inputs, found.outputs) == (asked(), {"is_complete": True})
    assert [one.quality_score for one in found.labels] == [0.9, 0.2, None]
    assert found.labels[-1].corrected_outputs == {"a": 1}


def test_a_request_without_a_label_is_nothing_to_learn_from(store: Store) -> None:
    """Neither a success without label nor a label without payload is a labelled request."""
    absorb(
        store,
        [
            request("unlabelled", inputs=asked()),
            request("unsampled", label("unsampled", 1.0), has_payload=False),
            request("failed", inputs=asked(), success=False, error="ValueError: no"),
        ],
    )
    absorb_labels(store, [label("never-heard-of", 1.0)])

    assert list(store.payloads.labelled(COMPLETENESS, since=SINCE)) == []
    assert store.payloads.count_without_payload(COMPLETENESS, since=SINCE) == 1


def test_failures_come_with_the_labelled_requests_on_demand(store: Store) -> None:
    """A failure needs no label; a success without one stays out."""
    absorb(
        store,
        [
            request("failed", inputs=asked(), success=False, error="ValueError: no"),
            request("good", label("good", 1.0), inputs=asked()),
            request("silent", inputs=asked()),
        ],
    )

    found = {
        r.outcome.request_id: r
        for r in store.payloads.labelled_or_failed(COMPLETENESS, since=SINCE)
    }

    assert set(found) == {"failed", "good"}
    assert found["failed"].labels == ()


def test_older_requests_and_other_signatures_stay_out(store: Store) -> None:
    """The window is by the time of the request, its start included."""
    absorb(
        store,
        [
            request("old", label("old", 1.0), inputs=asked(), at=SINCE - timedelta(seconds=1)),
            request("first", label("first", 1.0), inputs=asked(), at=SINCE),
            request("other", label("other", 1.0), inputs=asked(), signature="validate_intent"),
            request("bare", label("bare", 1.0), has_payload=False, at=SINCE - DAY),
        ],
    )

    found = store.payloads.labelled(COMPLETENESS, since=SINCE)

    assert [one.outcome.request_id for one in found] == ["first"]
    assert store.payloads.count_without_payload(COMPLETENESS, since=SINCE) == 0


def test_more_than_a_page_comes_whole(store: Store) -> None:
    """A request whose labels lie on two pages is one request still."""
    many = [request(f"r{n:04}", inputs=asked()) for n in range(700)]
    absorb(store, many)
    absorb_labels(store, [label(f"r{n:04}", 0.5, minutes=m) for n in range(700) for m in (1, 2, 3)])

    found = list(store.payloads.labelled(COMPLETENESS, since=SINCE))

    assert len(found) == 700
    assert {len(one.labels) for one in found} == {3}


def test_a_time_without_a_zone_is_refused(store: Store) -> None:
    """A window can not start at a local time."""
    with pytest.raises(InputError, match="time zone"):
        store.payloads.labelled(COMPLETENESS, since=NOON.replace(tzinfo=None))
