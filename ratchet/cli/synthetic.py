"""`ratchet collect synthetic`: examples from templates or by Claude, within a cap and a share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli.arguments import AsJson, SignatureNames, configured, load, wanted_signatures
from ratchet.cli.collect import FOLDER, Output, leave, show
from ratchet.cli.synthetic_views import show_dry_run, show_mixture, show_strategies
from ratchet.cli.terminal import progress_bar, working
from ratchet.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from ratchet.cli.writers import Writer
    from ratchet.cycle.synthetic import Prepared
    from ratchet.settings import Settings


def collect_synthetic(
    *,
    target: Annotated[
        int,
        configured(
            "collection.synthetic_target",
            min=1,
            metavar="N",
            help="Examples wanted, per signature.",
        ),
    ],
    signature: SignatureNames = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed gives other examples.")] = 1,
    lm: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="anthropic/<model> has Claude write them, offline/in-context takes templates. "
            "[default: Claude with ANTHROPIC_API_KEY, otherwise templates]",
        ),
    ] = "",
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME[=SHARE]",
            help="How Claude comes by them: coverage_cell, evolve, counterfactual, persona, "
            "back_translation, failure_driven. Repeatable. [default: all that have something "
            "to start from]",
        ),
    ] = None,
    batch: Annotated[
        bool | None,
        typer.Option(
            "--batch/--no-batch",
            help="Message batches: half the price, up to a day. Killed and started again, the "
            "same command goes on and pays nothing twice. [default: if synthetic.batch is always]",
            show_default=False,
        ),
    ] = None,
    max_cost_usd: Annotated[
        float,
        typer.Option(min=0.0, metavar="USD", help="What Claude may cost for all of them."),
    ] = 5.0,
    for_coverage: Annotated[
        bool,
        typer.Option("--for-coverage", help="First what the accepted examples in the store lack."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show orders and cost; ask and write nothing.")
    ] = False,
    output: Output = None,
    as_json: AsJson = False,
) -> None:
    """Write synthetic examples, from templates or with Claude.

    One JSONL file per signature. Every label of Claude's is confirmed by a second call that
    does not see it. Leaves with 1 when a signature came home with nothing, or when a batch is
    still under way.
    """
    names = wanted_signatures(signature)
    settings = load()
    writer = _writer(settings, lm, max_cost_usd, batch=batch, is_dry=dry_run, strategy=strategy)
    folder = output or settings.home / FOLDER
    with working("Reading the store", quiet=as_json):
        prepared = _prepare(
            settings, names, target, folder, writer, strategies=strategy, for_coverage=for_coverage
        )
    if dry_run:
        show_dry_run(prepared, writer, seed=seed, as_json=as_json)
        return
    _collect(prepared, writer, folder, seed=seed, as_json=as_json)


def _prepare(
    settings: Settings,
    names: Sequence[str],
    target: int,
    folder: Path,
    writer: Writer,
    *,
    strategies: Sequence[str] | None,
    for_coverage: bool,
) -> list[Prepared]:
    from ratchet import signatures
    from ratchet.cli.writers import ClaudeWriter
    from ratchet.collect.claude import Mix
    from ratchet.cycle.synthetic import Places, SyntheticPolicy, prepare

    return [
        prepare(
            signatures.get(name),
            target,
            places=Places(
                store_url=settings.store_url,
                datasets=settings.datasets_folder,
                file=folder / f"{name}.synthetic.jsonl",
            ),
            now=datetime.now(UTC),
            policy=SyntheticPolicy.of(settings),
            mix=Mix.parse(strategies or ()),
            for_coverage=for_coverage,
            for_claude=isinstance(writer, ClaudeWriter),
        )
        for name in names
    ]


def _writer(
    settings: Settings,
    lm: str,
    max_cost_usd: float,
    *,
    batch: bool | None,
    is_dry: bool,
    strategy: Sequence[str] | None,
) -> Writer:
    """Who writes, and how.

    Raises:
        ConfigurationError: a strategy or a batch is asked of the templates, or as in
            `choose_writer`.
    """
    from ratchet.cli.writers import ClaudeWriter, choose_writer
    from ratchet.collect.claude import BatchOptions, Patience

    writer = choose_writer(
        lm or settings.model,
        chosen=bool(lm),
        max_cost_usd=max_cost_usd,
        api_base=settings.api_base or None,
        is_dry=is_dry,
    )
    if not isinstance(writer, ClaudeWriter):
        if strategy or batch:
            raise ConfigurationError(
                "Strategies and batches are Claude's, and here the templates write. Set "
                "ANTHROPIC_API_KEY, or name a model with --lm anthropic/<model>."
            )
        return writer
    own = settings.synthetic
    writer.settings = replace(writer.settings, min_agreement=own.min_agreement)
    if own.writes_in_batches(is_scheduled=False) if batch is None else batch:
        patience = Patience(poll_seconds=own.poll_seconds, max_wait_hours=own.max_wait_hours)
        writer.batch = BatchOptions(folder=settings.cache_folder / "batches", patience=patience)
    return writer


def _collect(
    prepared: Sequence[Prepared], writer: Writer, folder: Path, *, seed: int, as_json: bool
) -> None:
    from ratchet.collect import Collection

    rows, found = [], Collection()
    for part in prepared:
        name = part.spec.name
        with progress_bar(f"Writing {name} with {writer.name}", quiet=as_json) as move:
            written = (
                part.nothing
                if not part.count
                else writer.write(
                    name,
                    part.count,
                    seed=seed,
                    now=datetime.now(UTC),
                    recipe=part.recipe,
                    move=move,
                )
            )
        rows.append(leave(written, name, folder, source="synthetic", target=part.wanted))
        found += Collection(
            examples=written.examples,
            skipped=written.skipped,
            notes=(*written.notes, *part.notes),
        )
        if writer.interrupted:
            break
    if not as_json:
        show_strategies(writer)
        show_mixture(prepared)
    extra = {**writer.bill, "mixture": [part.mixture_json for part in prepared]}
    show(rows, found, as_json=as_json, extra=extra, writer=writer)
