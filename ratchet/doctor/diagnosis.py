"""The diagnosis: every check in turn, whatever another one found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from ratchet.doctor.checks import (
    api_key,
    backups,
    clock_skew,
    concurrency_slots,
    database,
    disk,
    git,
    leftovers,
    locks,
    postgres_tools,
    prefect_server,
    routing,
    schedules,
    settings,
    spool,
    versions,
    work_pool,
    workers,
)
from ratchet.doctor.finding import Finding, State, error, skipped
from ratchet.doctor.patient import NotThereError, Patient
from ratchet.errors import RatchetError

Check = Callable[[Patient], Finding]

CHECKS: dict[str, Check] = {
    module.NAME: module.check
    for module in (
        settings,
        versions,
        git,
        api_key,
        database,
        postgres_tools,
        disk,
        prefect_server,
        clock_skew,
        work_pool,
        workers,
        schedules,
        concurrency_slots,
        routing,
        spool,
        backups,
        locks,
        leftovers,
    )
}
"""The checks in the order in which they help: what all others need comes first."""


@dataclass(frozen=True, kw_only=True)
class Mended:
    """What became of a remedy; `said` is what was done, or why it was not."""

    check: str
    is_done: bool
    said: str


def diagnose(patient: Patient) -> Iterator[Finding]:
    """Make every check; one that breaks is a finding of its own."""
    for name, check in CHECKS.items():
        yield _find(name, check, patient)


def mend(findings: Iterable[Finding]) -> Iterator[Mended]:
    """Carry out the remedies; one that fails does not stop the others."""
    for finding in findings:
        if finding.remedy is not None:
            try:
                said = finding.remedy.carry_out()
                yield Mended(check=finding.check, is_done=True, said=said)
            except (RatchetError, OSError) as problem:
                yield Mended(check=finding.check, is_done=False, said=str(problem))


def worst(findings: Iterable[Finding]) -> State:
    """The gravest state among findings."""
    states = {finding.state for finding in findings}
    return next((s for s in (State.ERROR, State.WARNING) if s in states), State.OK)


def _find(name: str, check: Check, patient: Patient) -> Finding:
    try:
        return check(patient)
    except NotThereError as reason:
        return skipped(name, f"Not looked at: {reason}.")
    except RatchetError as problem:
        return error(name, str(problem), "Do what the message says, then run this again.")
    except Exception as problem:  # noqa: BLE001 - a doctor who faints helps nobody
        return error(
            name,
            f"The check itself broke: {type(problem).__name__}: {problem}",
            "Please report this with the output of `ratchet doctor --json`.",
        )
