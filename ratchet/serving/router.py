"""The router of a production app: which program answers a request, and the record of it."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.rollout.assignment import BASELINE, bucket_of
from ratchet.serving.counting import RouterCounters, Troubles
from ratchet.serving.decision import Decision
from ratchet.serving.forking import watch_forks
from ratchet.serving.live_routing import LiveRouting
from ratchet.serving.loading import Program, ProgramShelf, State, plain_program
from ratchet.serving.options import TelemetryOptions
from ratchet.serving.places import ROUTING, TELEMETRY, is_url, state_folder
from ratchet.serving.recorder import Recorder
from ratchet.serving.request import Request, request_id_of
from ratchet.serving.snapshot import snapshot
from ratchet.serving.telemetry_records import FeedbackRecord

if TYPE_CHECKING:
    import dspy

    from ratchet.serving.served import KeyOf, ServedProgram

NO_ROUTE = "signature has no route, its own program goes on"


class Router:
    """Sends each request to the baseline or the candidate, and records what came of it.

    One router serves all threads, tasks and forked children of a process. Whatever is wrong
    with routing, programs or telemetry, the app's own baseline goes on: it is counted, and
    logged once. The app's own exceptions pass through unchanged.
    """

    def __init__(
        self,
        address: str | Path | None = None,
        *,
        telemetry: TelemetryOptions | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        """Read the routing.

        Args:
            address: Path or URL of a `routing_config.json`; None takes that of the settings.
            telemetry: What is recorded, and where; None takes the defaults.
            clock: Seconds, for looking whether the routing file has changed.
            now: Seconds since 1970, for what is recorded.
            timer: Seconds, for latencies.
        """
        home = state_folder()
        given = str(address) if address is not None else str(home / ROUTING)
        self._address = given if is_url(given) else str(Path(given).absolute())
        self._troubles = Troubles()
        self._clock = clock
        self.now = now
        self.timer = timer
        self._live = LiveRouting(self._address, troubles=self._troubles, clock=clock)
        self._shelf = ProgramShelf()
        self._start_numbering()
        self.recorder = Recorder(telemetry or TelemetryOptions(), folder=home / TELEMETRY)
        watch_forks(self)

    def decide(self, signature: str, key: str) -> Decision:
        """Which version answers a request with this key; nothing is loaded or recorded."""
        live = self._live
        if self._clock() >= live.check_at:
            live.refresh()
        arms = live.arms.get(signature)
        if arms is None:
            return self._without_route(signature)
        if arms.buckets and bucket_of(arms.salt, key) < arms.buckets:
            return arms.candidate
        return arms.baseline

    def request(
        self,
        signature: str,
        *,
        key: object | None = None,
        request_id: str | None = None,
        own: ServedProgram | None = None,
    ) -> Request:
        """A context for one request; `request.program` is what to call in it.

        Args:
            signature: The signature that is asked.
            key: What keeps its side between requests: a user or session id. None makes
                every request a key of its own.
            request_id: The app's own id, if it has one; feedback is joined by it.
            own: The served module the request comes from.
        """
        name = request_id or self._new_id()
        text = None if key is None else str(key)
        decision = self.decide(signature, name if text is None else text)
        return Request(self, decision, request_id=name, key=text, own=own)

    def serve(
        self,
        signature: str,
        program: dspy.Module,
        *,
        key: KeyOf | None = None,
        replace: bool = False,
    ) -> ServedProgram:
        """A `dspy.Module` that calls `program`, or the version that routing says in its place.

        Args:
            signature: The signature that the program answers.
            program: The app's own program, and its baseline when nothing else can be served.
            key: Makes the assignment key of a call's inputs, for example
                `lambda inputs: current_user()`.
            replace: Whether a version that does not fit into `program` is called instead of
                it; otherwise `program` goes on.
        """
        from ratchet.serving.served import ServedProgram

        return ServedProgram(self, signature, program, key=key, replace=replace)

    def feedback(
        self,
        request: str | Any,
        *,
        quality: float | None = None,
        corrected_outputs: Mapping[str, Any] | None = None,
        signature: str | None = None,
    ) -> None:
        """Record what was learnt of a request, from any process and at any time.

        Args:
            request: Its id, or the prediction of a served module.
            quality: How good the answer was, 0..1.
            corrected_outputs: What it should have been.
            signature: Its signature, so that the right fields are hidden.
        """
        name = request if isinstance(request, str) else request_id_of(request)
        valid = self.valid_quality(quality)
        if not name or (valid is None and corrected_outputs is None):
            self.note_trouble("feedback left out", str(signature), "no request or nothing said")
            return
        options = self.recorder.options
        copied = (
            snapshot(corrected_outputs, max_chars=options.max_payload_chars)
            if isinstance(corrected_outputs, Mapping)
            else None
        )
        self.recorder.record(FeedbackRecord(name, self.now(), valid, copied, signature))

    def program_for(
        self, decision: Decision, own: ServedProgram | None = None
    ) -> tuple[Program, Decision]:
        """The program of a decision, or the nearest baseline there is, with what it became.

        Raises:
            ConfigurationError: there is nothing at all to call.
        """
        if decision.address:
            if (program := self._loaded(decision, own)) is not None:
                return program, decision
            decision = decision._replace(propensity=0.0)
        elif decision.variant != BASELINE:
            self.note_trouble("candidate without a program", decision.signature, "no address")
        if decision.variant != BASELINE:
            return self._instead_of_candidate(decision, own)
        if decision.address:  # the route's baseline could not be had: the app's own goes on
            decision = decision._replace(address="", sha256="", program_version=None)
        return (own.baseline if own is not None else self._plain(decision)), decision

    def counters(self) -> RouterCounters:
        """How often something was wrong, by cause; `recorder.counters()` counts the records."""
        return self._troubles.counters()

    def valid_quality(self, quality: object) -> float | None:
        """The quality if it is one, 0..1; something else is left out and counted."""
        if quality is None:
            return None
        is_number = isinstance(quality, int | float) and not isinstance(quality, bool)
        if is_number and math.isfinite(quality) and 0 <= quality <= 1:  # type: ignore[arg-type, operator]  # is_number
            return float(quality)  # type: ignore[arg-type]  # the same
        self.note_trouble("quality outside 0..1 left out", "feedback", repr(quality)[:80])
        return None

    def note_trouble(self, cause: str, subject: str, explanation: object) -> None:
        """Count something that went wrong, and log it once."""
        self._troubles.note(cause, subject, explanation)

    def flush(self) -> None:
        """Write what waits to be recorded."""
        self.recorder.flush()

    def close(self) -> None:
        """Write what waits, finish the file and stop the thread."""
        self.recorder.close()

    def after_fork(self) -> None:
        """Count and number anew; look at the routing file by oneself."""
        self._troubles.reset()
        self._live.after_fork()
        self._start_numbering()

    def __deepcopy__(self, memo: dict[int, object]) -> Router:
        """Copied programs share the router."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Router], tuple[str, TelemetryOptions]]:
        return _restored, (self._address, self.recorder.options)

    def _without_route(self, signature: str) -> Decision:
        if self._live.revision is not None:
            self.note_trouble(NO_ROUTE, signature, "the routing file does not name it")
        return Decision(signature)

    def _loaded(self, decision: Decision, own: ServedProgram | None) -> Program | None:
        shelf, fit = (self._shelf, _plain_fit(decision)) if own is None else (own.shelf, own.fit)
        return shelf.program(decision, fit, troubles=self._troubles, now=self._clock())

    def _instead_of_candidate(
        self, decision: Decision, own: ServedProgram | None
    ) -> tuple[Program, Decision]:
        arms = self._live.arms.get(decision.signature)
        baseline = arms.baseline if arms is not None else Decision(decision.signature)
        return self.program_for(baseline._replace(propensity=0.0), own)

    def _plain(self, decision: Decision) -> Program:
        made = self._shelf.plain.get(decision.signature)
        if made is None:
            made = self._shelf.plain[decision.signature] = plain_program(decision.signature)
        return made

    def _start_numbering(self) -> None:
        self._id_prefix = os.urandom(10).hex()
        self._numbers = count()

    def _new_id(self) -> str:
        return self._id_prefix + str(next(self._numbers))  # a third of what a format costs


def _restored(address: str, telemetry: TelemetryOptions) -> Router:
    """A router in another process, by pickle."""
    return Router(address, telemetry=telemetry)


def _plain_fit(decision: Decision) -> Callable[[State], Program]:
    def fit(state: State) -> Program:
        from ratchet.serving.fitting import fit_plain

        return fit_plain(state, decision.signature)

    return fit
