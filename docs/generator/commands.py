"""The reference of the command line, walked from the commands themselves."""

from __future__ import annotations

import enum
import inspect
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, get_args

import typer.main

from docs.generator.markdown import cell, table

HEAD = """# Commands

Generated from the commands. `--help` of each says the same; `ratchet --version` says the version.
A default with a dot in it is a [setting](configuration.md).
"""
COLUMNS = ("Option or argument", "Takes", "Default", "Meaning")


@lru_cache(maxsize=1)
def command_tree() -> Any:
    """The `ratchet` command as Click sees it."""
    from ratchet.cli.app import app

    return typer.main.get_command(app)


def commands_of(command: Any, path: tuple[str, ...] = ("ratchet",)) -> Iterator[tuple[str, Any]]:
    """Every command that does something, by its full name, in the order of the help."""
    subcommands = getattr(command, "commands", None)
    if subcommands is None:
        yield " ".join(path), command
        return
    for name, subcommand in subcommands.items():
        yield from commands_of(subcommand, (*path, name))


def command_page() -> str:
    """The page: a section for each command, with its arguments and options."""
    root = command_tree()
    sections = [_section(name, command) for name, command in commands_of(root)]
    overview = table(
        ("Command", "Does"),
        [(f"[`{n}`](#{_anchor(n)})", cell(_first_line(c))) for n, c in commands_of(root)],
    )
    return "\n".join([HEAD, overview, *sections])


def _section(name: str, command: Any) -> str:
    text = inspect.cleandoc(command.help or "").replace("\b\n", "").replace("\f", "")
    parameters = [p for p in command.params if p.name != "help" and not getattr(p, "hidden", False)]
    rows = [_row(parameter) for parameter in parameters]
    return "\n".join(
        ["", f"## `{name}` {{ #{_anchor(name)} }}", "", text, "", table(COLUMNS, rows), ""]
    )


def _row(parameter: Any) -> tuple[str, ...]:
    names = [f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts)]
    shown = ", ".join(names) if parameter.param_type_name == "option" else _argument(parameter)
    required = " (required)" if parameter.required else ""
    return shown + required, _takes(parameter), _default(parameter), cell(_help(parameter))


def _argument(parameter: Any) -> str:
    many = "..." if parameter.nargs == -1 else ""
    return f"`{parameter.name.upper()}{many}`"


def _takes(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    if getattr(parameter, "is_flag", False) or kind is bool:
        return "nothing"
    item = next(iter(get_args(kind)), kind) if get_args(kind) else kind
    low, high = getattr(parameter, "min", None), getattr(parameter, "max", None)
    bounds = [f"from {low:g}"] if low is not None else []
    bounds += [f"up to {high:g}"] if high is not None else []
    repeated = ["repeatable"] if getattr(parameter, "multiple", False) else []
    return ", ".join([_kind(item), *bounds, *repeated])


def _kind(item: Any) -> str:
    if inspect.isclass(item) and issubclass(item, enum.Enum):
        return " \\| ".join(str(member.value) for member in item)
    names = {int: "whole number", float: "number", str: "text", Path: "path"}
    return names.get(item, "text")


def _default(parameter: Any) -> str:
    value, said = parameter.default, getattr(parameter, "show_default", None)
    if isinstance(said, str):
        return f"`{said.removesuffix(' of the settings')}`"
    if callable(value):
        return "*computed*"
    if value is None or value is False or value in ((), [], ""):
        return ""
    if value is True:
        return "on"
    return f"`{getattr(value, 'value', value)}`"


def _help(parameter: Any) -> str:
    return getattr(parameter, "help", None) or ""


def _first_line(command: Any) -> str:
    return inspect.cleandoc(command.help or "").split("\n\n")[0].replace("\n", " ")


def _anchor(name: str) -> str:
    return name.replace(" ", "-")
