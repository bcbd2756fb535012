"""The queue of curation: what went wrong and nobody has answered, the most valuable first."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ratchet.collect.telemetry import CurationQueue, curation_queue
from ratchet.store import Store
from tests.builders import NOON
from tests.feedback_builders import (
    COMPLETENESS,
    LOCK,
    absorb,
    absorb_labels,
    answered,
    asked,
    good,
    label,
    request,
)

NOW = NOON + timedelta(hours=1)


def queue(store: Store, **changes: Any) -> CurationQueue:
    """What the last 90 days left to do."""
    arguments = {"since_days": 90, "now": NOW, "limit": 10, **changes}
    return curation_queue(store.payloads, COMPLETENESS, **arguments)


def failed(request_id: str, implementation: str, **changes: Any) -> Any:
    """A request that ended in an error."""
    fields = {"success": False, "error": "TimeoutError: 30 s", **changes}
    return request(request_id, inputs=asked(implementation), **fields)


def bad(request_id: str, implementation: str, quality: float = 0.2, **changes: Any) -> Any:
    """A request whose answer was rated as bad."""
    return request(
        request_id,
        label(request_id, quality),
        inputs=asked(implementation),
        outputs=answered(),
        **changes,
    )


def test_an_item_tells_what_was_asked_answered_and_went_wrong(store: Store) -> None:
    """Failed requests and bad labels, with all that a person needs to judge."""
    absorb(store, [failed("f", "One.", key="k"), bad("b", "Two.", 0.3)])

    found = {item.request_id: item for item in queue(store).items}

    assert set(found) == {"f", "b"}
    assert (found["f"].problem, found["f"].error) == ("failed", "TimeoutError: 30 s")
    assert (found["f"].answered, found["f"].keys, found["f"].quality) == (None, 1, None)
    assert (found["b"].problem, found["b"].quality) == ("bad label", 0.3)
    assert (found["b"].inputs, found["b"].answered) == (asked("Two."), answered())
    assert (found["b"].program_version, found["b"].recorded_at) == ("v2", NOON)


def test_what_goes_right_or_is_not_judged_is_no_work(store: Store) -> None:
    """A good label and a success without label."""
    absorb(store, [good("g", "One."), request("s", inputs=asked("Two."), outputs=answered())])

    assert queue(store) == CurationQueue(items=(), total=0, left_out={})


def test_the_most_frequent_comes_first_then_the_worst(store: Store) -> None:
    """Frequency, then what somebody looked at, then the lowest quality."""
    absorb(
        store,
        [
            bad("half", "Half.", 0.5),
            bad("awful", "Awful.", 0.0),
            failed("once", "Once."),
            failed("often1", "Often.", key="ada"),
            failed("often2", "often. ", key="bob", at=NOON + timedelta(minutes=5)),
        ],
    )

    items = queue(store).items

    assert [item.request_id for item in items] == ["often2", "awful", "half", "once"]
    assert (items[0].times, items[0].keys) == (2, 2)


def test_a_bad_label_shows_more_than_a_failure_of_the_same_inputs(store: Store) -> None:
    """The item shows the answer that was wrong, and counts both."""
    absorb(store, [bad("b", "One."), failed("f", "One.", at=NOON + timedelta(minutes=5))])

    (item,) = queue(store).items

    assert (item.request_id, item.times) == ("b", 2)
    assert item.answered == answered()


def test_a_correction_takes_its_inputs_off_the_queue(store: Store) -> None:
    """For every request that asked the same; the queue is a query, so nothing has to be undone."""
    absorb(store, [failed("f1", "One."), failed("f2", "One."), bad("b", "Two.")])
    assert queue(store).total == 2

    absorb_labels(store, [label("f1", corrected=answered(LOCK))])

    assert [item.request_id for item in queue(store).items] == ["b"]
    assert queue(store).left_out == {"answered by other feedback": 1}


def test_an_unusable_correction_stays_work_and_says_why(store: Store) -> None:
    """A person meant to help; the item shows what is lacking."""
    half = {"is_complete": False}
    absorb(store, [request("r", label("r", corrected=half), inputs=asked(), outputs=answered())])

    (item,) = queue(store).items

    assert (item.problem, item.corrected) == ("unusable correction", half)
    assert item.detail == "output missing_requirements is missing"


def test_inputs_that_nobody_can_read_are_counted_only(store: Store) -> None:
    """A cut or wholly redacted payload can not be answered by anybody."""
    hidden = {**asked(), "implementation": "<FIELD:abcdefghijkl>"}
    absorb(
        store,
        [
            request("cut", inputs=None, outputs=None, success=False, error="E"),
            request("hidden", inputs=hidden, success=False, error="E"),
        ],
    )

    found = queue(store)

    assert found.items == ()
    assert found.left_out == {
        "inputs were not kept": 1,
        "input implementation is redacted as a whole": 1,
    }


def test_the_queue_is_cut_at_its_limit_and_says_how_long_it_is(store: Store) -> None:
    """A person sees the top; the rest is counted."""
    absorb(store, [failed(f"f{n}", f"Part {n}.") for n in range(5)])

    found = queue(store, limit=2)

    assert (len(found.items), found.total) == (2, 5)


def test_reading_the_queue_stores_nothing(store: Store) -> None:
    """Neither examples nor telemetry."""
    absorb(store, [failed("f", "One."), bad("b", "Two.")])
    before = store.telemetry.counts()

    queue(store)

    assert store.telemetry.counts() == before
    assert store.examples.signatures() == []
