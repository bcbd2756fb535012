"""References: what else still points at an example, so that nobody deletes it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from ratchet.datasets import DatasetFolder
from ratchet.datasets.holdings import holdings
from ratchet.examples import ExampleId
from ratchet.lineage.demonstrations import demonstrations_of
from ratchet.lineage.traffic import deployed_versions
from ratchet.programs import find_program, read_state
from ratchet.signatures.spec import SignatureSpec
from ratchet.splits import Side
from ratchet.store import Store
from ratchet.store.tombstones import inputs_sha256


class Referrer(StrEnum):
    """What may point at an example."""

    TEST_SIDE = "a sealed test side"
    DATASET = "the dataset of a deployed program"
    PROMPT = "the prompt of a deployed program"
    AUDIT = "an audit record"


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One thing that points at an example; `name` is the version or the program."""

    by: Referrer
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class References:
    """Why an example must stay, by its id; the first reference that was found."""

    found: Mapping[ExampleId, Reference] = field(default_factory=dict)


def find_references(
    store: Store, folder: DatasetFolder, programs: Path, spec: SignatureSpec
) -> References:
    """Everything that a deployed program, a sealed test side or an audit record refers to.

    A deployed program is the champion, one that gets traffic, or one of a rollout that has
    not ended. It refers to the dataset version it was made from and to the examples in its
    prompts.

    Raises:
        DatasetError: a version can not be read, so that nobody knows what it refers to.
        StoreError: the store or a deployed program can not be read.
        InputError: the folder of a deployed program is gone.
    """
    signature = spec.name
    found: dict[ExampleId, Reference] = {}
    deployed = deployed_versions(store, signature)
    made_from = _made_from(store, signature, deployed)
    for holding in holdings(folder, signature):
        for example_id in holding.lines:
            if holding.side(example_id) is Side.TEST:
                sealed = Reference(by=Referrer.TEST_SIDE, name=holding.version)
                found.setdefault(example_id, sealed)
        _hold(found, holding.lines, made_from.get(holding.version))
    for version in deployed:
        _hold_demonstrated(found, store, programs, spec, version)
    ids = [example.example_id for example in store.removals.shelved(signature)]
    for example_id in sorted(store.removals.audited(ids)):
        found.setdefault(example_id, Reference(by=Referrer.AUDIT))
    return References(found=found)


def _made_from(store: Store, signature: str, deployed: Collection[str]) -> Mapping[str | None, str]:
    """The deployed program that was made from a dataset version, by that version."""
    records = {record.version: record for record in store.programs.list(signature)}
    return {records[v].dataset_version: v for v in deployed if v in records}


def _hold(
    found: dict[ExampleId, Reference], example_ids: Iterable[ExampleId], program: str | None
) -> None:
    if program is not None:
        for example_id in example_ids:
            found.setdefault(example_id, Reference(by=Referrer.DATASET, name=program))


def _hold_demonstrated(
    found: dict[ExampleId, Reference],
    store: Store,
    programs: Path,
    spec: SignatureSpec,
    version: str,
) -> None:
    """Examples in the prompts, wherever they came from: known by their inputs."""
    state = read_state(programs, find_program(programs, spec.name, version))
    shown = {demo.inputs_sha256(spec) for demo in demonstrations_of(state)}
    if not shown:
        return
    reference = Reference(by=Referrer.PROMPT, name=version)
    for example in store.examples.find(spec.name):
        if inputs_sha256(spec.name, example.inputs) in shown:
            found.setdefault(example.example_id, reference)
