"""Stage: collect examples, from git histories, synthetic generation and telemetry."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ratchet import signatures
from ratchet.canonical import sha256_of_text
from ratchet.collect import Collection, claude, templates
from ratchet.collect.git_history import MiningOptions, mine
from ratchet.collect.repositories import bring_repository, head_of
from ratchet.collect.selection import select
from ratchet.collect.telemetry import collect_telemetry
from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.progress import StageProgress, announce
from ratchet.cycle.run_folder import RunFolder
from ratchet.cycle.stage_file import StageFile, StageResult
from ratchet.cycle.synthetic import USUAL_POLICY, Places, Prepared, SyntheticPolicy, prepare
from ratchet.cycle.workspace import ModelConnection, Workspace
from ratchet.examples import Example, Source
from ratchet.optimize.models import CLAUDE_KEY, default_model
from ratchet.quality.gates import collection_message
from ratchet.store import open_store
from ratchet.store.runs import RunStatus

CLAUDE_PROVIDER = "anthropic"
SYNTHETIC_STAGE = "collect_synthetic"
OVERSAMPLING = 2  # the gates choose among more than they keep, to reach the shares


@dataclass(frozen=True, kw_only=True)
class FetchedRepository:
    """A repository on this machine and the sha of its newest commit; "" when it has none."""

    path: Path
    head: str


@dataclass(frozen=True, kw_only=True)
class Collected(StageResult):
    """What one origin brought for one signature; `message` compares it with the target.

    The set may grow by what is extra, over the targets of a run. `cost_usd` and `lm_calls`
    are what it spent on a language model; the cost is None when the price is unknown. `news`
    are sentences that the summary of the run repeats.
    """

    origin: str
    file: StageFile
    message: str
    skipped: Mapping[str, int]
    notes: tuple[str, ...] = ()
    cost_usd: float | None = 0.0
    lm_calls: int = 0
    is_extra: bool = False
    news: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """What came home, against what was wanted."""
        return f"{self.origin}, {self.message}"


@dataclass(frozen=True, kw_only=True)
class Mined:
    """What the repositories brought, by signature."""

    by_signature: Mapping[str, Collected]

    @property
    def headline(self) -> str:
        """How much there is for each signature."""
        parts = (f"{name} {found.file.count}" for name, found in self.by_signature.items())
        return ", ".join(parts)

    @property
    def is_whole(self) -> bool:
        """Whether every file is still there."""
        return all(found.is_whole for found in self.by_signature.values())

    def taken_over_by(self, run: RunFolder) -> Mined:
        """The same with its files copied into `run`."""
        moved = {n: found.taken_over_by(run) for n, found in self.by_signature.items()}
        return Mined(by_signature=moved)


def fetch_repositories(
    workspace: Workspace, locations: Sequence[str]
) -> tuple[FetchedRepository, ...]:
    """Bring every repository to this machine and read its newest commit.

    Raises:
        InputError: a repository can not be used.
    """
    found = []
    for location in locations:
        path = bring_repository(location, cache=workspace.cache, token=workspace.git_token)
        found.append(FetchedRepository(path=path, head=head_of(path)))
    return tuple(found)


def mine_histories(
    run: RunFolder,
    *,
    repositories: Sequence[FetchedRepository],
    names: Sequence[str],
    options: MiningOptions,
    target: int,
    now: datetime,
) -> Mined:
    """Mine every repository once, for all signatures; `target` is per signature.

    Up to `OVERSAMPLING` times as many are kept, so that the gates can choose.

    Raises:
        InputError: a repository can not be used.
    """
    found = Collection()
    for repository in repositories:
        found += mine(repository.path, options, now=now, signatures=names)
    return Mined(
        by_signature={
            name: _write(run, name, Source.GIT, _part(found, name, target), target=target)
            for name in names
        }
    )


def collect_synthetic(
    workspace: Workspace,
    run: RunFolder,
    signature: str,
    *,
    target: int,
    seed: int,
    now: datetime,
    max_cost_usd: float | None = None,
    policy: SyntheticPolicy = USUAL_POLICY,
    batches: BatchTerms,
) -> Collected:
    """Generate examples: by Claude where it is the language model, from templates otherwise.

    What Claude writes is labelled again by a second call that does not see the label. Never
    more are asked for than the share of synthetic examples admits. `batches` says whether
    Claude is asked at once, and what earlier runs have left with it is taken too.

    Raises:
        ModelError: Claude refused the key.
        ConfigurationError: there is neither Claude nor a template for the signature.
    """
    settings = claude_settings(workspace.model, max_cost_usd=max_cost_usd)
    prepared = prepare(
        signatures.get(signature),
        target,
        places=Places(store_url=workspace.store_url, datasets=workspace.datasets),
        now=now,
        policy=policy,
        for_claude=settings is not None,
    )
    if settings is None:
        found = templates.generate(signature, prepared.count, seed=seed, now=now)
        return _noted(_write(run, signature, Source.SYNTHETIC, found, target=target), prepared)
    settings = replace(settings, min_agreement=policy.min_agreement)
    commission = _commission(prepared, settings, seed=seed, now=now)
    return _noted(_by_claude(run, commission, batches, target=target), prepared)


def _commission(
    prepared: Prepared, settings: claude.ClaudeSettings, *, seed: int, now: datetime
) -> claude.Commission:
    return claude.Commission(
        signature=prepared.spec.name,
        count=prepared.count,
        settings=settings,
        seed=seed,
        now=now,
        recipe=prepared.recipe,
        progress=_progress(prepared.spec.name),
    )


def _by_claude(
    run: RunFolder, commission: claude.Commission, batches: BatchTerms, *, target: int
) -> Collected:
    from ratchet.cycle.writing import write_with_claude

    written = write_with_claude(commission, batches)
    if written.interrupted:
        raise KeyboardInterrupt
    return replace(
        _write(run, commission.signature, Source.SYNTHETIC, written, target=target),
        cost_usd=written.cost_usd,
        lm_calls=written.calls,
        news=written.news,
    )


def _progress(signature: str) -> claude.Progress:
    """Tell whoever watches the run how far the writing is."""

    def tell(done: int, total: int, remark: str) -> None:
        announce(
            StageProgress(
                signature=signature, stage=SYNTHETIC_STAGE, done=done, total=total, message=remark
            )
        )

    return tell


def _noted(collected: Collected, prepared: Prepared) -> Collected:
    """The same with the reason why fewer were asked for than wanted, if they were."""
    return replace(collected, notes=(*collected.notes, *prepared.notes))


def collect_from_telemetry(
    workspace: Workspace,
    run: RunFolder,
    signature: str,
    *,
    target: int,
    since_days: int,
    now: datetime,
) -> Collected:
    """Bring the requests of production that feedback corrected or confirmed.

    Up to `OVERSAMPLING` times as many are kept, so that the gates can choose. That there is
    nothing is no failure: the message says so.

    Raises:
        StoreError: the store can not be read.
    """
    with open_store(workspace.store_url) as store:
        found = collect_telemetry(store.payloads, signature, since_days=since_days, now=now)
    chosen = _part(found, signature, target)
    collected = _write(run, signature, Source.TELEMETRY, chosen, target=target)
    if found.examples or not found.notes:
        return collected
    return replace(collected, message=found.notes[0])


def last_arrival(workspace: Workspace) -> int:
    """The number of the newest telemetry row: with another one, collecting may bring more."""
    with open_store(workspace.store_url) as store:
        return store.telemetry.last_arrival()


def growth(options: ImprovementOptions, collected: Sequence[Collected]) -> int:
    """How many examples more than the latest version the next one may have.

    What telemetry did not bring is not made up for by the other sources, and what is extra
    takes no place away from them.
    """
    brought = sum(c.file.count for c in collected if c.origin == Source.TELEMETRY)
    from_telemetry = min(options.telemetry_target, brought)
    extra = sum(c.file.count for c in collected if c.is_extra)
    return options.git_target + options.synthetic_target + from_telemetry + extra


def claude_settings(
    model: ModelConnection, *, max_cost_usd: float | None = None
) -> claude.ClaudeSettings | None:
    """How Claude writes examples; None when the language model is another one.

    Without a `max_cost_usd` the default cap of `ClaudeSettings` holds.
    """
    provider, _, name = (model.name or default_model()).partition("/")
    if provider != CLAUDE_PROVIDER:
        return None
    settings = claude.ClaudeSettings(
        api_key=model.api_key or os.environ.get(CLAUDE_KEY, ""),
        base_url=model.api_base,
        model=name,
    )
    return settings if max_cost_usd is None else replace(settings, max_cost_usd=max_cost_usd)


def seed_of_round(seed: int, finished_runs: int) -> int:
    """The seed of synthetic generation: another one after each finished run.

    A run that was interrupted and is started again generates the same examples, and repeats
    none of its paid calls; the run after a finished one brings new examples.

    >>> seed_of_round(7, 0) == seed_of_round(7, 0) != seed_of_round(7, 1)
    True
    """
    return int(sha256_of_text(f"{seed}:{finished_runs}")[:8], 16)


def finished_runs(workspace: Workspace) -> int:
    """How many runs went to their end."""
    with open_store(workspace.store_url) as store:
        return len(store.runs.list(status=RunStatus.SUCCEEDED, limit=1_000_000))


def _part(found: Collection, signature: str, target: int) -> Collection:
    """The examples of one signature, balanced as its policy wants."""
    examples = [example for example in found.examples if example.signature == signature]
    chosen = select(signatures.get(signature), examples, target * OVERSAMPLING)
    return Collection(examples=chosen.examples, skipped=found.skipped, notes=found.notes)


def _write(
    run: RunFolder, signature: str, source: Source, found: Collection, *, target: int
) -> Collected:
    path = run.collected(signature, source.value)
    return Collected(
        run_path=run.path,
        leaves=run.relative(path),
        origin=source.value,
        file=StageFile.write(path, found.examples),
        message=collection_message(len(found.examples), target),
        skipped=dict(found.skipped),
        notes=found.notes,
    )


def read_all(files: Sequence[StageFile]) -> tuple[Example, ...]:
    """The examples of several files, each content once."""
    merged: dict[str, Example] = {}
    for file in files:
        merged.update({example.example_id: example for example in file.read()})
    return tuple(merged.values())
