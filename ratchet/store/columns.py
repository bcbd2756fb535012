"""Column types: what goes into a column comes out again, on every database alike."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from ratchet.canonical import quick_json
from ratchet.errors import InputError

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def refuse_naive(**times: datetime | None) -> None:
    """Check that every given time knows its zone; None is let through.

    Raises:
        InputError: a time has no time zone.
    """
    for name, moment in times.items():
        if moment is not None and moment.tzinfo is None:
            raise InputError(f"{name} {moment} has no time zone; use UTC.")


def storable(text: str) -> str:
    r"""Replace what PostgreSQL can not hold in a text, NUL and lone surrogates, by U+FFFD.

    >>> storable("a\x00b") == "a\N{REPLACEMENT CHARACTER}b"
    True
    """
    return _UNSTORABLE.sub(REPLACEMENT, text)


def dump_json(value: Any) -> str:
    r"""Write compact JSON that any database takes and that reads back as it was.

    Unicode is left as it is, which is shorter; a text with a lone surrogate, which has no
    UTF-8 form, is escaped.

    >>> dump_json({"a": "é"}), dump_json("\udc80")
    ('{"a":"é"}', '"\\udc80"')
    """
    if (quick := quick_json(value, sort_keys=False)) is not None:
        return quick.decode()
    text = _ENCODER.encode(value)
    if text.isascii() or not _UNSTORABLE.search(text):
        return text
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def encode_json(kind: TypeEngine[Any], value: Any) -> str | None:
    """The JSON text of a value for a column of type `kind`, for statements sent to the driver."""
    if value is None:
        return None
    return dump_json(_cleaned(value) if isinstance(kind, Document) else value)


def sqlite_time(moment: datetime) -> str:
    """The text of an aware time as SQLAlchemy writes it for SQLite, for statements to the driver.

    >>> sqlite_time(datetime.fromisoformat("2026-03-01T13:00+01:00"))
    '2026-03-01 12:00:00.000000'
    """
    refuse_naive(time=moment)
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return utc.isoformat(" ", "microseconds").removesuffix("+00:00")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept and returned in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        refuse_naive(time=value)
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy passes it
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class CleanText(TypeDecorator[str]):
    """A text, or a word of a `StrEnum`; see `storable` for the few characters replaced."""

    impl = Text
    cache_ok = True

    def process_bind_param(
        self,
        value: str | None,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy passes it
    ) -> str | None:
        return None if value is None else storable(str(value))


class Document(TypeDecorator[Any]):
    """JSON that is asked questions: JSONB on PostgreSQL, cleaned like `CleanText`."""

    impl = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    cache_ok = True

    def process_bind_param(
        self,
        value: Any,
        dialect: Dialect,  # noqa: ARG002 - SQLAlchemy passes it
    ) -> Any:
        return _cleaned(value)


# JSONB would refuse NUL and rewrite numbers (1e22 becomes an integer), and with them the
# content id; PostgreSQL's json keeps the text as it was written.
ExactJson = JSON(none_as_null=True)
"""JSON whose content must come back exactly: the content id of an example is its hash."""

RowNumber = BigInteger().with_variant(Integer, "sqlite")
"""A number that the database counts up by itself."""


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(key)): _cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_cleaned(item) for item in value]
    return value
