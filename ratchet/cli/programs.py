"""`ratchet programs`: the program versions, what is in them, and how they were judged."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import (
    AsJson,
    MaybeSignatureName,
    PictureFile,
    known_signature,
    load,
)
from ratchet.cli.terminal import print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.control.reigns import Reign
    from ratchet.programs import ProgramVersion
    from ratchet.settings import Settings
    from ratchet.store import EvaluationRecord, ProgramRecord, Store

app = typer.Typer(
    no_args_is_help=True, help="Program versions: list them, look into one, see who was champion."
)

CHAMPION = "champion"
PLAIN = "the plain program"
OWN = "the app's own program"


@dataclass(frozen=True, kw_only=True)
class _Listed:
    """A version in the list; `verdict` is the newest on it as a candidate."""

    signature: str
    version: str
    kind: str
    optimizer: str
    dataset_version: str | None
    model: str
    verdict: str | None
    baseline_score: float | None
    candidate_score: float | None
    created_at: str
    path: str


@app.command("list")
def list_programs(*, signature: MaybeSignatureName = None, as_json: AsJson = False) -> None:
    """List the program versions, the newest first."""
    from ratchet.store import open_store

    settings = load()
    if signature is not None:
        known_signature(signature)
    with open_store(settings.store_url) as store:
        listed = [_listed(store, record) for record in store.programs.list(signature)]
    if as_json:
        print_json([asdict(program) for program in listed])
        return
    for name in sorted({program.signature for program in listed}):
        rows = [_row(program) for program in listed if program.signature == name]
        print_table(name, ("version", "kind", "made by", "judged"), rows)
    if not listed:
        say("There are no programs yet. Make one with `ratchet optimize` or `ratchet run`.")


@app.command("show")
def show(
    *,
    signature: Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")],
    version: Annotated[
        str, typer.Argument(metavar="VERSION", help="The version, or champion.")
    ] = "latest",
    as_json: AsJson = False,
) -> None:
    """Show a program: its instructions and demonstrations, and how it was judged.

    With --json its whole state, as `dspy.Predict.load` reads it, is under `state`.
    """
    from ratchet.programs import STATE_FILE, describe_state, find_program, read_state
    from ratchet.store import open_store

    spec = known_signature(signature)
    settings = load()
    with open_store(settings.store_url) as store:
        wanted = _champion(store, spec.name) if version == CHAMPION else version
        program = find_program(settings.programs_folder, spec.name, wanted)
        judged = store.evaluations.list(signature=spec.name, candidate_version=program.version)
    state = read_state(settings.programs_folder, program)
    if as_json:
        evaluations = [asdict(evaluation) for evaluation in judged]
        print_json({**program.to_json(), "evaluations": evaluations, "state": state})
        return
    path = program.folder(settings.programs_folder) / STATE_FILE
    _show_metadata(program, str(path))
    say(describe_state(state))
    for evaluation in judged:
        _show_evaluation(evaluation)


@app.command("history")
def history(
    *,
    signature: Annotated[str, typer.Argument(metavar="SIGNATURE", help="The signature.")],
    picture: PictureFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the line of champions, the newest first: since when, by whom, why, by which rollout.

    The picture is that of the scores: baseline and candidate at every evaluation.
    """
    from ratchet.control.reigns import reigns_of
    from ratchet.store import open_store

    spec, settings = known_signature(signature), load()
    with open_store(settings.store_url) as store:
        reigns = reigns_of(store, spec.name)
        if picture is not None:
            _draw_scores(store, settings, spec.name, picture)
    if as_json:
        print_json([reign.to_json() for reign in reigns])
    elif reigns:
        columns = ("champion", "since", "until", "by", "rollout", "against", "why")
        print_table(f"Champions of {spec.name}", columns, map(_reign_row, reigns))
    else:
        say(f"{spec.name} has no champion yet. A completed rollout makes one.")
    if picture is not None and not as_json:
        say(f"Picture: {picture}")


def _draw_scores(store: Store, settings: Settings, signature: str, path: Path) -> None:
    from ratchet.datasets import DatasetFolder
    from ratchet.pictures.reading import picture_of_scores
    from ratchet.pictures.style import format_of, write_picture

    form, folder = format_of(path), DatasetFolder(settings.datasets_folder)
    write_picture(path, picture_of_scores(store, folder, signature, form=form))


def _reign_row(reign: Reign) -> tuple[Any, ...]:
    against = reign.baseline_version or (OWN if reign.experiment_id else reign.previous_version)
    why = reign.reason.removeprefix(f"rollout {reign.experiment_id}: ")
    until = reign.until or "now"
    return reign.version, reign.since, until, reign.actor, reign.experiment_id, against, why


def _champion(store: Store, signature: str) -> str:
    from ratchet.errors import InputError

    champion = store.programs.champion(signature)
    if champion is None:
        raise InputError(f"{signature} has no champion yet; name a version, or leave it out.")
    return champion.version


def _listed(store: Store, program: ProgramRecord) -> _Listed:
    champion = store.programs.champion(program.signature)
    is_champion = champion is not None and champion.version == program.version
    judged = store.evaluations.list(
        signature=program.signature, candidate_version=program.version, limit=1
    )
    newest = judged[0] if judged else None
    return _Listed(
        signature=program.signature,
        version=program.version,
        kind=CHAMPION if is_champion else program.kind.value,
        optimizer=program.optimizer,
        dataset_version=program.dataset_version,
        model=program.model,
        verdict=newest.verdict if newest else None,
        baseline_score=newest.baseline_score if newest else None,
        candidate_score=newest.candidate_score if newest else None,
        created_at=program.created_at.isoformat(),
        path=program.path,
    )


def _row(program: _Listed) -> tuple[Any, ...]:
    return (
        program.version,
        program.kind,
        program.optimizer,
        _judged(program.verdict, program.baseline_score, program.candidate_score),
    )


def _judged(verdict: str | None, baseline: float | None, candidate: float | None) -> str | None:
    """The verdict with the scores that led to it.

    >>> _judged("promote", 0.5, 0.75)
    'promote (0.500 -> 0.750)'
    """
    if verdict is None or baseline is None or candidate is None:
        return verdict
    return f"{verdict} ({baseline:.3f} -> {candidate:.3f})"


def _show_metadata(program: ProgramVersion, path: str) -> None:
    facts = {
        "created": f"{program.created:%Y-%m-%d %H:%M:%S} UTC",
        "made by": f"{program.optimizer} on {program.model}, DSPy {program.dspy_version}",
        "dataset": program.dataset_version or "none",
        "parent": program.parent or PLAIN,
        "notes": program.notes or "none",
        "file": path,
    }
    say(f"{program.signature} {program.version}", style="bold")
    say_all(f"{name:<8} {value}" for name, value in facts.items())


def _show_evaluation(evaluation: EvaluationRecord) -> None:
    said = _judged(evaluation.verdict, evaluation.baseline_score, evaluation.candidate_score)
    say(
        f"Judged {evaluation.created_at:%Y-%m-%d %H:%M} UTC on {evaluation.n} sealed examples of "
        f"{evaluation.dataset_version}, against {evaluation.baseline_version}: {said}",
        style="bold",
    )
    say_all(evaluation.reasons)
