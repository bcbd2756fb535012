"""`ratchet review`: examples one by one, decided by keys, the most valuable first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import SignatureName, known_signature, load
from ratchet.cli.credentials import NAME_FIRST, TOKEN_VARIABLE, current_curator
from ratchet.cli.terminal import number_of, print_json, print_table, say, working

if TYPE_CHECKING:
    from ratchet.curation.gathering import ReviewQueue
    from ratchet.examples import Status
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import Store

ID_SHOWN = 8


def review(
    *,
    signature: SignatureName,
    limit: Annotated[
        int, typer.Option(min=1, metavar="N", help="At most so many, the most valuable first.")
    ] = 20,
    status: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STATUS",
            help="Those of this status instead, whatever their quality. Repeatable. [default: "
            "what waits for a curator]",
        ),
    ] = None,
    listed: Annotated[
        bool,
        typer.Option("--list", "--dry-run", help="Only show the queue; needs no token."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the queue as JSON; decides nothing.")
    ] = False,
) -> None:
    """Approve, reject, edit or skip examples, with one key each, and undo what was wrong.

    Needs the token of a curator (RATCHET_CURATOR_TOKEN, or asked for). In the queue is what
    waits for a person: what is below quality.manual_review_threshold, contradicts another
    example, or has evidence against its label. See [curation] of the settings for the
    weights.
    """
    from ratchet.store import open_store

    spec = known_signature(signature)
    with open_store(load().store_url) as store:
        if listed or as_json:
            _show_queue(spec, _queue(store, spec, status), limit=limit, as_json=as_json)
            return
        if not any(curator.is_active for curator in store.curators.list()):
            _show_queue(spec, _queue(store, spec, status), limit=limit, as_json=False)
            say(NAME_FIRST)
            raise typer.Exit(EXIT_NOT_REACHED)
        _review(store, spec, status, limit)


def _review(store: Store, spec: SignatureSpec, status: list[str] | None, limit: int) -> None:
    from ratchet.cli.review_session import ReviewSession

    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "a review needs a terminal; --list and --json show the queue without one"
        )
    curator = current_curator(store)
    queue = _queue(store, spec, status, curator=curator.name)
    if not queue.items:
        say(f"{spec.name}: nothing waits for a curator.")
        return
    say(queue.banding.sentence)
    session = ReviewSession(store, spec, queue, settings=load(), curator=curator.name, limit=limit)
    session.run()


def _queue(
    store: Store, spec: SignatureSpec, status: list[str] | None, *, curator: str | None = None
) -> ReviewQueue:
    from ratchet.curation.gathering import gather_queue

    statuses = _statuses(status)
    with working(f"Ordering the examples of {spec.name}"):
        return gather_queue(store, spec, load(), curator=curator, statuses=statuses)


def _statuses(given: list[str] | None) -> tuple[Status, ...]:
    from ratchet.examples import Status

    unknown = [word for word in given or () if word not in set(Status)]
    if unknown:
        known = ", ".join(s.value for s in Status if s is not Status.ARCHIVED)
        raise typer.BadParameter(
            f"{unknown[0]!r} is no status; use one of {known}", param_hint="--status"
        )
    return tuple(map(Status, given or ()))


def _show_queue(spec: SignatureSpec, queue: ReviewQueue, *, limit: int, as_json: bool) -> None:
    from ratchet.cli.example_cards import printable
    from ratchet.cli.judging_views import banding_json

    items = queue.items[:limit]
    if as_json:
        print_json(
            {
                "signature": spec.name,
                "total": len(queue.items),
                "banding": banding_json(queue.banding),
                "items": [item.to_json() for item in items],
            }
        )
        return
    if not items:
        say(f"{spec.name}: nothing waits for a curator.")
        return
    print_table(
        f"{spec.name}: {number_of(len(queue.items), 'example')} to review",
        ("id", "value", "status", "quality", "why"),
        (
            (
                item.example.example_id[:ID_SHOWN],
                item.value,
                item.example.status.value,
                item.example.quality_score,
                printable("; ".join(item.reasons)) + (" (skipped before)" * item.is_skipped),
            )
            for item in items
        ),
    )
    say(queue.banding.sentence)
    say(f"Review them: {TOKEN_VARIABLE}=... ratchet review --signature {spec.name}")
