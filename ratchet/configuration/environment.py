"""Settings from the environment: lists may be written as JSON or with commas."""

from __future__ import annotations

from typing import Any, get_origin

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

LISTS = (tuple, list, set, frozenset)


class EnvironmentSource(EnvSettingsSource):
    """Reads RATCHET_* variables; `a, b` is the list of a and b, as `["a", "b"]` is."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """JSON where it is JSON, a list where commas can make one; else the error of JSON."""
        try:
            return super().decode_complex_value(field_name, field, value)
        except ValueError:
            if field is None or get_origin(field.annotation) not in LISTS:
                raise
            return [part.strip() for part in str(value).split(",") if part.strip()]
