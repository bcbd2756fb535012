"""Examples on their way from files or the store into a dataset version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ratchet.cli.arguments import load
from ratchet.cli.credentials import login_name
from ratchet.cli.example_files import read_files
from ratchet.cli.terminal import working
from ratchet.cli.validated import described
from ratchet.curation.admission import Admission
from ratchet.cycle.audit_files import record_publication
from ratchet.cycle.curated import Curated, curated
from ratchet.cycle.workspace import split_shares
from ratchet.datasets import DatasetFolder, DatasetVersion
from ratchet.errors import ConfigurationError
from ratchet.examples import Example, ExampleId
from ratchet.quality.deduplication import deduplicate
from ratchet.quality.gate_report import GateReport
from ratchet.quality.gates import check
from ratchet.quality.sampling import select_for_gate
from ratchet.quality.validation import validate
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import USABLE, open_store

FORGOTTEN = "forgotten on request"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """What became of the examples.

    `version` is None when the gates refused the set. `rejected` has a line for every example
    or row that was not taken; `left_out` counts what was not needed.
    """

    version: DatasetVersion | None
    gate: GateReport
    rejected: tuple[str, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class _Candidates:
    """Sound examples; `links` are pairs of near-duplicates, by example id."""

    examples: tuple[Example, ...]
    links: tuple[tuple[str, str], ...] = ()
    rejected: tuple[str, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def publish_set(
    spec: SignatureSpec,
    files: Sequence[Path],
    *,
    from_store: bool,
    select: bool,
    notes: str,
    strict: bool,
) -> Publication:
    """Publish the examples of the files or the store as a version of their own.

    With `select` the largest set is taken that holds the shares of the gates.

    Raises:
        ConfigurationError: files and the store were asked for, or neither.
        DatasetError: there is nothing to publish, or the folder can not be written.
    """
    forgotten = _forgotten(spec)
    found = _candidates(spec, files, (), forgotten, from_store=from_store)
    examples, left_out = found.examples, dict(found.left_out)
    if select:
        selection = select_for_gate(spec, examples)
        examples = selection.examples
        left_out.update(selection.left_out)
    report = check(spec, examples, strict=strict)
    version = None
    if report.accepted or not strict:
        version = _folder().publish(
            spec,
            examples,
            now=datetime.now(UTC),
            notes=notes,
            linked=found.links,
            forgotten=forgotten,
            shares=split_shares(load().optimisation),
        )
        _audit(version)
    return Publication(version=version, gate=report, rejected=found.rejected, left_out=left_out)


def publish_growth(
    spec: SignatureSpec, files: Sequence[Path], *, from_store: bool, notes: str, strict: bool
) -> Publication:
    """Publish the latest version together with the examples of the files or the store.

    Raises:
        ConfigurationError: files and the store were asked for, or neither.
        DatasetError: the latest version is damaged, or the folder can not be written.
    """
    folder = _folder()
    forgotten = _forgotten(spec)
    latest = folder.load(spec.name).examples if folder.latest(spec.name) else ()
    remembered = [example for example in latest if example.example_id not in forgotten]
    earlier = _curated(remembered).examples
    gone = {e.example_id for e in latest} - {e.example_id for e in earlier}
    found = _candidates(spec, files, earlier, forgotten, from_store=from_store)
    report = check(spec, [*earlier, *found.examples], strict=strict)
    version = None
    if report.accepted or not strict:
        version = folder.add(
            spec,
            found.examples,
            now=datetime.now(UTC),
            notes=notes,
            linked=found.links,
            forgotten=forgotten | gone,
            shares=split_shares(load().optimisation),
        )
        _audit(version)
    return Publication(
        version=version, gate=report, rejected=found.rejected, left_out=found.left_out
    )


def _audit(version: DatasetVersion) -> None:
    with open_store(load().store_url) as store:
        record_publication(store, version, actor=login_name(), at=datetime.now(UTC))


def _folder() -> DatasetFolder:
    return DatasetFolder(load().datasets_folder)


def _forgotten(spec: SignatureSpec) -> frozenset[ExampleId]:
    with open_store(load().store_url) as store:
        return store.removals.forgotten(spec.name)


def _candidates(
    spec: SignatureSpec,
    files: Sequence[Path],
    earlier: Sequence[Example],
    forgotten: frozenset[ExampleId],
    *,
    from_store: bool,
) -> _Candidates:
    """What may be published beside the `earlier` examples; nothing that was forgotten."""
    if bool(files) == from_store:
        raise ConfigurationError(
            "Name the files to take examples from, or give --starter or --from-store."
        )
    held = {example.example_id for example in earlier}
    with working(f"Comparing the examples of {spec.name}"):
        if from_store:
            found = _from_store(spec, earlier, held)
        else:
            found = _from_files(spec, files, earlier, held)
    kept = [e for e in found.examples if e.example_id not in forgotten]
    refused = len(found.examples) - len(kept)
    admitted = _curated(kept)
    left_out = {
        **found.left_out,
        **({FORGOTTEN: refused} if refused else {}),
        **admitted.left_out,
    }
    return replace(found, examples=admitted.examples, left_out=left_out)


def _curated(examples: Sequence[Example]) -> Curated:
    """Without what curators took out and, with [curation] require_approval, the unapproved."""
    with open_store(load().store_url) as store:
        return curated(store, examples, Admission.of(load()))


def _from_files(
    spec: SignatureSpec, files: Sequence[Path], earlier: Sequence[Example], held: set[ExampleId]
) -> _Candidates:
    now = datetime.now(UTC)
    found = read_files(files, signature=spec.name, now=now)
    fresh = [example for example in found.examples if example.example_id not in held]
    threshold = load().collection.duplicate_threshold
    report = validate(
        spec,
        fresh,
        stored=earlier,
        threshold=threshold,
        reject_below=load().quality.reject_below,
        now=now,
    )
    return _Candidates(
        examples=report.accepted,
        links=tuple((link.example_id, link.other_id) for link in report.linked),
        rejected=(*map(str, found.rejected), *map(described, report.rejected)),
        left_out={**found.skipped, **_held_already(len(found.examples) - len(fresh))},
    )


def _from_store(
    spec: SignatureSpec, earlier: Sequence[Example], held: set[ExampleId]
) -> _Candidates:
    """Accepted examples are sound; they are compared again to find who must stay together."""
    with open_store(load().store_url) as store:
        usable = tuple(store.examples.find(spec.name, statuses=USABLE))
    fresh = [example for example in usable if example.example_id not in held]
    threshold = load().collection.duplicate_threshold
    outcome = deduplicate(spec, fresh, stored=earlier, threshold=threshold)
    collisions = {**outcome.duplicates, **outcome.conflicts}
    return _Candidates(
        examples=tuple(fresh[place] for place in outcome.kept),
        links=tuple((link.example_id, link.other_id) for link in outcome.links),
        rejected=tuple(f"{c.example_id[:8]}: {c.reason}" for _, c in sorted(collisions.items())),
        left_out=_held_already(len(usable) - len(fresh)),
    )


def _held_already(count: int) -> dict[str, int]:
    return {"in the latest version already": count} if count else {}
