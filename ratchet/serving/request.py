"""One request of the app: the program that answers it, and what is recorded of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ratchet.serving.decision import Decision
from ratchet.serving.loading import Program
from ratchet.serving.snapshot import snapshot
from ratchet.serving.telemetry_records import NO_USAGE, Usage

if TYPE_CHECKING:
    import dspy

    from ratchet.serving.router import Router

MAX_ERROR_CHARS = 2_000
_MARK = "_ratchet_request_id"  # with an underscore, DSPy keeps it apart from the fields
_ENDS_OF_PROCESS = (KeyboardInterrupt, SystemExit, GeneratorExit)


def request_id_of(prediction: Any) -> str | None:
    """The id of the request that a served module's prediction answered, for feedback."""
    found = getattr(prediction, _MARK, None)
    return found if isinstance(found, str) else None


def mark(prediction: Any, request_id: str) -> None:
    """Have a prediction remember its request; other answers can not."""
    if hasattr(prediction, "toDict"):
        setattr(prediction, _MARK, request_id)


class Request:
    """A context around one request. Made by `Router.request`.

    It succeeds when the last call of its program did and the block is left without an
    exception; its latency is that of the calls. Without a call, a block that is left in
    order is not recorded.
    """

    def __init__(
        self,
        router: Router,
        decision: Decision,
        *,
        request_id: str,
        key: str | None,
        own: dspy.Module | None = None,
    ) -> None:
        self.id = request_id
        self.decision = decision
        self._router = router
        self._key = key
        self._own = own
        self._tracked: TrackedProgram | None = None
        self._started_at = router.now()
        self._started = router.timer()
        self._calls = 0
        self._latency_ms = 0.0
        self._error: str | None = None
        self._usage = NO_USAGE
        self._quality: float | None = None
        self._inputs: Mapping[str, Any] | None = None
        self._outputs: Mapping[str, Any] | None = None
        self._is_over = False

    @property
    def program(self) -> TrackedProgram:
        """The program that answers: call it as usual, or await its `acall`.

        Raises:
            ConfigurationError: there is nothing at all to call: no route, no module of the
                app's, and no registered signature of that name.
        """
        if self._tracked is None:
            program, self.decision = self._router.program_for(self.decision, self._own)
            self._tracked = TrackedProgram(self, program)
        return self._tracked

    @property
    def variant(self) -> str:
        """`baseline` or `candidate`; a candidate that can not be loaded becomes the baseline."""
        return self.decision.variant

    def feedback(
        self, *, quality: float | None = None, corrected_outputs: Mapping[str, Any] | None = None
    ) -> None:
        """Say how good the answer was, 0..1, or what it should have been; also later."""
        valid = self._router.valid_quality(quality)
        if not self._is_over and valid is not None:
            self._quality, valid = valid, None
        if valid is not None or corrected_outputs is not None:
            self._router.feedback(
                self.id,
                quality=valid,
                corrected_outputs=corrected_outputs,
                signature=self.decision.signature,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_over = True
        try:
            self._record(error)
        except Exception as trouble:  # noqa: BLE001 - recording must never reach the app
            self._router.note_trouble("request not recorded", self.decision.signature, trouble)

    def begin_call(self, args: tuple[Any, ...], inputs: Mapping[str, Any]) -> float:
        """Keep the inputs as they are before the program can change them; the starting time."""
        if args:
            inputs = {**{f"arg{n}": value for n, value in enumerate(args)}, **inputs}
        self._inputs = snapshot(inputs, max_chars=self._max_chars)
        self._outputs = None
        return self._router.timer()

    def end_call(self, started: float, *, answer: Any, error: str | None, usage: Usage) -> None:
        """Add a call's time, use and answer to the request's."""
        self._calls += 1
        self._latency_ms += (self._router.timer() - started) * 1000
        self._error = error
        self._usage = _added(self._usage, usage)
        if error is None:
            self._outputs = snapshot(_fields_of(answer), max_chars=self._max_chars)

    @property
    def _max_chars(self) -> int:
        return self._router.recorder.options.max_payload_chars

    def _record(self, error: BaseException | None) -> None:
        stopped = isinstance(error, _ENDS_OF_PROCESS)
        if not self._calls and (error is None or stopped):
            return
        said = self._error if error is None or stopped else described(error)
        elapsed_ms = (self._router.timer() - self._started) * 1000
        self._router.recorder.record(
            (  # the fields of a `RequestRecord`
                self.id,
                self.decision,
                self._key,
                self._started_at,
                self._latency_ms if self._calls else elapsed_ms,
                said is None,
                said,
                self._usage,
                self._quality,
                None,  # whether it is sampled is the writer's to find out
                self._inputs,
                self._outputs,
            )
        )


class TrackedProgram:
    """A program whose calls are measured; everything else is the program's own."""

    def __init__(self, request: Request, program: Program) -> None:
        self._request = request
        self._program = program

    def __call__(self, *args: Any, **inputs: Any) -> Any:
        from ratchet.serving.usage import watched_calls

        started = self._request.begin_call(args, inputs)
        answer = error = None
        with watched_calls() as calls:
            try:
                answer = self._program(*args, **inputs)
                return answer
            except BaseException as raised:
                error = described(raised)
                raise
            finally:
                self._request.end_call(started, answer=answer, error=error, usage=calls.usage())

    async def acall(self, *args: Any, **inputs: Any) -> Any:
        """The same for an asynchronous call."""
        from ratchet.serving.usage import watched_calls

        started = self._request.begin_call(args, inputs)
        answer = error = None
        with watched_calls() as calls:
            try:
                answer = await self._program.acall(*args, **inputs)
                return answer
            except BaseException as raised:
                error = described(raised)
                raise
            finally:
                self._request.end_call(started, answer=answer, error=error, usage=calls.usage())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._program, name)


def described(error: BaseException) -> str:
    """The class of an exception and what it says, cut to 2,000 characters.

    >>> described(ValueError("no such user"))
    'ValueError: no such user'
    """
    try:
        return f"{type(error).__name__}: {error}"[:MAX_ERROR_CHARS]
    except Exception:  # noqa: BLE001 - an exception of the app's that can not be shown
        return type(error).__name__


def _fields_of(answer: Any) -> Mapping[str, Any]:
    if hasattr(answer, "toDict"):  # a prediction of DSPy's
        return dict(answer.items())
    return answer if isinstance(answer, Mapping) else {"answer": answer}


def _added(one: Usage, other: Usage) -> Usage:
    if one is NO_USAGE:
        return other
    return Usage(
        input_tokens=_sum(one.input_tokens, other.input_tokens),
        output_tokens=_sum(one.output_tokens, other.output_tokens),
        cost_usd=_sum(one.cost_usd, other.cost_usd),
        model=other.model or one.model,
    )


def _sum(one: Any, other: Any) -> Any:
    return other if one is None else one if other is None else one + other
