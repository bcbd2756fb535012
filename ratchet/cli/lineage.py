"""`ratchet blame`, `impact` and `forget`: where examples came from, and what they have reached."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson, MaybeSignatureName, known_signature, load
from ratchet.cli.life import DryRun, is_wanted
from ratchet.cli.lineage_views import (
    impact_as_json,
    show_blame,
    show_forgotten,
    show_impact,
    show_plan,
)
from ratchet.cli.terminal import print_json, say, working

if TYPE_CHECKING:
    from ratchet.lineage.blame import Blame
    from ratchet.lineage.forgetting import ForgetPlan, Places
    from ratchet.lineage.impact import Impact
    from ratchet.settings import Settings
    from ratchet.store import Store

CHAMPION = "champion"

Selected = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE|EXAMPLE",
        help="An example id, or one of source=, commit=, repository=, author=, file=, origin=, "
        "request=, strategy=, group=, dataset= with its value.",
    ),
]


def blame(
    *,
    program: Annotated[
        str, typer.Argument(metavar="PROGRAM", help="The version, latest, or champion.")
    ],
    signature: MaybeSignatureName = None,
    as_json: AsJson = False,
) -> None:
    """List the examples in a program's prompts, and where each came from."""
    from ratchet.store import open_store

    settings = load()
    with working("Tracing", quiet=as_json), open_store(settings.store_url) as store:
        found = _blame(store, settings, program, signature)
    if as_json:
        print_json({**asdict(found), "sources": dict(found.sources)})
    else:
        show_blame(found)


def impact(
    *,
    selected: Selected,
    signature: MaybeSignatureName = None,
    picture: Annotated[
        Path | None,
        typer.Option("--picture", metavar="FILE", help="Draw it into this .svg or .png file."),
    ] = None,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print the picture as Mermaid text instead.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the datasets, programs and live traffic that examples have reached.

    Edits and variants of an example belong to it.
    """
    from ratchet.lineage.graph import lineage_graph, mermaid_text
    from ratchet.lineage.picture import draw_lineage

    found = _impact(load(), selected, signature, quiet=as_json or mermaid)
    if picture is not None:
        title = f"What {found.trace.selector} has reached"
        draw_lineage(lineage_graph(found), picture, title=title)
    if mermaid:
        typer.echo(mermaid_text(lineage_graph(found)), nl=False)
    elif as_json:
        print_json(impact_as_json(found))
    else:
        show_impact(found)
        if picture is not None:
            say(f"Picture: {picture}")


def forget(
    *,
    selected: Selected,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept in the audit trail.")
    ],
    signature: MaybeSignatureName = None,
    dry_run: DryRun = False,
    yes: Annotated[bool, typer.Option("--yes", help="Forget without asking.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take examples out of the store for good, and out of all later dataset versions.

    Only hashes stay, so that the content is known again and refused. The programs that learnt
    from it are named, and so are the dataset versions, runs and backups that still hold it:
    those never change and are deleted by people.
    """
    from ratchet.store import open_store

    settings = load()
    _refuse_empty(reason)
    with open_store(settings.store_url) as store:
        with working("Tracing", quiet=as_json):
            plan = _plan(store, settings, selected, signature)
        backups = _backups_with(settings, plan)
        if not as_json:
            show_plan(plan, backups)
        is_done = yes and not dry_run
        if not dry_run and not yes and not as_json:
            something = bool(plan.examples or plan.request_ids)
            is_done = is_wanted("Forget this for good?", is_something=something)
        done = _carry_out(store, settings, plan, reason) if is_done else None
    if as_json:
        print_json(_plan_as_json(plan, backups, done))
    elif done is not None:
        show_forgotten(plan, done)


def _refuse_empty(reason: str) -> None:
    if not reason.strip():
        raise typer.BadParameter("say why; it is kept in the audit trail", param_hint="--reason")


def _blame(store: Store, settings: Settings, program: str, signature: str | None) -> Blame:
    from ratchet.datasets import DatasetFolder
    from ratchet.lineage.blame import blame as blame_program

    name = signature or _signature_of(store, program)
    spec, version = known_signature(name), program
    if program == CHAMPION:
        champion = store.programs.champion(spec.name)
        if champion is None:
            raise typer.BadParameter(f"{spec.name} has no champion yet", param_hint="PROGRAM")
        version = champion.version
    folder = DatasetFolder(settings.datasets_folder)
    return blame_program(store, folder, settings.programs_folder, spec, version)


def _signature_of(store: Store, version: str) -> str:
    """The signature that has a program of this version.

    Raises:
        InputError: none has, or several have one.
    """
    from ratchet.errors import InputError

    names = sorted({p.signature for p in store.programs.list() if p.version == version})
    if len(names) == 1:
        return names[0]
    which = f"{', '.join(names)} have one" if names else "no signature has one"
    raise InputError(
        f"Which program {version}? {which.capitalize()}; add --signature NAME, and see "
        "`ratchet programs list`."
    )


def _impact(settings: Settings, selected: str, signature: str | None, *, quiet: bool) -> Impact:
    from ratchet.datasets import DatasetFolder
    from ratchet.lineage.impact import measure_impact
    from ratchet.lineage.selector import Selector
    from ratchet.store import open_store

    selector = Selector.parse(selected)
    with working("Tracing", quiet=quiet), open_store(settings.store_url) as store:
        return measure_impact(
            store,
            DatasetFolder(settings.datasets_folder),
            settings.programs_folder,
            selector,
            signature=signature,
        )


def _plan(store: Store, settings: Settings, selected: str, signature: str | None) -> ForgetPlan:
    from ratchet.lineage.forgetting import plan_forgetting
    from ratchet.lineage.selector import Selector

    selector = Selector.parse(selected)
    return plan_forgetting(store, _places(settings), selector, signature=signature)


def _carry_out(store: Store, settings: Settings, plan: ForgetPlan, reason: str) -> Any:
    from ratchet.cli.credentials import login_name
    from ratchet.lineage.forgetting import forget as forget_planned

    return forget_planned(
        store,
        _places(settings),
        plan,
        reason=reason,
        actor=login_name(),
        now=datetime.now(UTC),
    )


def _places(settings: Settings) -> Places:
    from ratchet.datasets import DatasetFolder
    from ratchet.lineage.forgetting import Places

    return Places(
        datasets=DatasetFolder(settings.datasets_folder),
        programs=settings.programs_folder,
        cache=settings.cache_folder,
        runs=settings.runs_folder,
    )


def _backups_with(settings: Settings, plan: ForgetPlan) -> list[str]:
    """The backups made since the oldest of the examples: they may hold it."""
    from ratchet.backup.folder import list_backups

    made = [e.content.created_at for e in plan.impact.trace.examples if e.content is not None]
    folder = settings.backup.folder or settings.home.absolute() / "backups"
    return [
        str(backup.path)
        for backup in list_backups(folder)
        if made and (backup.manifest is None or backup.manifest.created >= min(made))
    ]


def _plan_as_json(plan: ForgetPlan, backups: list[str], done: Any) -> dict[str, Any]:
    return {
        "is_dry_run": done is None,
        **impact_as_json(plan.impact),
        "request_ids": plan.request_ids,
        "cache_bytes": plan.cache_bytes,
        "run_files": [str(path) for path in plan.run_files],
        "backups": backups,
        "to_reoptimise": [
            f"{program.signature} {program.version}" for program in plan.impact.to_reoptimise
        ],
        "forgotten": None if done is None else asdict(done),
    }
