"""Production telemetry: what feedback confirmed or corrected becomes examples, the rest work."""

from ratchet.collect.telemetry.collecting import collect_telemetry
from ratchet.collect.telemetry.curation import CurationItem, CurationQueue, curation_queue
from ratchet.collect.telemetry.feedback import MIN_QUALITY

__all__ = [
    "MIN_QUALITY",
    "CurationItem",
    "CurationQueue",
    "collect_telemetry",
    "curation_queue",
]
