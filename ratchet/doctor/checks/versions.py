"""Whether the installed versions go together."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

from ratchet.doctor.finding import Finding, error, ok, warning
from ratchet.doctor.patient import Patient

NAME = "versions"
PACKAGES = ("prefect", "sqlalchemy", "fastapi", "dspy")
FIX = "Install again from requirements.lock: pip install -r requirements.lock"

VersionOf = Callable[[str], str]


def check(patient: Patient) -> Finding:  # noqa: ARG001 - every check is asked the same way
    """Known mismatches, each of which was met once."""
    return judge(version)


def judge(version_of: VersionOf) -> Finding:
    """Judge what `version_of` says of each package."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version_of(name)
        except PackageNotFoundError:
            return error(NAME, f"{name} is not installed.", FIX)
    said = ", ".join(f"{name} {number}" for name, number in found.items())
    prefect, sqlalchemy, fastapi = (_numbers(found[name]) for name in PACKAGES[:3])
    if prefect < (3, 9) and sqlalchemy >= (2, 1):
        return error(
            NAME, f"{said}: the scheduler of this Prefect plans no runs with SQLAlchemy 2.1.", FIX
        )
    if prefect < (3, 9) and fastapi >= (0, 155):
        return error(NAME, f"{said}: the server of this Prefect does not start with it.", FIX)
    if not (3, 8) <= prefect < (3, 9):
        return warning(NAME, f"{said}: Ratchet was tested with Prefect 3.8.", FIX)
    return ok(NAME, f"{said}.")


def _numbers(text: str) -> tuple[int, ...]:
    """The first two numbers of a version.

    >>> _numbers("2.0.51"), _numbers("0.154.1rc1"), _numbers("3.8rc2")
    ((2, 0), (0, 154), (3, 8))
    """
    import re

    return tuple(int(number) for number in re.findall(r"\d+", text)[:2])
