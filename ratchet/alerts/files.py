"""The channel of files: each alert as a JSON document of its own in a folder."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from dataclasses import dataclass
from datetime import UTC
from itertools import count
from pathlib import Path

from ratchet.alerts.channel import DELIVERED, Receipt, not_delivered
from ratchet.alerts.message import Message, Notice

PATTERN = "alert_*.json"


@dataclass(frozen=True, kw_only=True)
class FileChannel:
    """Writes `alert_<level>_<YYYYMMDD_HHMMSS>.json`, whole or not at all, never over another."""

    folder: Path
    name: str = "file"
    is_record: bool = True

    def send(self, message: Message) -> Receipt:
        """Write a file for each alert of the message."""
        try:
            for notice in message.notices:
                write_alert(self.folder, notice)
        except OSError as error:
            return not_delivered(
                f"{self.folder} can not be written: {error.strerror or error}. Free some space "
                "or choose another folder (RATCHET_ALERTS__FOLDER)."
            )
        return DELIVERED


def write_alert(folder: Path, notice: Notice) -> Path:
    """Write one alert; of two with the same name, the second gets a number.

    Raises:
        OSError: the folder can not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(notice.to_json(), indent=2, ensure_ascii=False, default=str) + "\n"
    handle, draft = tempfile.mkstemp(dir=folder, prefix=".alert.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogatepass") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(0o644)
        return _linked(Path(draft), folder, _stem(notice))
    finally:
        with contextlib.suppress(OSError):
            Path(draft).unlink()


def _stem(notice: Notice) -> str:
    alert = notice.alert
    return f"alert_{alert.level.value}_{alert.at.astimezone(UTC):%Y%m%d_%H%M%S}"


def _linked(draft: Path, folder: Path, stem: str) -> Path:
    """Give the draft the first free name; a link, unlike a rename, replaces nothing."""
    for number in count(1):
        path = folder / (f"{stem}.json" if number == 1 else f"{stem}_{number}.json")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
            return path
    raise AssertionError("count() does not end")  # pragma: no cover
