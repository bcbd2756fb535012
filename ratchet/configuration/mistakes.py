"""What is wrong with settings, each mistake in a sentence that says what is allowed."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from ratchet.configuration.masking import MASK, is_secret, masked
from ratchet.configuration.tree import find_key
from ratchet.errors import ConfigurationError


def explain(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """A sentence for each mistake, with what was given and what is allowed."""
    return tuple(_sentence(dict(problem), model) for problem in error.errors())


def _sentence(problem: dict[str, Any], model: type[BaseModel]) -> str:
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"{path}: there is no such setting.{_suggestion(model, path)}"
    said = str(problem["msg"]).removeprefix("Value error, ")
    if not path or isinstance(problem.get("input"), dict | BaseModel):
        return f"{path}: {said}" if path else said  # a rule over several values names them itself
    given = MASK if is_secret(path) else repr(masked(path, problem.get("input")))
    return f"{path}: {said} (given: {given}{_allowed(model, path)})"


def _suggestion(model: type[BaseModel], path: str) -> str:
    from ratchet.configuration.tree import keys_of
    from ratchet.signatures.nearest import nearest_name

    known = [key.path for key in keys_of(model)]
    table = path.rpartition(".")[0]
    beside = [name.rpartition(".")[2] for name in known if name.rpartition(".")[0] == table]
    best = nearest_name(path.rpartition(".")[2], beside)
    if best:
        return f" Did you mean {f'{table}.{best}' if table else best}?"
    tables = {name.partition(".")[0] for name in known if "." in name}
    best = nearest_name(path.partition(".")[0], tables)
    return f" Did you mean the table [{best}]?" if best and not table else ""


def _allowed(model: type[BaseModel], path: str) -> str:
    try:
        key = find_key(model, path)
    except ConfigurationError:
        return ""
    return "" if key.allowed == "any" else f"; allowed: {key.allowed}"
