"""Fitting a program's state to what the app calls: its own module, or a plain predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dspy

from ratchet.errors import StoreError
from ratchet.programs import restore_program
from ratchet.serving.loading import registered

State = Mapping[str, Any]


def fit_plain(state: State, signature: str) -> dspy.Module:
    """The program of a state as a predictor of the registered signature.

    Raises:
        StoreError: it was made for other fields.
        ConfigurationError: no signature has that name.
    """
    return restore_program(registered(signature), _bare(state))


def fit_module(state: State, signature: str, own: dspy.Module, *, replace: bool) -> dspy.Module:
    """A copy of the app's module with the state in it; the language models stay the app's.

    The state fits when it has the module's own parts, or when it is that of one predictor and
    the module has exactly one, with the same fields.

    Args:
        state: The state of a program version.
        signature: The signature it was made for.
        own: The app's module; it is not changed.
        replace: Whether a state that does not fit is served as a plain predictor.

    Raises:
        StoreError: it does not fit, or was made for other fields.
    """
    parts = _parts(_bare(state))
    copied = own.deepcopy()
    present = _parts(own.dump_state())
    if _shape(parts) == _shape(present):
        copied.load_state(_bare(state))
    elif len(parts) == len(present) == 1 and _fields(parts) == _fields(present):
        copied.predictors()[0].load_state(_bare(state))
    elif replace:
        copied = fit_plain(state, signature)
        _share_models(copied, [_common_model(own)])
        return copied
    else:
        raise StoreError(
            f"The program has the fields {_fields(parts)} and the served module has "
            f"{_fields(present)}. Serve a module with one predictor of {signature}, or pass "
            "replace=True to have the program itself called."
        )
    _share_models(copied, [predictor.lm for predictor in own.predictors()])
    _share_callbacks(copied, own)
    return copied


def _bare(state: State) -> dict[str, Any]:
    """The state without its metadata and language models: the app says who is asked."""
    bare = {name: part for name, part in state.items() if name != "metadata"}
    if "signature" in bare:
        return {**bare, "lm": None}
    return {name: _without_model(part) for name, part in bare.items()}


def _without_model(part: Any) -> Any:
    return {**part, "lm": None} if isinstance(part, dict) else part


def _parts(state: State) -> dict[str, Any]:
    """The states of the predictors, by name; a lone predictor's has no name."""
    return {"": state} if "signature" in state else dict(state)


def _shape(parts: Mapping[str, Any]) -> dict[str, list[str]]:
    return {name: _prefixes(part) for name, part in parts.items()}


def _fields(parts: Mapping[str, Any]) -> list[list[str]]:
    return [_prefixes(part) for part in parts.values()]


def _prefixes(part: Any) -> list[str]:
    try:
        return [str(field["prefix"]) for field in part["signature"]["fields"]]
    except (KeyError, TypeError) as error:
        raise StoreError(f"The state has a part that is no predictor: {error!r}.") from error


def _common_model(own: dspy.Module) -> Any:
    models = {id(predictor.lm): predictor.lm for predictor in own.predictors()}
    return next(iter(models.values())) if len(models) == 1 else None


def _share_models(program: dspy.Module, models: list[Any]) -> None:
    """Loading a state takes the language models away."""
    for predictor, model in zip(program.predictors(), models, strict=True):
        predictor.lm = model


def _share_callbacks(copied: dspy.Module, own: dspy.Module) -> None:
    """Copying a module takes its callbacks away."""
    theirs = dict(own.named_sub_modules(dspy.Module))
    for name, module in copied.named_sub_modules(dspy.Module):
        if name in theirs:
            module.callbacks = theirs[name].callbacks
