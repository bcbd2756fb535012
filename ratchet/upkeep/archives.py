"""Dataset versions: the old ones become archives, of which nothing is lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ratchet.datasets import DatasetFolder
from ratchet.datasets.archiving import archive_version, plan_archiving
from ratchet.datasets.holdings import holding_signatures
from ratchet.datasets.layout import signature_folder
from ratchet.upkeep.places import size_of
from ratchet.upkeep.plan import Freed, Held, Item, Kind, Part


@dataclass(frozen=True, kw_only=True)
class DatasetArchives:
    """Versions of `max_age_days`, but for the newest `keep` of each signature."""

    folder: DatasetFolder
    max_age_days: int
    keep: int
    kind: Kind = Kind.ARCHIVES

    def plan(self, now: datetime) -> Part:
        """The versions that are old enough; a damaged one is held, for somebody to look at."""
        held, items = Held(), []
        for signature in holding_signatures(self.folder):
            plan = plan_archiving(
                self.folder, signature, older_than_days=self.max_age_days, keep=self.keep, now=now
            )
            home = signature_folder(self.folder.root, signature)
            items += [
                Item(
                    kind=self.kind,
                    name=f"{signature}/{version}",
                    reason=f"published more than {self.max_age_days} days ago; becomes an archive",
                    size_bytes=size_of(home / version),
                )
                for version in plan.versions
            ]
            if plan.damaged:
                held["damaged versions"] += len(plan.damaged)
        return Part(kind=self.kind, items=tuple(items), held=dict(held))

    def remove(self, item: Item, now: datetime) -> Freed:  # noqa: ARG002 - a keeper's signature
        """Turn the version into an archive."""
        signature, _, version = item.name.partition("/")
        done = archive_version(self.folder, signature, version)
        return Freed(size_bytes=max(0, done.folder_bytes - done.archive_bytes))
