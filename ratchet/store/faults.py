"""What a database error means: what happened, where, and what to do, in one `StoreError`."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ratchet.errors import StoreError

# Keyed by the start of the extended result code: https://www.sqlite.org/rescode.html
_SQLITE: dict[str, str] = {
    "SQLITE_BUSY": (
        "is locked: another process has been writing for longer than we wait. Let it finish or "
        "stop it, then run the same command again; on a network disk use PostgreSQL."
    ),
    "SQLITE_LOCKED": (
        "is locked by another connection of this process. Finish what is reading it and try again."
    ),
    "SQLITE_READONLY": (
        "is read-only. Allow this user to write the file and its folder, or choose another place."
    ),
    "SQLITE_FULL": (
        "can not grow: the disk is full. Free some space and run the same command again; what was "
        "committed is safe."
    ),
    "SQLITE_NOTADB": (
        "is not an SQLite database. Check the URL; move the file away if it is damaged, and "
        "restore a backup."
    ),
    "SQLITE_CORRUPT": (
        "is damaged. Keep a copy of the file, restore the newest backup, or salvage it with "
        "`sqlite3 FILE .recover`."
    ),
    "SQLITE_CANTOPEN": (
        "can not be opened. Check that its folder exists and that this user may write there."
    ),
    "SQLITE_PERM": "is not ours to use. Allow this user to read and write it.",
    "SQLITE_IOERR": (
        "could not be read or written by the operating system. Check the free space, the quota and "
        "the health of the disk."
    ),
    "SQLITE_INTERRUPT": "was interrupted. Run the same command again.",
}

# Keyed by SQLSTATE or its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: dict[str, str] = {
    "28": "refused the user or password. Check both in the database URL.",
    "3D000": "has no such database. Create it (`createdb NAME`) or correct the name in the URL.",
    "42501": "does not let this user do that. Grant it the rights on the schema and its tables.",
    "25006": "is read-only. Connect to the primary server.",
    "53100": "has a full disk. Free some space on the server and run the same command again.",
    "53300": "has no connection left. Raise max_connections or run fewer workers.",
    "53": "has run out of resources. Look at its log and try again.",
    "55P03": "is locked by another session. Let it finish and try again.",
    "40": "gave up this transaction in favour of another. Run the same command again.",
    "57": "was shut down or cut the connection. Check that it runs, and try again.",
    "58": "had a system error. Look at its log and at its disk.",
    "XX": "reports an internal error or damaged data. Look at its log.",
}

# libpq reports a failed connection in words only, without an SQLSTATE.
_CONNECTION: dict[str, str] = {
    "password authentication failed": _POSTGRESQL["28"],
    "no password supplied": _POSTGRESQL["28"],
    "no pg_hba.conf entry": "refuses this user or this machine. See pg_hba.conf on the server.",
    "does not exist": "has no such user or database. Check both in the URL, or create them.",
    "too many clients": _POSTGRESQL["53300"],
    "starting up": "is starting up. Try again in a moment.",
    "shutting down": _POSTGRESQL["57"],
}
_UNREACHABLE = "can not be reached. Check that it runs, and the host and port in the URL."
_UNKNOWN = "refused the operation."


def explain(error: SQLAlchemyError | sqlite3.Error, where: str) -> StoreError:
    """Turn a database error into a `StoreError` about the database `where`.

    The driver's own words follow in brackets; they are cut at the first line, for the
    others repeat the statement and its data.
    """
    cause = (error.orig or error) if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        meaning = _meaning_on_sqlite(cause)
    elif isinstance(error, DBAPIError):
        meaning = _meaning_on_postgresql(cause)
    else:
        meaning = _UNKNOWN
    return StoreError(f"The database {where} {meaning} [{_first_line(cause)}]")


def _meaning_on_sqlite(cause: sqlite3.Error) -> str:
    code = getattr(cause, "sqlite_errorname", "")
    return next((text for name, text in _SQLITE.items() if code.startswith(name)), _UNKNOWN)


def _meaning_on_postgresql(cause: BaseException) -> str:
    state = getattr(cause, "sqlstate", None) or ""
    for code in (state, state[:2]):
        if code in _POSTGRESQL:
            return _POSTGRESQL[code]
    message = str(cause)
    for words, meaning in _CONNECTION.items():
        if words in message:
            return meaning
    return _UNKNOWN if state else _UNREACHABLE


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
