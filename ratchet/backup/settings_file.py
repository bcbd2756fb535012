"""The settings file of a backup: put back before all else, for it says where all else belongs."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from ratchet.backup.folder import Backup
from ratchet.backup.opening import opened, place_part, scratch_folder
from ratchet.backup.places import Part
from ratchet.backup.redaction import HIDDEN
from ratchet.errors import ConfigurationError
from ratchet.files import write_text


def restore_settings_file(backup: Backup, target: Path) -> tuple[str, ...]:
    """Write the settings of a backup to `target` unless there are some; sentences about it.

    Raises:
        ConfigurationError: they are back, but secrets that the backup does not hold are
            missing in them; the message names them.
        StoreError: the backup is damaged, or the file can not be written.
    """
    if target.exists() or not backup.contents.of_part(Part.CONFIGURATION):
        return ()
    text = _text(backup)
    write_text(target, text)
    if hidden := _hidden(tomllib.loads(text), ""):
        raise ConfigurationError(
            f"The settings of the backup are back in {target}, without the secrets, which no "
            f"backup holds. Write them in where it says {HIDDEN} ({', '.join(hidden)}), or remove "
            "the lines and set the RATCHET_ variables, then run the same command again."
        )
    return (f"The settings of the backup are back in {target}.",)


def _text(backup: Backup) -> str:
    with opened(backup) as contents, scratch_folder() as scratch:
        place_part(
            contents,
            backup.contents,
            Part.CONFIGURATION,
            scratch / Part.CONFIGURATION,
            placed=lambda _done, _total, _part: None,
        )
        (file,) = (scratch / Part.CONFIGURATION).iterdir()
        return file.read_text(encoding="utf-8")


def _hidden(value: Any, path: str) -> list[str]:
    """The settings whose value was taken out."""
    if isinstance(value, dict):
        return [
            found
            for key, inner in value.items()
            for found in _hidden(inner, f"{path}.{key}" if path else key)
        ]
    if isinstance(value, list):
        return [found for inner in value for found in _hidden(inner, path)]
    return [path] if isinstance(value, str) and HIDDEN in value else []
