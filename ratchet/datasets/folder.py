"""The folder of dataset versions: publish, add, list, load, compare and verify."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from ratchet.datasets.archive_file import archived_names
from ratchet.datasets.difference import compare
from ratchet.datasets.draft import Draft, SplitOptions, make_draft
from ratchet.datasets.layout import (
    LATEST,
    latest_folder,
    signature_folder,
    version_folders,
    version_names,
    version_order,
)
from ratchet.datasets.publication import one_writer, point_latest, write_version
from ratchet.datasets.reading import read_dataset, read_version
from ratchet.datasets.records import Dataset, DatasetDiff, DatasetVersion
from ratchet.datasets.verification import problems_of
from ratchet.errors import DatasetError
from ratchet.examples import Example
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import SignatureSpec
from ratchet.splits import DEFAULT_SALT, DEFAULT_SHARES, Side

logger = logging.getLogger(__name__)

LOCK_TIMEOUT_SECONDS = 60.0
SHOWN_VERSIONS = 5


@dataclass(frozen=True)
class DatasetFolder:
    """All versions of all signatures under `root`."""

    root: Path
    lock_timeout_seconds: float = LOCK_TIMEOUT_SECONDS

    def publish(
        self,
        spec: SignatureSpec,
        examples: Iterable[Example],
        *,
        now: datetime,
        notes: str = "",
        parent: str | None = LATEST,
        linked: Iterable[tuple[str, str]] = (),
        forgotten: Collection[str] = (),
        shares: Mapping[Side, float] = DEFAULT_SHARES,
        salt: str = DEFAULT_SALT,
    ) -> DatasetVersion:
        """Publish exactly `examples` as a new version and make it the latest.

        Every group keeps the side it has in `parent`; None starts the sides afresh. `linked`
        are pairs of near-duplicates, by example id, that must not meet across sides.
        `forgotten` are the ids that the store forgot on request: they are left out. When the
        latest version already holds the same content on the same sides, it is returned, and
        `is_new` is False. `now` must be aware.

        Raises:
            DatasetError: there is nothing to publish, an example breaks the contract of
                `spec`, the parent is unknown, or the folder can not be written.
        """
        options = SplitOptions(shares=shares, salt=salt, linked=tuple(linked))
        given = _without_forgotten(examples, forgotten)
        with self._writing(spec.name) as folder:
            dataset = self._parent(spec.name, parent)
            draft = make_draft(spec, given, parent=dataset, options=options, notes=notes, now=now)
            return _publish(folder, draft)

    def add(
        self,
        spec: SignatureSpec,
        examples: Iterable[Example],
        *,
        now: datetime,
        notes: str = "",
        linked: Iterable[tuple[str, str]] = (),
        forgotten: Collection[str] = (),
        shares: Mapping[Side, float] = DEFAULT_SHARES,
        salt: str = DEFAULT_SALT,
    ) -> DatasetVersion:
        """Publish the latest version together with `examples`; the first call starts the set.

        An example that the latest version holds already stays as it is there, unless it is
        one of the `forgotten` ids: those are left out, old and new alike. Two callers at
        once are served one after the other, so that neither loses its examples.

        Raises:
            DatasetError: as for `publish`.
        """
        options = SplitOptions(shares=shares, salt=salt, linked=tuple(linked))
        given = tuple(examples)
        with self._writing(spec.name) as folder:
            dataset = self._parent(spec.name, LATEST)
            held = dataset.examples if dataset else ()
            everything = _without_forgotten((*held, *given), forgotten)
            draft = make_draft(
                spec, everything, parent=dataset, options=options, notes=notes, now=now
            )
            return _publish(folder, draft)

    def signatures(self) -> tuple[str, ...]:
        """The signatures that have versions, sorted."""
        if not self.root.is_dir():
            return ()
        return tuple(sorted(path.name for path in self.root.iterdir() if version_folders(path)))

    def versions(self, signature: str) -> list[DatasetVersion]:
        """All versions of a signature, the oldest first.

        A version whose metadata is damaged is logged and left out; `verify` says what is wrong.
        """
        found = []
        for folder in version_folders(signature_folder(self.root, signature)):
            try:
                found.append(read_version(folder))
            except DatasetError as error:
                logger.warning("A version is left out of the list: %s", error)
        return found

    def latest(self, signature: str) -> DatasetVersion | None:
        """The version that `latest` shows, or None when nothing was published.

        Raises:
            DatasetError: its metadata is damaged.
        """
        folder = latest_folder(signature_folder(self.root, signature))
        return read_version(folder) if folder else None

    def load(self, signature: str, version: str = LATEST) -> Dataset:
        """Read a version with its examples and sides.

        Raises:
            DatasetError: there is no such version (the message names those there are), or it
                is damaged.
        """
        return read_dataset(self._find(signature, version))

    def diff(self, signature: str, old: str, new: str = LATEST) -> DatasetDiff:
        """Compare two versions: examples added, removed and changed, and the drift.

        Raises:
            DatasetError: as for `load`.
        """
        return compare(self.load(signature, old), self.load(signature, new))

    def verify(self, signature: str, version: str = LATEST) -> list[str]:
        """List everything that is wrong with a version on disk; empty when it is whole.

        Raises:
            DatasetError: there is no such version.
        """
        return problems_of(self._find(signature, version))

    def _writing(self, signature: str) -> AbstractContextManager[Path]:
        folder = signature_folder(self.root, signature)
        return one_writer(folder, timeout_seconds=self.lock_timeout_seconds)

    def _parent(self, signature: str, version: str | None) -> Dataset | None:
        """The version that sides come from; the newest one where the link was lost."""
        if version is None:
            return None
        folder = signature_folder(self.root, signature)
        if version != LATEST:
            return read_dataset(self._find(signature, version))
        newest = latest_folder(folder) or next(reversed(version_folders(folder)), None)
        return read_dataset(newest) if newest else None

    def _find(self, signature: str, version: str) -> Path:
        folder = signature_folder(self.root, signature)
        wanted = version_order(version)
        if version == LATEST:
            found = latest_folder(folder)
        else:
            found = next(
                (p for p in version_folders(folder) if version_order(p.name) == wanted), None
            )
        if found is None:
            raise DatasetError(self._unknown(signature, version, folder))
        return found

    def _unknown(self, signature: str, version: str, folder: Path) -> str:
        names = [path.name for path in version_folders(folder)]
        if version in archived_names(folder):
            return (
                f"{signature} {version} is archived. Bring it back with `ratchet dataset restore "
                f"{signature} {version}`."
            )
        if not names:
            known = self.signatures()
            best = nearest_name(signature, known) if signature not in known else None
            hint = f" Did you mean {best}?" if best else ""
            return f"{signature} has no versions in {self.root}.{hint}"
        newest = ", ".join(reversed(names[-SHOWN_VERSIONS:]))
        more = f" and {len(names) - SHOWN_VERSIONS} older" if len(names) > SHOWN_VERSIONS else ""
        if version == LATEST:
            return (
                f"{signature} has no valid link {folder / LATEST}; name a version: {newest}{more}. "
                "Publishing makes the link anew."
            )
        best = nearest_name(version, names)
        hint = f" Did you mean {best}?" if best else ""
        return f"{signature} has no version {version!r}.{hint} There are: {newest}{more}."


def _without_forgotten(
    examples: Iterable[Example], forgotten: Collection[str]
) -> tuple[Example, ...]:
    given = tuple(examples)
    kept = tuple(e for e in given if e.example_id not in forgotten) if forgotten else given
    if len(kept) < len(given):
        logger.info("%d forgotten examples are left out of the version.", len(given) - len(kept))
    return kept


def _publish(folder: Path, draft: Draft) -> DatasetVersion:
    existing = _published_already(folder, draft)
    path = existing or write_version(folder, version_names(draft.created), draft.files)
    if latest_folder(folder) != path:
        point_latest(folder, path)
    return replace(read_version(path), is_new=existing is None, split_report=draft.split.report)


def _published_already(folder: Path, draft: Draft) -> Path | None:
    """The latest version, or one that a killed writer left before it moved the link."""
    latest = latest_folder(folder)
    for path in _not_before(latest, version_folders(folder)):
        try:
            version = read_version(path)
            if version.content_sha256 != draft.content_sha256:
                continue
            dataset = read_dataset(path)
        except DatasetError:
            continue
        is_child = version.parent_version == draft.parent_version
        if (path == latest or is_child) and draft.is_same_as(dataset):
            return path
    return None


def _not_before(latest: Path | None, folders: Sequence[Path]) -> Sequence[Path]:
    return folders[folders.index(latest) :] if latest in folders else folders
