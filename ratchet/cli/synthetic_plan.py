"""What `ratchet collect synthetic` reads before it writes: seeds, and how many are admitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet import signatures
from ratchet.collect import Collection
from ratchet.collect.claude import Mix, Recipe, Seeds
from ratchet.collect.claude.seeding import (
    Sealed,
    accepted_parents,
    failures_of_evaluation,
    failures_of_production,
)
from ratchet.collect.claude.strategies import EditLimits
from ratchet.collect.mixture import Admission, MixturePolicy, admit, measure_mixture
from ratchet.collect.orders import CoverageOrder, orders_for
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example
from ratchet.files import read_jsonl
from ratchet.signatures.spec import SignatureSpec
from ratchet.store import USABLE, Store, open_store

if TYPE_CHECKING:
    from ratchet.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """One signature: what was wanted, what is admitted, and what it is written from."""

    spec: SignatureSpec
    recipe: Recipe
    admission: Admission

    @property
    def wanted(self) -> int:
        """How many were asked for."""
        return self.admission.wanted

    @property
    def count(self) -> int:
        """How many will be written."""
        return self.admission.admitted

    @property
    def notes(self) -> tuple[str, ...]:
        """Why they are fewer, if they are."""
        return (self.admission.reason,) if self.admission.reason else ()

    @property
    def nothing(self) -> Collection:
        """What is collected when nothing is admitted."""
        return Collection(notes=self.notes)

    @property
    def mixture_json(self) -> dict[str, Any]:
        """The mixture before this command, as JSON."""
        mixture = self.admission.mixture
        return {
            **asdict(mixture),
            "share": mixture.share,
            "synthetic_per_real": mixture.ratio,
            "max_share": self.admission.max_share,
            "wanted": self.wanted,
            "admitted": self.count,
        }


def prepare(
    settings: Settings,
    name: str,
    target: int,
    *,
    strategies: Sequence[str],
    file: Path,
    for_coverage: bool,
    for_claude: bool,
) -> Prepared:
    """Read what there is to start from, and how many examples the mixture admits.

    Raises:
        ConfigurationError: a strategy is unknown.
        StoreError: the store can not be read.
    """
    spec, own = signatures.get(name), settings.synthetic
    policy = MixturePolicy(max_share=own.max_share, always_admitted=own.always_admitted)
    limits = EditLimits(
        counterfactual_most=own.max_counterfactual_edit, evolved_least=own.min_evolved_edit
    )
    with open_store(settings.store_url) as store:
        mixture = measure_mixture(store, name, pending=_pending(store, file))
        admission = admit(spec, mixture, target, policy=policy)
        orders = _orders(store, spec, admission.admitted) if for_coverage else ()
        seeds = _seeds(settings, store, spec, orders) if for_claude else Seeds(orders=orders)
    recipe = Recipe(seeds=seeds, mix=Mix.parse(strategies), limits=limits)
    return Prepared(spec=spec, recipe=recipe, admission=admission)


def _seeds(
    settings: Settings, store: Store, spec: SignatureSpec, orders: tuple[CoverageOrder, ...]
) -> Seeds:
    datasets = DatasetFolder(settings.datasets_folder)
    latest = datasets.latest(spec.name)
    dataset = datasets.load(spec.name, latest.version) if latest else None
    sealed, now = Sealed.of(dataset), datetime.now(UTC)
    since_days = settings.collection.since_days
    return Seeds(
        orders=orders,
        accepted=accepted_parents(store, spec, sealed),
        failures=(
            *failures_of_production(store, spec, since_days=since_days, now=now),
            *failures_of_evaluation(store, spec, sealed),
        ),
    )


def _orders(store: Store, spec: SignatureSpec, limit: int) -> tuple[CoverageOrder, ...]:
    """What the coverage plan lacks beside the accepted examples of the store."""
    held = tuple(store.examples.find(spec.name, statuses=USABLE))
    return orders_for(spec, held, limit=limit)


def _pending(store: Store, file: Path) -> int:
    """How many examples of the file are not in the store yet."""
    ids = {example.example_id for example in _read(file)}
    return len(ids - store.examples.statuses(ids).keys())


def _read(file: Path) -> Iterator[Example]:
    if file.exists():
        yield from (Example.from_json(row) for row in read_jsonl(file))
