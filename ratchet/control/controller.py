"""The controller of rollouts: begins them, ticks them and carries out a person's commands.

It holds nothing: every call reads the state, decides by the pure core, and writes the new
state with compare-and-set on its revision. Who comes second reads again and decides again,
so that any number of controllers take the decisions of one.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ratchet import rollout
from ratchet.control.experiment_files import write_experiment
from ratchet.control.intake import outcomes_and_labels
from ratchet.control.routing import write_routing
from ratchet.errors import DamagedRolloutError, InputError, StoreError
from ratchet.programs import find_program, read_state
from ratchet.rollout import Action, Decision, RolloutPolicy, Rule
from ratchet.store import ProgramKind, RolloutRecord, Store
from ratchet.store.programs import program_record

LATEST = "latest"  # the newest version, as `find_program` knows it
OWN_PROGRAM = "own"  # the name of the app's own program, where a version is asked for
ATTEMPTS = 50  # to write; each loss means that somebody else has written

# What to write, or None when there is nothing to write, and the decision behind it.
Change = Callable[[RolloutRecord], tuple[RolloutRecord | None, Decision]]


@dataclass(frozen=True, kw_only=True)
class Tick:
    """What one look at a rollout came to.

    `is_news` says that something was decided, or that it waits for something else than at
    the tick before. `outcomes` counts the requests that were new.
    """

    record: RolloutRecord
    decision: Decision
    outcomes: int
    is_news: bool


@dataclass(frozen=True, kw_only=True)
class Controller:
    """Drives rollouts over a store, a folder of programs and a routing file."""

    store: Store
    programs: Path
    routing: Path

    def begin(
        self,
        *,
        signature: str,
        candidate: str,
        actor: str,
        now: datetime,
        policy: RolloutPolicy | None = None,
        baseline: str | None = None,
        experiment_id: str | None = None,
        salt: str | None = None,
    ) -> RolloutRecord:
        """Begin a rollout and route the first share of traffic to the candidate.

        Args:
            signature: The signature whose traffic is split.
            candidate: The version of its program to roll out, or latest.
            actor: Who begins it.
            now: The time.
            policy: Its policy, which is kept to the end; None is the standard one.
            baseline: The version to compare with; None takes that of `default_baseline`,
                `own` is the app's own program.
            experiment_id: Its name; None makes one. Beginning the same again returns it,
                also when it has ended.
            salt: Decides with the key who gets the candidate; None makes a random one.

        Raises:
            InputError: a version is missing, both are the same, the name is taken, or the
                signature has a rollout under way.
            StoreError: a program was changed after it was published, or the database or
                the routing can not be written.
        """
        salt = salt or secrets.token_hex(8)
        name = experiment_id or f"{signature}-{now.astimezone(UTC):%Y%m%d-%H%M%S}-{salt[:4]}"
        if (found := self.store.rollouts.get(name)) is not None:
            return self._same_again(found, signature, candidate, now=now)
        chosen = self._known_version(signature, candidate)
        compared = self._compared(signature, baseline)
        if chosen == compared:
            raise InputError(f"{chosen} is the baseline of {signature} already; nothing to do.")
        state = rollout.start(
            policy or RolloutPolicy.standard(),
            experiment_id=name,
            signature=signature,
            salt=salt,
            now=now,
        )
        record = RolloutRecord(
            state=state,
            baseline_version=compared,
            candidate_version=chosen,
            started_by=actor,
            absorbed=self.store.telemetry.last_arrival(),
        )
        try:
            self.store.rollouts.add(record)
        except InputError:
            if (found := self.store.rollouts.get(name)) is None:
                raise
            return self._same_again(found, signature, chosen, now=now)  # begun twice at once
        self._write_files(record, now=now)
        return record

    def tick(self, experiment_id: str, *, now: datetime) -> Tick:
        """Absorb what came in, decide, write it down, and let the routing follow.

        A tick of a rollout that has ended repairs the routing and changes nothing else. One
        that loses against a tick of the same minute or later is done with that.

        Raises:
            InputError: there is no such rollout.
            StoreError: the database or the routing can not be written.
        """
        counts: list[int] = []

        def change(before: RolloutRecord) -> tuple[RolloutRecord | None, Decision]:
            if counts and before.latest and before.ticked_at and before.ticked_at >= now:
                counts.append(0)
                return None, before.latest
            absorbed, outcomes = self._absorb(before)
            counts.append(outcomes)
            state, decision = rollout.tick(absorbed.state, now=now)
            if before.state.is_over:
                return None, decision
            return replace(absorbed, state=state, ticked_at=now, latest=decision), decision

        before, after, decision = self._change(experiment_id, change)
        self._write_files(after, now=now)
        return Tick(
            record=after,
            decision=decision,
            outcomes=counts[-1],
            is_news=after is not before and _kind_of(decision) != _kind_of(before.latest),
        )

    def command(
        self, experiment_id: str, action: Action, *, actor: str, reason: str, now: datetime
    ) -> tuple[RolloutRecord | None, Decision]:
        """Carry out a person's pause, resume, promote or rollback.

        Returns:
            What is stored now, and the decision: refused, or a hold when it was so already.
            Without a record when the state was damaged: then a rollback alone is possible.

        Raises:
            InputError: there is no such rollout, or actor or reason is empty.
            StoreError: the database or the routing can not be written.
        """
        order = _COMMANDS[action]

        def change(before: RolloutRecord) -> tuple[RolloutRecord | None, Decision]:
            state, decision = order(before.state, actor=actor, reason=reason, now=now)
            return None if state is before.state else replace(before, state=state), decision

        try:
            _, after, decision = self._change(experiment_id, change)
        except DamagedRolloutError:
            if action is not Action.ROLLBACK:
                raise
            return None, self._end_damaged(experiment_id, actor=actor, reason=reason, now=now)
        if decision.refused:
            self.store.rollouts.record_refusal(experiment_id, decision)
        self._write_files(after, now=now)
        return after, decision

    def repair_routing(self, *, now: datetime) -> bool:
        """Let the routing file say what SQL says; whether it had to be written."""
        return write_routing(self.store, programs=self.programs, path=self.routing, now=now)

    def record(self, experiment_id: str) -> RolloutRecord:
        """A rollout as it is stored.

        Raises:
            InputError: there is none of that name.
        """
        found = self.store.rollouts.get(experiment_id)
        if found is None:
            raise InputError(f"There is no rollout {experiment_id!r}; see `ratchet rollout list`.")
        return found

    def _change(
        self, experiment_id: str, change: Change
    ) -> tuple[RolloutRecord, RolloutRecord, Decision]:
        for _ in range(ATTEMPTS):
            before = self.record(experiment_id)
            after, decision = change(before)
            if after is None:
                return before, before, decision
            written = self.store.rollouts.replace(before, after)
            if written is not None:
                return before, written, decision
        raise StoreError(
            f"The rollout {experiment_id} was changed by somebody else {ATTEMPTS} times in a "
            "row. Look who drives it, and try again."
        )

    def _absorb(self, record: RolloutRecord) -> tuple[RolloutRecord, int]:
        """Take everything that has come in since into the evidence."""
        if record.state.is_over:
            return record, 0
        state, absorbed, outcomes = record.state, record.absorbed, 0
        while True:
            arrived = self.store.telemetry.arrived(record.experiment_id, after=absorbed)
            state = rollout.observe(state, outcomes_and_labels(state.policy, arrived))
            absorbed, outcomes = arrived.upto, outcomes + len(arrived.outcomes)
            if arrived.is_all:
                return replace(record, state=state, absorbed=absorbed), outcomes

    def _compared(self, signature: str, baseline: str | None) -> str | None:
        """The version to compare with; None is the app's own program."""
        against = default_baseline(self.store, signature) if baseline is None else baseline
        return None if against in (None, OWN_PROGRAM) else self._known_version(signature, against)

    def _same_again(
        self, found: RolloutRecord, signature: str, candidate: str, *, now: datetime
    ) -> RolloutRecord:
        wanted = found.candidate_version if candidate == LATEST else candidate
        if (found.state.signature, found.candidate_version) != (signature, wanted):
            raise InputError(
                f"The name {found.experiment_id} is taken by a rollout of "
                f"{found.state.signature} {found.candidate_version}."
            )
        self._write_files(found, now=now)
        return found

    def _end_damaged(
        self, experiment_id: str, *, actor: str, reason: str, now: datetime
    ) -> Decision:
        decision = Decision(
            action=Action.ROLLBACK,
            rule=Rule.PERSON,
            reason=reason,
            at=now,
            stage=0,
            percent=0.0,
            actor=actor,
        )
        self.store.rollouts.end_damaged(experiment_id, decision)
        self.repair_routing(now=now)
        return decision

    def _write_files(self, record: RolloutRecord, *, now: datetime) -> None:
        """The routing first: apps follow it, the rollout's own file is for reading."""
        self.repair_routing(now=now)
        write_experiment(self.routing, record)

    def _known_version(self, signature: str, version: str) -> str:
        """A version whose file is whole, and that the store knows from now on."""
        program = find_program(self.programs, signature, version)
        read_state(self.programs, program)
        self.store.programs.add(program_record(self.programs, program, ProgramKind.CANDIDATE))
        return program.version


def default_baseline(store: Store, signature: str) -> str | None:
    """What production runs by our own doing: the champion; None is the app's own program.

    A champion whose rollout was taken back after its end, with the app's own program as
    its baseline, is none any more.
    """
    champion = store.programs.champion(signature)
    if champion is None:
        return None
    for found in store.rollouts.list(signature=signature):
        if found.candidate_version == champion.version and not found.is_active:
            is_taken_back = found.status is rollout.Status.ROLLED_BACK
            return found.baseline_version if is_taken_back else champion.version
    return champion.version


def _kind_of(decision: Decision | None) -> tuple[str, ...]:
    """What a decision says without its numbers, which change from tick to tick."""
    if decision is None:
        return ()
    return decision.action, "".join(c for c in decision.reason if not c.isdigit())


_COMMANDS = {
    Action.PAUSE: rollout.pause,
    Action.RESUME: rollout.resume,
    Action.PROMOTE: rollout.promote,
    Action.ROLLBACK: rollout.roll_back,
}
