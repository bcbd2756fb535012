"""Whether the key of the language model is there when the model needs one."""

from __future__ import annotations

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient

NAME = "model key"
KEYS = {"anthropic": "ANTHROPIC_API_KEY", "openai": "OPENAI_API_KEY"}
OFFLINE = "offline"


def check(patient: Patient) -> Finding:
    """A model of Claude without a key fails at its first call; nothing else here pays."""
    model = patient.settings.model
    if not model:
        return _by_default(patient)
    provider = model.partition("/")[0]
    variable = KEYS.get(provider)
    if variable is None or provider == OFFLINE or patient.environ.get(variable):
        return ok(NAME, f"{model} has what it needs.")
    if patient.settings.api_base:
        return warning(
            NAME,
            f"{model} is asked at {patient.settings.api_base} and {variable} is not set.",
            f"Fine when that server asks for no key; otherwise set {variable}.",
        )
    return error(
        NAME,
        f"The model is {model} and {variable} is not set; its first call will be refused.",
        f"export {variable}=..., or use a Ratchet Language Model block in the flows. The worker "
        "needs it in its own environment.",
    )


def _by_default(patient: Patient) -> Finding:
    if patient.environ.get(KEYS["anthropic"]):
        return ok(NAME, "Claude is used; ANTHROPIC_API_KEY is set.")
    return ok(
        NAME,
        "offline/in-context is used; set ANTHROPIC_API_KEY for Claude, or `model` for another.",
    )
