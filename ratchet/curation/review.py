"""A review: what one curator decides, example by example, each step of which can be undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ratchet.curation.workflow import RESULTS, Action, refusal
from ratchet.errors import InputError
from ratchet.examples import Example, Status
from ratchet.signatures.spec import SignatureSpec
from ratchet.store.reviews import Decision, Labels, ReviewStore

SKIP, RELABEL = "skip", "relabel"
STALE_FACTS = ("agreement",)  # provenance that was measured on the content before an edit


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that was done: the example before it, and the one that is there now."""

    action: str
    before: Example
    after: Example


class Review:
    """The decisions of one curator on the examples of one signature.

    Each is written at once, with its judgement and its audit row; `steps` are those that
    were not undone, the oldest first.
    """

    def __init__(
        self,
        reviews: ReviewStore,
        spec: SignatureSpec,
        *,
        curator: str,
        clock: Callable[[], datetime],
    ) -> None:
        self.steps: list[Step] = []
        self._reviews, self._spec, self._curator, self._clock = reviews, spec, curator, clock

    def approve(self, example: Example, *, reason: str = "") -> Example:
        """Approve an example; what it is now.

        Raises:
            InputError: the workflow refuses; the message says why.
            StoreError: somebody else changed it since, or the database can not be written.
        """
        return self._decide(example, Action.APPROVE, reason)

    def reject(self, example: Example, *, reason: str) -> Example:
        """Reject an example for a reason; see `approve`."""
        return self._decide(example, Action.REJECT, reason)

    def edit(self, example: Example, changed: Example, *, reason: str = "") -> Example:
        """Put `changed` in the place of an example, which is archived; see `approve`.

        New content is a new example: a candidate whose provenance names its parent. When
        only difficulty, category or notes changed, the example stays and is relabelled.
        """
        if changed.example_id == example.example_id:
            return self._relabel(example, changed)
        self._refuse(example, Action.EDIT)
        now = self._clock()
        successor = changed.evolve(
            status=Status.CANDIDATE,
            created_at=now,
            provenance=_descent(example, changed, curator=self._curator, at=now),
        )
        facts = {"successor": successor.example_id}
        why = reason or f"replaced by {successor.example_id[:8]}"
        self._reviews.replace(
            self._decision(example, Action.EDIT, why, at=now, facts=facts), successor
        )
        return self._done(Action.EDIT, example, successor)

    def skip(self, example: Example) -> None:
        """Pass an example over; it comes last for this curator next time."""
        self._reviews.skip(example.example_id, curator=self._curator, at=self._clock())
        self._done(SKIP, example, example)

    def undo(self) -> Step | None:
        """Take back the last step that was not undone; None when there is none.

        What was written stays written: a second judgement compensates the first.

        Raises:
            StoreError: somebody else changed the example since.
        """
        if not self.steps:
            return None
        step = self.steps[-1]
        if step.action == SKIP:
            self._reviews.unskip(step.before.example_id, curator=self._curator)
        elif step.action == RELABEL:
            self._write_labels(step.after, step.before)
        else:
            self._reviews.decide(self._compensations(step))
        return self.steps.pop()

    def _decide(self, example: Example, action: Action, reason: str) -> Example:
        self._refuse(example, action, reason)
        self._reviews.decide([self._decision(example, action, reason, at=self._clock())])
        return self._done(action, example, example.evolve(status=RESULTS[action]))

    def _refuse(self, example: Example, action: Action, reason: str = "") -> None:
        problems = self._spec.problems(example.inputs, example.outputs)
        why = refusal(example.status, action, reason=reason, problems=problems)
        if why is not None:
            raise InputError(f"Can not {action} {example.example_id[:8]}: {why}.")

    def _decision(
        self,
        example: Example,
        action: Action,
        reason: str,
        *,
        at: datetime,
        facts: Mapping[str, Any] | None = None,
    ) -> Decision:
        return Decision(
            example_id=example.example_id,
            seen=example.status,
            status=RESULTS[action],
            action=f"example.{action}",
            curator=self._curator,
            at=at,
            reason=reason.strip(),
            facts=facts,
        )

    def _compensations(self, step: Step) -> list[Decision]:
        facts: dict[str, Any] = {
            "action": "example.undo",
            "curator": self._curator,
            "at": self._clock(),
            "reason": f"undo of {step.action}",
        }
        now_status = RESULTS[Action(step.action)]
        restored = Decision(
            example_id=step.before.example_id, seen=now_status, status=step.before.status, **facts
        )
        if step.after.example_id == step.before.example_id:
            return [restored]
        withdrawn = Decision(
            example_id=step.after.example_id,
            seen=step.after.status,
            status=Status.ARCHIVED,
            **facts,
        )
        return [withdrawn, restored]

    def _relabel(self, example: Example, changed: Example) -> Example:
        if Labels.of(example) == Labels.of(changed):
            raise InputError("Nothing was changed.")
        labels = Labels.of(changed)
        relabelled = example.evolve(
            difficulty=labels.difficulty, category=labels.category, notes=labels.notes
        )
        self._write_labels(example, relabelled)
        return self._done(RELABEL, example, relabelled)

    def _write_labels(self, seen: Example, wanted: Example) -> None:
        self._reviews.relabel(
            seen.example_id,
            seen=Labels.of(seen),
            labels=Labels.of(wanted),
            curator=self._curator,
            at=self._clock(),
        )

    def _done(self, action: str, before: Example, after: Example) -> Example:
        self.steps.append(Step(action=str(action), before=before, after=after))
        return after


def _descent(parent: Example, changed: Example, *, curator: str, at: datetime) -> Mapping[str, Any]:
    """The provenance of an edited example: the parent's facts that still hold, and the edit."""
    kept = {key: value for key, value in changed.provenance.items() if key not in STALE_FACTS}
    return {
        **kept,
        "parent": parent.example_id,
        "edited_by": curator,
        "edited_at": at.isoformat(),
        "edited_fields": sorted(_changed_fields(parent, changed)),
    }


def _changed_fields(before: Example, after: Example) -> set[str]:
    pairs = ((before.inputs, after.inputs), (before.outputs, after.outputs))
    return {name for old, new in pairs for name in new if old.get(name) != new[name]}
