"""The domains of the template grammar, one module for each category of the vocabulary."""

from __future__ import annotations

from ratchet.collect.templates.domains import (
    algorithms,
    api,
    authentication,
    cli,
    concurrency,
    configuration,
    data,
    database,
    files,
    infrastructure,
    observability,
    performance,
    security,
    ui,
)
from ratchet.collect.templates.grammar import Feature

FEATURES: tuple[Feature, ...] = (
    *algorithms.FEATURES,
    *api.FEATURES,
    *authentication.FEATURES,
    *cli.FEATURES,
    *concurrency.FEATURES,
    *configuration.FEATURES,
    *data.FEATURES,
    *database.FEATURES,
    *files.FEATURES,
    *infrastructure.FEATURES,
    *observability.FEATURES,
    *performance.FEATURES,
    *security.FEATURES,
    *ui.FEATURES,
)
