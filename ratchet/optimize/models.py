"""Connects to a language model by name: ours on this machine, Claude, or any other."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from dspy import lm15
from dspy.clients.engines import LiteLLMEngine, LM15Engine
from dspy.clients.engines.lm15_engine import timeouts_for

from ratchet.errors import ConfigurationError
from ratchet.logs import remember_secrets
from ratchet.optimize.call_cache import CallCache
from ratchet.optimize.endpoint import Endpoint, Price, require_price
from ratchet.optimize.meter import Meter
from ratchet.optimize.metered import Engine, MeteredEngine, MeteredLM
from ratchet.optimize.offline import InContextEngine

OFFLINE_MODEL = "offline/in-context"
CLAUDE_MODEL = "anthropic/claude-sonnet-5-5"
CLAUDE_KEY = "ANTHROPIC_API_KEY"
MAX_TOKENS = 4096
NUM_RETRIES = 5  # waits of 1, 2, 4, 8 and 16 seconds, or what the server asks for
TIMEOUT_SECONDS = 120.0
NO_KEY = "not-needed"  # a server of one's own asks for no key, its clients insist on one


def default_model(environ: Mapping[str, str] = os.environ) -> str:
    """Claude when its key is there, our own model otherwise.

    >>> default_model({}), default_model({"ANTHROPIC_API_KEY": "k"})
    ('offline/in-context', 'anthropic/claude-sonnet-5-5')
    """
    return CLAUDE_MODEL if environ.get(CLAUDE_KEY, "").strip() else OFFLINE_MODEL


def is_offline(name: str) -> bool:
    """Whether `name` is the model of our own, of which every report has to say so.

    >>> is_offline("offline/in-context"), is_offline("openai/gpt-4o")
    (True, False)
    """
    return name == OFFLINE_MODEL


def connect(
    name: str,
    *,
    meter: Meter | None = None,
    cache: CallCache | None = None,
    api_base: str | None = None,
    api_key: str | None = None,
    temperature: float | None = None,
    max_tokens: int | None = MAX_TOKENS,
    num_retries: int = NUM_RETRIES,
    timeout_seconds: float = TIMEOUT_SECONDS,
    price: Price | None = None,
    environ: Mapping[str, str] = os.environ,
) -> MeteredLM:
    """Connect to the model called `name`; no call is made yet.

    Args:
        name: `offline/in-context`, or `provider/model` as DSPy writes it.
        meter: Counts every call; a fresh one when None.
        cache: Answers calls that were paid for before; None asks the model every time.
            DSPy's own cache is never used.
        api_base: Address of an endpoint other than the provider's own, for example an
            OpenAI-compatible server.
        api_key: The key; None takes it from the provider's environment variable.
        temperature: 0 to 2; None leaves it to the model.
        max_tokens: Longest answer, in tokens.
        num_retries: How often a call is tried again after a 429, a 5xx, a broken connection
            or a timeout, each time waiting twice as long.
        timeout_seconds: Longest wait for the next byte.
        price: The price per million tokens, when DSPy's table does not know it.
        environ: Where keys are looked up.

    Raises:
        ConfigurationError: the name is unknown, its key is missing (the message says which
            variable), or the meter limits dollars and no price is known.
    """
    _require_name(name)
    settings = {"temperature": temperature, "max_tokens": max_tokens, "num_retries": num_retries}
    meter = meter or Meter()
    if is_offline(name):
        endpoint = Endpoint(model=name, price=Price(input_usd=0.0, output_usd=0.0), seeded=True)
        engine: Engine = InContextEngine()
    else:
        endpoint = _endpoint(name, api_base=api_base, price=price)
        api_key = api_key or _key(endpoint, environ)
        remember_secrets([api_key] if api_key else [])  # some servers repeat it in a refusal
        engine = _engine(endpoint, api_key=api_key, timeout_seconds=timeout_seconds)
        if meter.limits_cost:
            require_price(endpoint)
    metered = MeteredEngine(engine, endpoint=endpoint, meter=meter, cache=cache)
    return MeteredLM(metered, **settings)


def _require_name(name: str) -> None:
    provider, _, model = name.partition("/")
    if not provider or not model:
        raise ConfigurationError(
            f"The language model is {name!r}; write it as provider/model, for example "
            f"{CLAUDE_MODEL} or {OFFLINE_MODEL}."
        )
    if provider == OFFLINE_MODEL.partition("/")[0] and not is_offline(name):
        raise ConfigurationError(f"There is no model {name!r}; did you mean {OFFLINE_MODEL}?")


def _endpoint(name: str, *, api_base: str | None, price: Price | None) -> Endpoint:
    """Where DSPy's own client reaches the model, or else LiteLLM."""
    try:
        resolution = LM15Engine(lm15.RouterConfig(env={})).resolve(name)
    except (lm15.UnknownModelError, lm15.UnsupportedFeatureError):
        variable = _litellm_key_variable(name)
        return Endpoint(model=name, address=api_base, key_variable=variable, price=price)
    definition = _definition(resolution.provider)
    return Endpoint(
        model=name,
        provider=resolution.provider,
        address=api_base,
        key_variable=next(iter(definition.access.env_keys), None) if definition else None,
        price=price,
    )


def _definition(provider: str) -> lm15.ProviderDefinition | None:
    from dspy._vendor.lm15.registry import lookup

    return lookup(provider)


def _litellm_key_variable(name: str) -> str | None:
    litellm = _litellm()
    provider = name.partition("/")[0]
    known = [str(getattr(known, "value", known)) for known in litellm.provider_list]
    if provider not in known:
        near = get_close_matches(provider, [*known, "anthropic", "openai", "offline"], n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise ConfigurationError(f"No provider of models is called {provider!r}.{hint}")
    missing = litellm.validate_environment(name, api_base=None).get("missing_keys") or []
    return next((key for key in missing if key.endswith("KEY")), None)


def _litellm() -> Any:
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # else it asks the network
    import litellm

    return litellm


def _key(endpoint: Endpoint, environ: Mapping[str, str]) -> str | None:
    if endpoint.key_variable is None:
        return None
    if found := environ.get(endpoint.key_variable, "").strip():
        return found
    if endpoint.address is not None:
        return NO_KEY
    raise ConfigurationError(
        f"{endpoint.model} needs a key: set {endpoint.key_variable}, or use {OFFLINE_MODEL}, "
        "which needs none."
    )


def _engine(endpoint: Endpoint, *, api_key: str | None, timeout_seconds: float) -> Engine:
    address = endpoint.address
    if endpoint.provider is None:
        clients = {"api_key": api_key, "api_base": address, "timeout": timeout_seconds}
        present = {name: value for name, value in clients.items() if value is not None}
        litellm_engine: Engine = LiteLLMEngine(model_type="chat", **present)
        return litellm_engine
    config = lm15.RouterConfig(
        api_keys={endpoint.provider: api_key} if api_key else None,
        base_urls={endpoint.provider: address} if address else None,
        timeouts=timeouts_for(timeout_seconds),
    )
    engine: Engine = LM15Engine(config, model_type="chat")
    return engine
