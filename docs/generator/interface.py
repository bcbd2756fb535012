"""The reference of the public API: signatures and docstrings of what apps import."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

from griffe import Docstring

from docs.generator.markdown import cell, table

MODULES = ("ratchet", "ratchet.serving", "ratchet.rollout")
HEAD = """# Python interface

Generated from the docstrings. These modules are what an app may import; everything else may
change without notice. Importing them loads neither DSPy nor Prefect.
"""


def interface_page() -> str:
    """The page: a section for each module, and one for each name in it."""
    return "\n".join([HEAD, *(line for name in MODULES for line in _module(name))])


def public_names(module: str) -> Sequence[str]:
    """What a module offers; its version is no interface to explain."""
    return [name for name in import_module(module).__all__ if not name.startswith("__")]


def _module(name: str) -> Iterator[str]:
    module = import_module(name)
    yield f"\n## `{name}`\n\n{inspect.getdoc(module)}\n"
    for public in public_names(name):
        yield from _member(f"{name}.{public}", getattr(module, public))


def _member(path: str, value: Any) -> Iterator[str]:
    heading = f"\n### `{path}` {{ #{path} }}\n"
    yield heading
    if inspect.isclass(value):
        yield from _class(value)
    elif callable(value):
        yield _code(value.__name__, value)
        yield from _docstring(value)
    else:
        yield f"`{value!r}`\n"


def _class(value: type) -> Iterator[str]:
    if issubclass(value, enum.Enum):
        yield from _docstring(value)
        yield table(("Name", "Value"), [(f"`{m.name}`", f"`{m.value}`") for m in value])
        return
    yield _code(value.__name__, value)
    yield from _docstring(value)
    if value.__init__.__doc__ and value.__init__ is not object.__init__:
        yield from _sections(inspect.cleandoc(value.__init__.__doc__), only=("parameters",))
    rows = [(name, member) for name, member in vars(value).items() if _is_public(name, member)]
    for name, member in rows:
        yield from _method(value.__name__, name, member)


def _is_public(name: str, member: Any) -> bool:
    documented = isinstance(member, property | classmethod | staticmethod) or callable(member)
    return documented and not name.startswith("_") and bool(inspect.getdoc(member))


def _method(owner: str, name: str, member: Any) -> Iterator[str]:
    yield f"\n#### `{owner}.{name}`\n"
    if isinstance(member, property):
        yield from _docstring(member)
        return
    function = member.__func__ if isinstance(member, classmethod | staticmethod) else member
    if callable(function) and not inspect.isclass(function):
        yield _code(name, function)
    yield from _docstring(member)


def _code(name: str, value: Callable[..., Any]) -> str:
    """The signature, a parameter a line when it is long."""
    try:
        signature = _readable(inspect.signature(value))
    except (TypeError, ValueError):
        return ""
    short = f"{name}{signature}"
    if len(short) > 88:
        inner = ",\n".join(f"    {part}" for part in _parameters(signature.parameters))
        returned = signature.return_annotation
        ending = (
            ""
            if returned is inspect.Signature.empty
            else f" -> {inspect.formatannotation(returned)}"
        )
        short = f"{name}(\n{inner},\n){ending}"
    return f"```python {{signature}}\n{short}\n```\n"


class _Written:
    """Something that stands in a signature as this text."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _readable(signature: inspect.Signature) -> inspect.Signature:
    """Annotations without quotes, functions by their names."""
    return signature.replace(
        parameters=[
            parameter.replace(
                annotation=_written(parameter.annotation),
                default=_written_default(parameter.default),
            )
            for parameter in signature.parameters.values()
        ],
        return_annotation=_written(signature.return_annotation),
    )


def _written(annotation: Any) -> Any:
    return _Written(annotation) if isinstance(annotation, str) else annotation


def _written_default(default: Any) -> Any:
    is_function = callable(default) and not inspect.isclass(default)
    return _Written(default.__name__) if is_function else default


def _parameters(parameters: Mapping[str, inspect.Parameter]) -> Iterator[str]:
    is_keyword_only = False
    for parameter in parameters.values():
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY and not is_keyword_only:
            is_keyword_only = True
            yield "*"
        yield str(parameter)


def _docstring(value: Any) -> Iterator[str]:
    text = inspect.getdoc(value)
    if text:
        yield from _sections(text)


def _sections(text: str, only: Sequence[str] = ()) -> Iterator[str]:
    for section in Docstring(text).parse("google", warnings=False):
        kind = section.kind.value
        if only and kind not in only:
            continue
        if kind == "text":
            yield f"{section.value}\n"
        elif kind == "examples":
            yield from (f"```pycon {{doctest}}\n{code}\n```\n" for _, code in section.value)
        elif kind in {"parameters", "raises", "returns", "yields"}:
            yield f"\n{_items(kind, section.value)}\n"


def _items(kind: str, items: Sequence[Any]) -> str:
    title = {"parameters": "Parameter", "raises": "Raises"}.get(kind, kind.capitalize())
    rows = [(_name(item), cell(item.description)) for item in items]
    return table((title, "Meaning"), rows)


def _name(item: Any) -> str:
    name = getattr(item, "name", "") or getattr(item, "annotation", "") or ""
    return f"`{name}`" if name else ""
