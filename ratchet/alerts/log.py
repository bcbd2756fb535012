"""The channel of the log: each alert as one line of JSON."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass

from ratchet.alerts.alert import Level
from ratchet.alerts.channel import DELIVERED, Receipt
from ratchet.alerts.message import Message, News

LOGGER = "ratchet.alerts"
LOG_LEVELS = {
    Level.INFO: logging.INFO,
    Level.WARNING: logging.WARNING,
    Level.ERROR: logging.ERROR,
    Level.CRITICAL: logging.CRITICAL,
}


@dataclass(frozen=True, kw_only=True)
class LogChannel:
    """Logs to `ratchet.alerts`, at the level of the alert; that it is over, as information."""

    name: str = "log"
    is_record: bool = True

    def send(self, message: Message) -> Receipt:
        """Log a line for each alert of the message."""
        logger = logging.getLogger(LOGGER)
        if not logger.isEnabledFor(logging.INFO):
            logger.setLevel(logging.INFO)  # switched on means that info is wanted too
        for notice in message.notices:
            line = json.dumps(notice.to_json(), ensure_ascii=False, default=str)
            is_over = notice.news is News.RESOLVED
            level = logging.INFO if is_over else LOG_LEVELS[notice.alert.level]
            if logger.hasHandlers():
                logger.log(level, "%s", line)
            else:  # a command under cron: nobody has set up logging, and stderr is its log
                sys.stderr.write(line + "\n")
        return DELIVERED
