"""The `ratchet` command: every stage of the cycle, and the cycle itself.

Exit codes: 0 done; 1 done, but what was asked for was not reached (a gate refused, a
signature failed, the language model or its budget gave out); 2 wrong use, configuration or
input; 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
import traceback

from ratchet.errors import ModelError, RatchetError
from ratchet.logs import redacted

EXIT_NOT_REACHED = 1
EXIT_WRONG_USE = 2
EXIT_INTERRUPTED = 130


def main() -> None:
    """Run the command line and leave with its exit code."""
    from ratchet.cli.app import app

    try:
        app()
    except RatchetError as error:
        sys.stderr.write(f"ratchet: {redacted(str(error))}\n")
        sys.exit(EXIT_NOT_REACHED if isinstance(error, ModelError) else EXIT_WRONG_USE)
    except Exception:  # noqa: BLE001 - a mistake of ours; its trace is for a report, not its secrets
        sys.stderr.write(redacted(traceback.format_exc()))
        sys.exit(EXIT_NOT_REACHED)
