"""The queue of curation on the command line: what went wrong, for a person to answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ratchet.cli.terminal import counted, number_of, print_json, say
from ratchet.collect.telemetry import CurationItem, CurationQueue, curation_queue
from ratchet.store import open_store

SHOWN_CHARS = 240  # of a value; JSON has all of it


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which requests are looked at, and how many examples or items are wanted."""

    since_days: int
    min_quality: float
    target: int
    now: datetime


def queues_of(
    names: Sequence[str], window: Window, *, store_url: str
) -> Mapping[str, CurationQueue]:
    """The queue of each signature.

    Raises:
        StoreError: the store can not be read.
    """
    with open_store(store_url) as store:
        return {
            name: curation_queue(
                store.payloads,
                name,
                since_days=window.since_days,
                now=window.now,
                min_quality=window.min_quality,
                limit=window.target,
            )
            for name in names
        }


def show_queues(queues: Mapping[str, CurationQueue], *, as_json: bool) -> None:
    """Print the queues; as JSON with whole inputs and outputs."""
    if as_json:
        print_json({"signatures": [_as_json(name, queue) for name, queue in queues.items()]})
        return
    for name, queue in queues.items():
        for line in _lines(name, queue):
            say(line)
    shown = next((item for queue in queues.values() for item in queue.items), None)
    if shown is not None:
        say(
            f'Answer one: router.feedback("{shown.request_id}", corrected_outputs={{...}}); '
            "the next ratchet collect telemetry takes it as an example."
        )


def _as_json(name: str, queue: CurationQueue) -> dict[str, Any]:
    return {
        "signature": name,
        "total": queue.total,
        "left_out": dict(queue.left_out),
        "items": [asdict(item) for item in queue.items],
    }


def _lines(name: str, queue: CurationQueue) -> Iterator[str]:
    if not queue.total:
        yield f"{name}: nothing failed or was rated as bad without being answered since."
    else:
        more = "" if queue.total == len(queue.items) else f", of which {len(queue.items)} are shown"
        inputs = number_of(queue.total, "input")
        yield f"{name}: {inputs} without a right answer{more}, the most valuable first."
    for place, item in enumerate(queue.items, 1):
        yield from _described(place, item)
    if queue.left_out:
        yield f"Left out: {counted(queue.left_out)}."
    yield ""


def _described(place: int, item: CurationItem) -> Iterator[str]:
    quality = "" if item.quality is None else f", quality {item.quality:.2f}"
    often = number_of(item.times, "time")
    yield (
        f"{place}. {item.problem}, {often}{quality}: request {item.request_id} of "
        f"{item.recorded_at:%Y-%m-%d %H:%M} to {item.program_version or item.variant}"
    )
    for field, value in item.inputs.items():
        yield f"   {field}: {_shortened(value)}"
    if item.answered is not None:
        yield f"   answered: {_shortened(item.answered)}"
    if item.detail:
        yield f"   corrected to: {_shortened(item.corrected)} ({item.detail})"
    if item.error:
        yield f"   error: {_shortened(item.error)}"


def _shortened(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN_CHARS else f"{text[: SHOWN_CHARS - 3]}..."
