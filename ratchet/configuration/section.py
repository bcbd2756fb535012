"""What every section of the settings is: frozen, strict about names, documented key by key."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

PERCENT = 100.0


class Section(BaseModel):
    """A table of `ratchet.toml`; an unknown key in it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


def percent_of_share(value: Any) -> Any:
    """A quality on the older 0..1 scale as 0..100; anything else as it is.

    >>> percent_of_share(0.7), percent_of_share(70), percent_of_share("0.55")
    (70.0, 70, 55.0)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value  # pydantic says what is wrong with it
    return round(number * PERCENT, 6) if 0 < number <= 1 and value is not True else value
