"""What the span of a model call says of it, by the GenAI conventions of OpenTelemetry.

Names from https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/; they are written
out here because their package comes with the extra `otel` only. Prompts and answers, which
the conventions make optional, are left out.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dspy import lm15

from ratchet import tracing

if TYPE_CHECKING:
    from opentelemetry.context import Context

    from ratchet.optimize.endpoint import Endpoint

OPERATION = "chat"


def call_span(
    request: lm15.Request, endpoint: Endpoint, *, within: Context | None
) -> AbstractContextManager[tracing.Span]:
    """The span of one attempt at an answer."""
    provider, _, name = request.model.partition("/")
    about: dict[str, str | int | float] = {
        "gen_ai.operation.name": OPERATION,
        "gen_ai.request.model": name or provider,
        "gen_ai.provider.name": endpoint.provider or provider,
    }
    config = request.config
    settings = {
        "gen_ai.request.temperature": config.temperature,
        "gen_ai.request.max_tokens": config.max_tokens,
        "gen_ai.request.seed": config.seed,
        "server.address": urlsplit(endpoint.address or "").hostname,
    }
    about.update({key: value for key, value in settings.items() if value is not None})
    title = f"{OPERATION} {name or provider}"
    return tracing.span(title, about, is_call=True, within=within)


def answer_attributes(
    response: lm15.Response, *, input_tokens: int, output_tokens: int
) -> tracing.Attributes:
    """What is known once the answer is there."""
    found: dict[str, str | int | tuple[str, ...]] = {
        "gen_ai.usage.input_tokens": input_tokens,
        "gen_ai.usage.output_tokens": output_tokens,
    }
    if response.model:
        found["gen_ai.response.model"] = response.model
    if response.finish_reason:
        found["gen_ai.response.finish_reasons"] = (str(response.finish_reason),)
    return found
