"""`ratchet config`: the settings in effect, what each means, and changes to them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson
from ratchet.cli.terminal import print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.configuration.editing import Edit
    from ratchet.configuration.effective import Effective

app = typer.Typer(no_args_is_help=True, help="Settings: show, check, explain, set, unset.")

KeyName = Annotated[str, typer.Argument(metavar="KEY", help="The setting: collection.git_target")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would change, and stop.")]


@app.command("show")
def show(
    *,
    section: Annotated[
        str | None, typer.Argument(metavar="SECTION", help="Of this table only. [default: all]")
    ] = None,
    origin: Annotated[bool, typer.Option("--origin", help="Say where each comes from.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the settings in effect; passwords and tokens are masked."""
    from ratchet.configuration.effective import effective_values
    from ratchet.errors import ConfigurationError
    from ratchet.settings import load_settings

    everything = effective_values(load_settings())
    found = [each for each in everything if _is_in(section, each)]
    if not found:
        tables = sorted({each.path.partition(".")[0] for each in everything if "." in each.path})
        raise ConfigurationError(f"There is no table {section!r}; there are {', '.join(tables)}.")
    if as_json:
        print_json({each.path: _as_json(each, origin=origin) for each in found})
        return
    columns = ["setting", "value", "unit", *(["from", "place"] if origin else [])]
    rows = (
        [each.path, _shown(each.value), each.key.unit]
        + ([each.origin.value, each.place] if origin else [])
        for each in found
    )
    print_table("Settings", columns, rows)


@app.command("check")
def check(*, as_json: AsJson = False) -> None:
    """Check the settings file and the environment.

    Leaves with 1 when something is wrong, and says what is allowed.
    """
    from ratchet.configuration.effective import unknown_variables
    from ratchet.configuration.files import read_settings_file
    from ratchet.errors import ConfigurationError
    from ratchet.serving.places import settings_file
    from ratchet.settings import Settings, mistakes_in_settings

    place = settings_file()
    hints: tuple[str, ...] = ()
    mistakes: list[str]
    try:
        hints = read_settings_file().hints
        mistakes = [*mistakes_in_settings(), *unknown_variables(Settings)]
    except ConfigurationError as error:
        mistakes = [str(error)]
    exists = place.path.is_file()
    if as_json:
        print_json(
            {
                "file": str(place.path),
                "exists": exists,
                "mistakes": mistakes,
                "hints": list(hints),
            }
        )
    else:
        say_all(mistakes, indent="Wrong: ")
        say_all(hints, indent="Older name: ")
        source = f"{place.path} and the environment" if exists else "The environment alone"
        say(f"{source}: {'not right' if mistakes else 'right'}.")
    raise typer.Exit(EXIT_NOT_REACHED if mistakes else 0)


@app.command("explain")
def explain(*, key: KeyName, as_json: AsJson = False) -> None:
    """Say what a setting means, what it may be, what it is and where that comes from."""
    from ratchet.configuration.effective import effective_value
    from ratchet.settings import load_settings

    found = effective_value(load_settings(), key)
    if as_json:
        print_json({**asdict(found.key), **_as_json(found, origin=True), "path": found.path})
        return
    say(found.path, style="bold")
    say(found.key.description)
    given = f"{found.origin.value}{f', {found.place}' if found.place else ''}"
    lines = {
        "Value": f"{_shown(found.value)} ({given})",
        "Default": _shown(found.key.default),
        "Type": found.key.type_name,
        "Unit": found.key.unit,
        "Allowed": found.key.allowed,
        "Variable": found.key.variable,
    }
    say_all(f"{name + ':':<10}{text}" for name, text in lines.items() if text)


@app.command("set")
def set_value(
    *,
    key: KeyName,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="Its value.")],
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Write a setting into the settings file, when the whole is right with it.

    Comments and order of the file stay.
    """
    from ratchet.configuration.editing import setting
    from ratchet.settings import SettingsOfFile

    _do(setting(_file(), key, value, model=SettingsOfFile), dry_run=dry_run, as_json=as_json)


@app.command("unset")
def unset(*, key: KeyName, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Take a setting out of the settings file; its default holds from then on."""
    from ratchet.configuration.editing import removal
    from ratchet.settings import SettingsOfFile

    _do(removal(_file(), key, model=SettingsOfFile), dry_run=dry_run, as_json=as_json)


def _do(edit: Edit, *, dry_run: bool, as_json: bool) -> None:
    """Write a change, and say when a variable hides it from this process."""
    from ratchet.configuration.effective import Origin, effective_value
    from ratchet.configuration.tree import variable_of
    from ratchet.settings import load_settings

    if not dry_run and edit.changes_something:
        edit.write()
    if as_json:
        change = {"path": edit.path, "before": edit.before, "after": edit.after}
        print_json({**change, "file": str(edit.file), "written": not dry_run})
        return
    verb = "Would change" if dry_run else "Changed"
    before, after = (
        "not set" if value is None else _shown(value) for value in (edit.before, edit.after)
    )
    say(f"{verb} {edit.path} in {edit.file}: {before} -> {after}")
    found = effective_value(load_settings(), edit.path)
    if found.origin is Origin.ENVIRONMENT:
        say(f"{variable_of(found.path)} is set and wins: it stays {_shown(found.value)} here.")


def _file() -> Path:
    from ratchet.serving.places import settings_file

    return settings_file().path


def _is_in(section: str | None, each: Effective) -> bool:
    return section is None or f"{each.path}.".startswith(f"{section}.")


def _as_json(each: Effective, *, origin: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"value": each.value, "unit": each.key.unit}
    return {**shown, "origin": each.origin.value, "place": each.place} if origin else shown


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(value)
    return "" if value is None else str(value)
