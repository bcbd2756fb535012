"""Dataset versions: immutable sets of examples with their sides, statistics and provenance."""

from ratchet.datasets.folder import DatasetFolder
from ratchet.datasets.layout import LATEST
from ratchet.datasets.records import (
    Dataset,
    DatasetDiff,
    DatasetVersion,
    MetadataChange,
    QualityScores,
    Statistics,
)

__all__ = [
    "LATEST",
    "Dataset",
    "DatasetDiff",
    "DatasetFolder",
    "DatasetVersion",
    "MetadataChange",
    "QualityScores",
    "Statistics",
]
