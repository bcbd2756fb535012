"""What is read before synthetic examples are written: seeds, and how many are admitted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ratchet.collect import Collection
from ratchet.collect.claude import Mix, Recipe, Seeds
from ratchet.collect.claude.mixing import ANY_MIX
from ratchet.collect.claude.seeding import (
    Sealed,
    accepted_parents,
    failures_of_evaluation,
    failures_of_production,
)
from ratchet.collect.claude.strategies import USUAL_LIMITS, EditLimits
from ratchet.collect.mixture import (
    USUAL_MIXTURE,
    Admission,
    MixturePolicy,
    admit,
    measure_mixture,
)
from ratchet.collect.orders import CoverageOrder, orders_for
from ratchet.datasets import Dataset, DatasetFolder
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


@dataclass(frozen=True, kw_only=True)
class SyntheticPolicy:
    """How many synthetic examples are admitted, and what holds for those that Claude writes.

    `since_days` is how far back failures of production are looked for. `min_agreement` is the
    metric score, 0..1, from which the blind label counts as the same.
    """

    mixture: MixturePolicy = USUAL_MIXTURE
    limits: EditLimits = USUAL_LIMITS
    min_agreement: float = 0.6
    since_days: int = 90

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings say."""
        own = settings.synthetic
        return cls(
            mixture=MixturePolicy(max_share=own.max_share, always_admitted=own.always_admitted),
            limits=EditLimits(
                counterfactual_most=own.max_counterfactual_edit,
                evolved_least=own.min_evolved_edit,
            ),
            min_agreement=own.min_agreement,
            since_days=settings.collection.since_days,
        )


USUAL_POLICY = SyntheticPolicy()


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where examples are: the store, the dataset versions, and a file not stored yet, if any."""

    store_url: str = field(repr=False)
    datasets: Path
    file: Path | None = None


def prepare(
    spec: SignatureSpec,
    target: int,
    *,
    places: Places,
    now: datetime,
    policy: SyntheticPolicy = USUAL_POLICY,
    mix: Mix = ANY_MIX,
    for_coverage: bool = False,
    for_claude: bool = True,
) -> Prepared:
    """Read what there is to start from, and how many examples the mixture admits.

    Templates start from the coverage alone, so for them nothing else is read.

    Raises:
        StoreError: the store can not be read.
        DatasetError: the latest dataset version is damaged.
    """
    with open_store(places.store_url) as store:
        mixture = measure_mixture(store, spec.name, pending=_pending(store, places.file))
        admission = admit(spec, mixture, target, policy=policy.mixture)
        orders = _orders(store, spec, admission.admitted) if for_coverage else ()
        seeds = Seeds(orders=orders)
        if for_claude:
            sealed = Sealed.of(_latest(places.datasets, spec.name))
            production = failures_of_production(store, spec, since_days=policy.since_days, now=now)
            seeds = Seeds(
                orders=orders,
                accepted=accepted_parents(store, spec, sealed),
                failures=(*production, *failures_of_evaluation(store, spec, sealed)),
            )
    recipe = Recipe(seeds=seeds, mix=mix, limits=policy.limits)
    return Prepared(spec=spec, recipe=recipe, admission=admission)


def _latest(folder: Path, name: str) -> Dataset | None:
    datasets = DatasetFolder(folder)
    latest = datasets.latest(name)
    return datasets.load(name, latest.version) if latest else None


def _orders(store: Store, spec: SignatureSpec, limit: int) -> tuple[CoverageOrder, ...]:
    """What the coverage plan lacks beside the accepted examples of the store."""
    held = tuple(store.examples.find(spec.name, statuses=USABLE))
    return orders_for(spec, held, limit=limit)


def _pending(store: Store, file: Path | None) -> int:
    """How many examples of the file are not in the store yet."""
    ids = {example.example_id for example in _read(file)} if file else set()
    return len(ids - store.examples.statuses(ids).keys())


def _read(file: Path) -> Iterator[Example]:
    if file.exists():
        yield from (Example.from_json(row) for row in read_jsonl(file))
