"""A collector that takes telemetry in again and again until its standard input ends.

    python -m tests.faults.collect_telemetry FOLDER DATABASE_URL

It says "ready", waits for a line, and then says "committed" after each commit. Once its input
has ended, it makes one more pass.
"""

from __future__ import annotations

import select
import sys
from pathlib import Path

from ratchet.store import open_store
from ratchet.telemetry import ingest
from tests.builders import NOON

PAUSE_SECONDS = 0.05


def say(word: str) -> None:
    """Tell the test."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    """Collect until the input ends, and then the rest."""
    folder, url = Path(sys.argv[1]), sys.argv[2]
    with open_store(url) as store:
        say("ready")
        sys.stdin.readline()
        while not select.select([sys.stdin], [], [], PAUSE_SECONDS)[0]:
            ingest(store, folder, now=NOON, progress=lambda *_: say("committed"))
        ingest(store, folder, now=NOON)


if __name__ == "__main__":
    main()
