"""Programs as they are served: fetched, their hash checked, fitted to the app, and kept."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any, Self

from ratchet.errors import ConfigurationError, InputError, StoreError
from ratchet.serving.addresses import read_address
from ratchet.serving.counting import Troubles
from ratchet.serving.decision import Decision
from ratchet.serving.forking import watch_forks

Program = Any  # a dspy.Module, or what a test calls one
State = dict[str, Any]

PROGRAM_TROUBLE = "program unusable, the baseline goes on"
RETRY_SECONDS = 30.0
MAX_PROGRAMS = 64


class ProgramShelf:
    """The programs that were loaded, and when one that failed may be tried again."""

    def __init__(self) -> None:
        self._programs: dict[Decision, Program] = {}
        self._retry_at: dict[Decision, float] = {}
        self._lock = threading.Lock()
        self.plain: dict[str, Program] = {}
        watch_forks(self)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """A copied module changes by itself, so it fits programs for itself."""
        return type(self)()

    def __reduce__(self) -> tuple[type[Self], tuple[()]]:
        return type(self), ()

    def program(
        self,
        decision: Decision,
        fit: Callable[[State], Program],
        *,
        troubles: Troubles,
        now: float,
    ) -> Program | None:
        """The program of a decision; None when it can not be served, for half a minute."""
        wanted = decision._replace(variant="", propensity=0.0, experiment_id=None)
        found = self._programs.get(wanted)
        if found is not None:
            return found
        with self._lock:  # one thread loads, the others wait the few milliseconds
            found = self._programs.get(wanted)
            if found is None:
                found = self._load(wanted, fit, troubles, now)
        return found

    def clear(self) -> None:
        """Forget all programs; they are loaded again when they are wanted."""
        with self._lock:
            self._programs.clear()
            self._retry_at.clear()

    def after_fork(self) -> None:
        """The lock may have been held by a thread that stayed in the parent."""
        self._lock = threading.Lock()

    def _load(
        self, wanted: Decision, fit: Callable[[State], Program], troubles: Troubles, now: float
    ) -> Program | None:
        if now < self._retry_at.get(wanted, now):
            troubles.note(PROGRAM_TROUBLE, wanted.address, "it is tried again soon")
            return None
        try:
            program = fit(read_program(wanted.address, wanted.sha256))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the app goes on
            self._retry_at[wanted] = now + RETRY_SECONDS
            troubles.note(PROGRAM_TROUBLE, wanted.address, error)
            return None
        while len(self._programs) >= MAX_PROGRAMS:
            del self._programs[next(iter(self._programs))]
        self._retry_at.pop(wanted, None)
        self._programs[wanted] = program
        troubles.clear(PROGRAM_TROUBLE, wanted.address)
        return program


def read_program(address: str, sha256: str) -> State:
    """Fetch a program's state; nothing of it is looked at before its hash is right.

    Raises:
        InputError: it can not be read.
        StoreError: it is not the program that was published, or no JSON state.
    """
    if not sha256:
        raise StoreError(f"The route gives no sha256 for {address}.")
    content = read_address(address)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256.lower():
        raise StoreError(
            f"{address} is not what was published: its hash is {found[:12]}, "
            f"the route says {sha256[:12]}."
        )
    try:
        state = json.loads(content)
    except ValueError as error:
        raise StoreError(f"{address} is no JSON state of a program: {error}.") from error
    if not isinstance(state, dict):
        raise StoreError(f"{address} is no JSON state of a program.")
    return state


def registered(signature: str) -> Any:
    """The contract of a registered signature, the user's own from the settings included.

    Raises:
        ConfigurationError: there is none of that name.
    """
    from ratchet import signatures

    try:
        return signatures.get(signature)
    except ConfigurationError:
        from ratchet.settings import load_settings

        load_settings()
        return signatures.get(signature)


def plain_program(signature: str) -> Program:
    """A program of a registered signature, without instructions or examples of its own.

    Raises:
        ConfigurationError: no signature has that name.
        InputError: DSPy can not be imported.
    """
    spec = registered(signature)
    try:
        import dspy
    except ImportError as error:
        raise InputError(f"DSPy can not be imported: {error}.") from error
    from ratchet.signatures.dspy_class import build

    return dspy.Predict(build(spec))
