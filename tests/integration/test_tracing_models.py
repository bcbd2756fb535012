"""The span of a model call: the GenAI conventions, under its stage, without a word of a prompt."""

from __future__ import annotations

from collections.abc import Iterator

import dspy
import pytest
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as conventions

from ratchet import signatures, tracing
from ratchet.errors import ModelError
from ratchet.optimize.endpoint import Endpoint
from ratchet.optimize.meter import Meter
from ratchet.optimize.metered import MeteredEngine, MeteredLM
from ratchet.optimize.models import OFFLINE_MODEL, connect
from ratchet.signatures.dspy_class import build
from tests.model_builders import completeness_task
from tests.otlp_server import collector

SECRET = "sk-ant-very-secret"


@pytest.fixture(autouse=True)
def _own_tracing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No collector is known before a test, nor after it."""
    for name in tracing.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    tracing.stop_tracing()
    yield
    tracing.stop_tracing()


class Refusing:
    """An engine that is refused with a message that holds a key."""

    def complete(self, request: dspy.lm15.Request) -> dspy.lm15.Response:  # noqa: ARG002 - asked for by DSPy
        raise dspy.lm15.AuthError(f"invalid x-api-key: {SECRET}")


def test_a_model_call_is_described_by_the_conventions_under_its_stage() -> None:
    """Also in the threads of DSPy's evaluator the call belongs to the stage that it is for."""
    example = completeness_task(1, seed=1)[0]
    with collector() as found:
        tracing.start_tracing(found.address)
        with tracing.span("evaluate_candidate"):
            meter = Meter()
            lm = connect(OFFLINE_MODEL, meter=meter)
            predict = dspy.Predict(build(signatures.get("validate_completeness")))
            row = dspy.Example(**example.inputs).with_inputs(*example.inputs)
            with dspy.context(lm=lm):
                dspy.Evaluate(devset=[row, row], metric=lambda *_: 1.0, num_threads=2)(predict)
        tracing.flush_spans()

    calls = [span for span in found.spans if span.name == "chat in-context"]
    stage, usage = found.named("evaluate_candidate"), meter.snapshot()
    assert len(calls) == usage.calls >= 1
    assert {call.parent_id for call in calls} == {stage.span_id}
    assert {call.kind for call in calls} == {3}  # CLIENT
    attributes = calls[0].attributes
    assert attributes[conventions.GEN_AI_OPERATION_NAME] == "chat"
    assert attributes[conventions.GEN_AI_REQUEST_MODEL] == "in-context"
    assert attributes[conventions.GEN_AI_PROVIDER_NAME] == "offline"
    spent = sum(call.attributes[conventions.GEN_AI_USAGE_INPUT_TOKENS] for call in calls)
    assert spent == usage.input_tokens
    assert conventions.GEN_AI_USAGE_OUTPUT_TOKENS in attributes
    implementation = str(example.inputs["implementation"]).encode()
    assert all(implementation not in body for body in found.bodies)


def test_a_refused_call_says_its_class_alone() -> None:
    """Providers repeat keys in what they say; the span does not."""
    endpoint = Endpoint(
        model="anthropic/claude", provider="anthropic", address="https://api.test/v1"
    )
    with collector() as found:
        tracing.start_tracing(found.address)
        lm = MeteredLM(MeteredEngine(Refusing(), endpoint=endpoint, meter=Meter()))
        with pytest.raises(ModelError):
            lm("a prompt that nobody must see")
        tracing.flush_spans()

    call = found.named("chat claude")
    assert (call.status, call.attributes["error.type"]) == (2, "AuthError")
    assert call.attributes["server.address"] == "api.test"
    for text in (SECRET, "nobody must see"):
        assert all(text.encode() not in body for body in found.bodies)
