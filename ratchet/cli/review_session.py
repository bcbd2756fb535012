"""The review itself: shows an example, waits for a key, does what it says, goes on."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ratchet.cli.asking import ask_key, ask_line
from ratchet.cli.editing import edit_example
from ratchet.cli.example_cards import say_printable, show_example
from ratchet.cli.terminal import counted, print_table, say
from ratchet.curation.admission import Admission
from ratchet.curation.assessment import neighbours_of
from ratchet.curation.queue import QueueItem
from ratchet.curation.review import Review
from ratchet.curation.session_report import SessionReport, report_session
from ratchet.errors import InputError, StoreError
from ratchet.examples import Example, ExampleId
from ratchet.store.audit import AuditEntry

if TYPE_CHECKING:
    from ratchet.curation.gathering import ReviewQueue
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import Store

KEYS = {
    "a": "approve",
    "r": "reject",
    "e": "edit",
    "s": "skip",
    "u": "undo",
    "?": "help",
    "h": "help",
    "q": "quit",
}
PROMPT = "[a]pprove [r]eject [e]dit [s]kip [u]ndo [?] [q]uit "
HELP = (
    "a  approve: it may train programs, whatever validation says later",
    "r  reject: asks why; the same content is not taken in again",
    "e  edit fields: makes a new example in its place, which is shown next",
    "s  skip: comes last next time you review",
    "u  undo the last of these, as often as you like",
    "q  quit: everything decided is stored already",
)


@dataclass
class _Pace:
    """How long each step that stands took, and how many were taken back."""

    clock: Callable[[], float]
    seconds: list[float] = field(default_factory=list)
    undone: int = 0
    shown_at: float = 0.0

    def show(self) -> None:
        self.shown_at = self.clock()

    def decide(self) -> None:
        self.seconds.append(self.clock() - self.shown_at)

    def undo(self) -> None:
        self.seconds.pop()
        self.undone += 1


class ReviewSession:
    """One curator before one queue, until it is empty or the curator quits."""

    def __init__(
        self,
        store: Store,
        spec: SignatureSpec,
        queue: ReviewQueue,
        *,
        settings: Settings,
        curator: str,
        limit: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._spec, self._queue = store, spec, queue
        self._settings, self._curator, self._clock = settings, curator, clock
        self._admission = Admission.of(settings).read(store, spec.name)
        self._review = Review(store.reviews, spec, curator=curator, clock=clock)
        self._items = deque(queue.items[:limit])
        self._pool = {example.example_id: example for example in queue.pool}
        self._pace = _Pace(clock=seconds)

    def run(self) -> SessionReport:
        """Go through the queue; what was done is shown, and stored in the audit trail."""
        self._say_keys()
        try:
            while self._items and self._one_step():
                pass
        except (EOFError, KeyboardInterrupt):  # everything decided is stored already
            say()
        report = self._report()
        _show(report)
        if self._review.steps:
            self._keep(report)
        return report

    def _one_step(self) -> bool:
        """Show the first item and do what is asked; False when the curator quits."""
        item = self._items[0]
        self._show(item)
        while True:
            wish = ask_key(PROMPT, KEYS)
            say(wish)
            if wish == "quit":
                return False
            if wish == "help":
                self._say_keys()
                continue
            try:
                if self._do(wish, item):
                    return True
            except (InputError, StoreError) as refused:
                say_printable(str(refused), style="bold")
                if isinstance(refused, StoreError):
                    return self._look_again(item)

    def _do(self, wish: str, item: QueueItem) -> bool:
        """Do it; False when the same example is still to be decided."""
        if wish == "undo":
            return self._undo()
        example = item.example
        if wish == "reject":
            reason = ask_line("Why? (empty: not after all) ")
            if not reason:
                return False
            after = self._review.reject(example, reason=reason)
        elif wish == "approve":
            after = self._review.approve(example)
        elif wish == "edit":
            return self._edit(item)
        else:
            self._review.skip(example)
            after = example
        self._pace.decide()
        self._items.popleft()
        self._pool[after.example_id] = after
        return True

    def _edit(self, item: QueueItem) -> bool:
        """Replace the example; its successor is shown next."""
        before = item.example
        changed = edit_example(
            self._spec,
            before,
            stored=self._usable(without=before.example_id),
            settings=self._settings,
            now=self._clock(),
        )
        if changed is None:
            return False
        after = self._review.edit(before, changed)
        self._pace.decide()
        self._pool.pop(before.example_id)
        self._pool[after.example_id] = after
        self._items[0] = QueueItem(example=after, signals=item.signals)
        return True

    def _undo(self) -> bool:
        step = self._review.undo()
        if step is None:
            say("There is nothing to undo.")
            return False
        self._pace.undo()
        say(f"Undone: {step.action} of {step.before.example_id[:8]}.")
        if step.after.example_id in {item.example.example_id for item in self._items}:
            self._items.popleft()  # the successor or the relabelled one that is on the screen
        self._pool.pop(step.after.example_id, None)
        self._pool[step.before.example_id] = step.before
        self._items.appendleft(self._item_of(step.before))
        return True

    def _look_again(self, item: QueueItem) -> bool:
        """Take the example as it is stored now; one that is gone leaves the queue."""
        found = self._store.examples.get(item.example.example_id)
        self._items.popleft()
        if found is not None:
            self._pool[found.example_id] = found
            if found.status in {i.example.status for i in self._queue.items}:
                self._items.appendleft(QueueItem(example=found, signals=item.signals))
        return True

    def _item_of(self, example: Example) -> QueueItem:
        known = (
            item for item in self._queue.items if item.example.example_id == example.example_id
        )
        signals = next((item.signals for item in known), ())
        return QueueItem(example=example, signals=signals)

    def _show(self, item: QueueItem) -> None:
        near = neighbours_of(self._spec, item.example, tuple(self._pool.values()))
        title = f"{len(self._items)} to go"
        say()
        show_example(self._spec, item.example, title=title, reasons=item.reasons, neighbours=near)
        self._pace.show()

    def _say_keys(self) -> None:
        for line in HELP:
            say(f"  {line}")

    def _usable(self, *, without: ExampleId | None = None) -> tuple[Example, ...]:
        admitted = self._admission.sort(self._pool.values()).examples
        return tuple(example for example in admitted if example.example_id != without)

    def _report(self) -> SessionReport:
        return report_session(
            self._spec,
            curator=self._curator,
            steps=self._review.steps,
            undone=self._pace.undone,
            seconds=self._pace.seconds,
            before=self._queue.usable,
            after=self._usable(),
        )

    def _keep(self, report: SessionReport) -> None:
        entry = AuditEntry(
            at=self._clock(),
            actor=self._curator,
            action="review.finish",
            subject=self._spec.name,
            after=report.to_json(),
        )
        self._store.audit.append(entry)


def _show(report: SessionReport) -> None:
    done = counted(report.actions) or "nothing decided"
    undone = f", {report.undone} undone" if report.undone else ""
    say(f"{report.signature}, {report.curator}: {done}{undone}.", style="bold")
    if report.mean_seconds is not None:
        say(f"{report.mean_seconds:g} s an example, median {report.median_seconds:g} s.")
    agreement = report.agreement
    if agreement.value is not None:
        say(
            f"Agreement with the quality score: {agreement.agreed} of {agreement.decided} "
            f"({agreement.value:.0%}; 95 % interval {agreement.lower:.0%}-{agreement.upper:.0%})."
        )
    before, after = report.before, report.after
    print_table(
        "What goes into datasets",
        ("", "before", "after"),
        (
            ("examples", before.examples, after.examples),
            ("mean quality", before.mean_quality, after.mean_quality),
            (
                "full coverage cells",
                f"{before.full_cells} of {before.cells}",
                f"{after.full_cells} of {after.cells}",
            ),
            ("examples missing", before.missing, after.missing),
        ),
    )
