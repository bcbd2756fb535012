"""Files of finished experiments beside the routing; SQL keeps the rollouts and their decisions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from ratchet.control.experiment_files import FOLDER, experiment_file
from ratchet.errors import InputError
from ratchet.serving.routing_file import read_config
from ratchet.store import Store
from ratchet.upkeep.places import remove, size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part

BEFORE, AFTER = "experiment_", ".json"


@dataclass(frozen=True, kw_only=True)
class ExperimentFiles:
    """Files of experiments that ended `max_age_days` ago; `routing` is the routing file."""

    store: Store
    routing: Path
    max_age_days: int
    kind: Kind = Kind.ROLLOUTS

    def plan(self, now: datetime) -> Part:
        """The files of what ended long ago and that the routing does not name."""
        ended = {found.experiment_id: found.ended_at for found in self.store.rollouts.list()}
        routed, held, items = self._routed(), Held(), []
        for path in sorted((self.routing.parent / FOLDER).glob(f"{BEFORE}*{AFTER}")):
            name = path.name.removeprefix(BEFORE).removesuffix(AFTER)
            if name not in ended:
                held["the store does not know"] += 1
                continue
            end = ended[name]
            if end is None or now - end <= timedelta(days=self.max_age_days):
                continue
            if name in routed:
                held["the routing names"] += 1
                continue
            reason = f"ended {(now - end).days} days ago; SQL keeps it"
            items.append(Item(kind=self.kind, name=name, reason=reason, size_bytes=size_of(path)))
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:  # noqa: ARG002 - a keeper's signature
        """Delete the file."""
        return Freed(size_bytes=remove(experiment_file(self.routing, item.name)))

    def _routed(self) -> frozenset[str]:
        """The experiments that SQL or the file gives traffic to; a broken file names none."""
        _, speaking = self.store.rollouts.routing()
        named = {found.experiment_id for found in speaking}
        try:
            routes = read_config(self.routing).routes.values()
        except InputError:
            return frozenset(named)
        return frozenset(named | {route.experiment_id for route in routes})
