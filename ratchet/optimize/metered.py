"""The language model as DSPy sees it, with every call passing the meter and the cache."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import dspy
from dspy import lm15
from dspy._vendor.lm15.serde import request_to_dict, response_from_dict, response_to_dict
from dspy.clients.base_lm import LM_CLASS_STATE_KEY
from dspy.clients.call_result import usage_dict
from dspy.clients.costs import estimate_cost

from ratchet import tracing
from ratchet.canonical import sha256_of
from ratchet.errors import ModelError
from ratchet.optimize.call_attributes import answer_attributes, call_span
from ratchet.optimize.call_cache import CallCache, Record
from ratchet.optimize.endpoint import REFUSALS, REFUSING_REPLIES, Endpoint, refusal
from ratchet.optimize.meter import Meter

PLAIN_LM = "dspy.clients.lm.LM"


class Engine(Protocol):
    """One attempt at one answer; what DSPy asks of an engine."""

    def complete(self, request: lm15.Request) -> lm15.Response: ...


@dataclass(kw_only=True)
class _Call:
    """One call of the model by DSPy; it may ask for several answers."""

    rollout_id: Any = None
    answers: int = 0


_current: ContextVar[_Call | None] = ContextVar("ratchet_model_call", default=None)


class MeteredEngine:
    """An engine that counts what the engine inside it does, and asks the cache first."""

    def __init__(
        self,
        engine: Engine,
        *,
        endpoint: Endpoint,
        meter: Meter,
        cache: CallCache | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.engine = engine
        self.endpoint = endpoint
        self.meter = meter
        self.cache = cache
        self.clock = clock
        # DSPy's threads do not know which stage they work for; the engine of a stage does.
        self._context = tracing.current_context()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """A copied program calls the same model, through the same meter."""
        return self

    def complete(self, request: lm15.Request) -> lm15.Response:
        """Answer from the cache, or from the engine when the budget allows.

        Raises:
            RunStopped: the budget is used up, or the model has refused for good.
        """
        call = _current.get() or _Call()
        if self.endpoint.seeded and isinstance(call.rollout_id, int):
            seed = call.rollout_id + call.answers
            request = replace(request, config=replace(request.config, seed=seed))
        if self.cache is None:
            response = self._ask(request)
        else:
            response = self._recall(self.cache, request, call)
        call.answers += 1
        return response

    def _recall(self, cache: CallCache, request: lm15.Request, call: _Call) -> lm15.Response:
        paid: list[lm15.Response] = []

        def ask() -> Record:
            paid.append(self._ask(request))
            return dict(response_to_dict(paid[0]))

        answer = cache.answer(self._key(request, call), ask, keep=_has_text)
        if answer.paid:
            return paid[0]
        self.meter.cached()
        return replace(response_from_dict(answer.record), usage=lm15.Usage())

    def _key(self, request: lm15.Request, call: _Call) -> str:
        return sha256_of(
            {
                "request": request_to_dict(request),
                "address": self.endpoint.address,
                "rollout_id": call.rollout_id,
                "answer": call.answers,
            }
        )

    def _ask(self, request: lm15.Request) -> lm15.Response:
        self.meter.begin()
        started = self.clock()
        with call_span(request, self.endpoint, within=self._context) as measured:
            try:
                response = self.engine.complete(request)
            except BaseException as error:
                self.meter.failed(seconds=self.clock() - started)
                if isinstance(error, REFUSING_REPLIES):
                    self.meter.refuse(refusal(self.endpoint, error))
                raise
            # Providers disagree whether cached input counts as input; DSPy knows each one's rule.
            tokens = _tokens(usage_dict(response, self.endpoint.provider))
            measured.set(answer_attributes(response, **tokens))
        cost = self._cost(request, response, tokens)
        self.meter.answered(**tokens, cost_usd=cost, seconds=self.clock() - started)
        return response

    def _cost(
        self, request: lm15.Request, response: lm15.Response, tokens: Mapping[str, int]
    ) -> float | None:
        if self.endpoint.price is not None:
            return self.endpoint.price.of(**tokens)
        cost, _ = estimate_cost(
            response,
            provider=self.endpoint.provider,
            requested_model=request.model.partition("/")[2],
            request=request,
        )
        return None if cost is None else float(cost)


class AsyncMeteredEngine:
    """The same for DSPy's asynchronous calls: each waits in a thread of its own."""

    def __init__(self, engine: MeteredEngine) -> None:
        self.engine = engine

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    async def complete(self, request: lm15.Request) -> lm15.Response:
        return await asyncio.to_thread(self.engine.complete, request)


class MeteredLM(dspy.LM):  # type: ignore[misc]  # DSPy is not typed
    """A `dspy.LM` whose calls are metered, wherever and in whatever thread they are made.

    DSPy hides the rollout id from engines; this class hands it on, because the cache must
    tell rollouts apart. A refused key or model is raised as `ModelError`.
    """

    def __init__(self, engine: MeteredEngine, **settings: Any) -> None:
        super().__init__(
            model=engine.endpoint.model,
            engine=engine,
            async_engine=AsyncMeteredEngine(engine),
            cache=False,  # ours is durable, keyed by endpoint, and counted
            **settings,
        )

    @property
    def meter(self) -> Meter:
        """The meter that counts the calls of this model."""
        return self.metered_engine.meter

    @property
    def metered_engine(self) -> MeteredEngine:
        """The engine that every call passes."""
        engine: MeteredEngine = self.engine
        return engine

    def metered_by(self, meter: Meter) -> MeteredLM:
        """The same model counted by `meter`, usually a child of the present one."""
        engine = self.metered_engine
        counted = MeteredEngine(
            engine.engine,
            endpoint=engine.endpoint,
            meter=meter,
            cache=engine.cache,
            clock=engine.clock,
        )
        lm: MeteredLM = self.copy(engine=counted, async_engine=AsyncMeteredEngine(counted))
        return lm

    def __call__(self, prompt: Any = None, *, messages: Any = None, **kwargs: Any) -> Any:
        """Call the model.

        Raises:
            ModelError: the model refuses the key, the account or the name.
            RunStopped: the budget is used up, or the model has refused before.
        """
        with self._calling(kwargs):
            return super().__call__(prompt, messages=messages, **kwargs)

    async def acall(self, prompt: Any = None, *, messages: Any = None, **kwargs: Any) -> Any:
        with self._calling(kwargs):
            return await super().acall(prompt, messages=messages, **kwargs)

    def dump_state(self) -> dict[str, Any]:
        """The state of a plain `dspy.LM` of this name, so that any DSPy process can load it."""
        state: dict[str, Any] = dspy.LM.dump_state(self.copy(engine="auto"))
        return {**state, LM_CLASS_STATE_KEY: PLAIN_LM}

    @contextmanager
    def _calling(self, kwargs: Mapping[str, Any]) -> Iterator[None]:
        rollout_id = kwargs.get("rollout_id", self.kwargs.get("rollout_id"))
        token = _current.set(_Call(rollout_id=rollout_id))
        try:
            yield
        except REFUSALS as error:
            raise ModelError(refusal(self.metered_engine.endpoint, error)) from error
        finally:
            _current.reset(token)


def _has_text(record: Record) -> bool:
    """Whether an answer says anything; an empty one is asked for again in the next run."""
    return bool(response_from_dict(record).text)


def _tokens(usage: Mapping[str, Any]) -> dict[str, int]:
    return {
        "input_tokens": int(usage.get("prompt_tokens") or 0),
        "output_tokens": int(usage.get("completion_tokens") or 0),
    }
