"""The options that the rollout commands share, and the desk that they work at."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ratchet.cli.arguments import known_signature, load
from ratchet.errors import InputError

if TYPE_CHECKING:
    from ratchet.control import Clock, Controller
    from ratchet.rollout import RolloutPolicy
    from ratchet.settings import Settings
    from ratchet.store import RolloutRecord

UNKNOWN_USER = "unknown"

RolloutId = Annotated[
    str | None,
    typer.Argument(metavar="ID", help="The rollout, as `list` names it.", show_default=False),
]
OfSignature = Annotated[
    str | None,
    typer.Option(
        "--signature", "-s", metavar="NAME", help="The rollout of this signature, in place of ID."
    ),
]
Actor = Annotated[
    str, typer.Option(metavar="NAME", help="Who decides. [default: the user of this machine]")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept with the decision.")]
Policy = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="standard, daily, or a JSON or TOML file.")
]
Mode = Annotated[
    Literal["guarded", "exact"] | None,
    typer.Option(help="Judge by evidence, or by the plain rule at each gate. [default: guarded]"),
]
OnDeadline = Annotated[
    Literal["decide", "pause"] | None,
    typer.Option(help="What an undecided stage does in the end. [default: decide]"),
]
Allocation = Annotated[
    Literal["fixed", "thompson"] | None,
    typer.Option(help="How the share moves within a stage. [default: fixed]"),
]
ClockFile = Annotated[
    Path | None,
    typer.Option(hidden=True, help="A file that holds the time, for demonstrations and tests."),
]


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What a command works with: the settings, the controller over the open store, a clock."""

    settings: Settings
    controller: Controller
    clock: Clock

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def chosen(
        self, experiment_id: str | None, signature: str | None, *, or_ended: bool = False
    ) -> RolloutRecord:
        """The rollout that a command is about.

        Args:
            experiment_id: Its name.
            signature: Or its signature, whose active rollout is meant.
            or_ended: Whether the newest one will do when none is active, and the only active
                one when neither name nor signature is given.

        Raises:
            InputError: there is none, or it is not clear which; the message says what to do.
        """
        if experiment_id and signature:
            raise InputError("Give the ID of a rollout or --signature, not both.")
        if experiment_id:
            return self.controller.record(experiment_id)
        if signature:
            known_signature(signature)
        elif not or_ended:
            raise InputError(
                "Give the ID of a rollout (see `ratchet rollout list`) or --signature."
            )
        return self.controller.record(self._found(signature, or_ended=or_ended))

    def _found(self, signature: str | None, *, or_ended: bool) -> str:
        rollouts = self.controller.store.rollouts
        active = rollouts.list(signature=signature, only_active=True)
        if len(active) > 1:
            names = ", ".join(found.experiment_id for found in active)
            raise InputError(f"There are {len(active)} active rollouts; give one of {names}.")
        if active:
            return active[0].experiment_id
        ended = rollouts.list(signature=signature)
        if or_ended and ended:
            return ended[0].experiment_id
        of = f" of {signature}" if signature else ""
        kind = "" if or_ended else "active "
        raise InputError(
            f"There is no {kind}rollout{of}. See `ratchet rollout list`, or begin one with "
            "`ratchet rollout start`."
        )


@contextmanager
def opened(clock_file: Path | None = None) -> Iterator[Desk]:
    """A desk on the store of the settings, closed at the end."""
    from ratchet.control import Controller, SimulatedClock, SystemClock
    from ratchet.store import open_store

    settings = load()
    with open_store(settings.store_url) as store:
        yield Desk(
            settings=settings,
            controller=Controller(
                store=store, programs=settings.programs_folder, routing=settings.routing_file
            ),
            clock=SimulatedClock(clock_file) if clock_file else SystemClock(),
        )


def named_actor(given: str) -> str:
    """Who gives a command: the name that was given, or the user of this machine."""
    if given.strip():
        return given
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container whose user has no name
        return UNKNOWN_USER


def policy_from(
    given: str,
    *,
    mode: str | None = None,
    on_deadline: str | None = None,
    allocation: str | None = None,
) -> RolloutPolicy:
    """The policy of a preset or file, with what the options say in its place.

    Raises:
        ConfigurationError: the policy is wrong; the message names the value.
        InputError: there is no such preset or file, or the file is broken.
    """
    from ratchet.rollout import RolloutPolicy

    options = {"mode": mode, "on_deadline": on_deadline, "allocation": allocation}
    changes = {name: value for name, value in options.items() if value is not None}
    return RolloutPolicy.from_json({**_policy_document(given), **changes})


def _policy_document(given: str) -> dict[str, Any]:
    import tomllib

    from ratchet.control.driving import PRESETS
    from ratchet.files import read_json

    path = Path(given)
    if given in PRESETS:
        return {"preset": given}
    if not path.is_file():
        raise InputError(f"There is no policy {given!r}: use standard, daily, or an existing file.")
    if path.suffix == ".toml":
        try:
            return tomllib.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path} can not be read: {error}.") from error
    document = read_json(path)
    if not isinstance(document, dict):
        raise InputError(f"{path} holds no policy: write a JSON object.")
    return document
