"""Names that settings had elsewhere: taken as what they are called now, with a hint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ratchet.errors import ConfigurationError

Document = dict[str, Any]
Parts = tuple[str, ...]

MOVED_TABLES = {
    "training_data.storage": "storage",
    "training_data.bootstrap": "bootstrap",
    "training_data.quality": "quality",
    "training_data.dspy_integration": "dspy_integration",
    "dspy_integration": "optimisation",
    "optimization": "optimisation",
}
ALERT_NAMES = (
    *("email_enabled", "slack_enabled", "file_alerts_enabled", "slack_webhook_url"),
    *("email_smtp_server", "email_smtp_port", "email_from", "email_to"),
    *("email_username", "email_password"),
)
"""Stood at the top of the files that MONITORING_CONFIG named."""
MONITORING_NAMES = (
    *("orchestration_failure_threshold", "ab_test_rollback_alert"),
    *("dataset_quality_drop_threshold", "optimization_no_improvement_threshold"),
)
"""Stood beside them."""

RENAMED = {
    "training_data.collection_mode": "collection.mode",
    "training_data.min_quality_score": "collection.min_quality_score",
    "training_data.min_examples_per_domain": "collection.min_examples_per_domain",
    "training_data.max_examples_per_domain": "collection.max_examples_per_domain",
    "storage.db_path": "database_url",
    "storage.cleanup_after_days": "life.refused_max_age_days",
    "quality.reject_below_score": "quality.reject_below",
    **{name: f"alerts.{name}" for name in ALERT_NAMES},
    **{name: f"monitoring.{name}" for name in MONITORING_NAMES},
}
ALWAYS_ON = {
    "quality.auto_validation": "every example is validated before it is stored",
    "storage.backup_enabled": "what backs up is the nightly deployment, or `ratchet backup create`",
}
"""Switches of elsewhere for what Ratchet always does; `true` is taken and has no effect."""


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A settings file in today's names; `hints` says what was called otherwise."""

    document: Document
    hints: tuple[str, ...] = ()


def translate(document: Mapping[str, Any]) -> Translation:
    """Give every setting its name of today.

    >>> translate({"optimization": {"trials": 20}}).document
    {'optimisation': {'trials': 20}}

    Raises:
        ConfigurationError: a setting is given under both names, or a switch is off for what
            is always done.
    """
    result: Document = {}
    hints: list[str] = []
    moved: dict[str, tuple[str, Any]] = {}
    for parts, value in _leaves(document):
        path = ".".join(parts)
        name = current_name(path)
        if path in ALWAYS_ON or name in ALWAYS_ON:
            hints.append(_always_on(path, ALWAYS_ON[name], value))
        elif name == path:
            _put(result, parts, value)
        else:
            moved[path] = (name, _converted(name, value))
    for path, (name, value) in moved.items():
        if _holds(result, name):
            raise ConfigurationError(f"{path} is now called {name}, and both are given; keep one.")
        _put(result, tuple(name.split(".")), value)
        hints.append(f"{path} is now called {name}.")
    return Translation(document=result, hints=tuple(hints))


def current_name(path: str) -> str:
    """What a setting is called today.

    >>> current_name("training_data.dspy_integration.auto_enable_threshold")
    'optimisation.auto_enable_threshold'
    """
    for old, new in MOVED_TABLES.items():
        if path.startswith(f"{old}."):
            path = new + path.removeprefix(old)
    return RENAMED.get(path, path)


def _always_on(path: str, reason: str, value: Any) -> str:
    if value is not True:
        raise ConfigurationError(f"{path} can not be {value!r}: {reason}. Remove the line.")
    return f"{path} has no effect: {reason}."


def _converted(name: str, value: Any) -> Any:
    """A path to an SQLite file is a URL today."""
    is_path = name == "database_url" and isinstance(value, str) and "://" not in value
    return f"sqlite:///{value}" if is_path else value


def _leaves(document: Mapping[str, Any], above: Parts = ()) -> Iterator[tuple[Parts, Any]]:
    """Every value with the names that lead to it; an empty table counts as a value."""
    for name, value in document.items():
        parts = (*above, str(name))
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, parts)
        else:
            yield parts, value


def _put(document: Document, parts: Parts, value: Any) -> None:
    *tables, name = parts
    for table in tables:
        document = document.setdefault(table, {})
    document[name] = value


def _holds(document: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(document, dict) or name not in document:
            return False
        document = document[name]
    return True
