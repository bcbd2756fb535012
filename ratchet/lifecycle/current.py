"""What an optimisation would read now, of every signature that has data or programs."""

from __future__ import annotations

from ratchet.datasets import DatasetFolder
from ratchet.datasets.holdings import holding_signatures
from ratchet.lifecycle.caches import CurrentInputs
from ratchet.store import ProgramKind, Store


def current_inputs(store: Store, folder: DatasetFolder) -> dict[str, CurrentInputs]:
    """The content of the latest dataset version, and the programs it would start from.

    Raises:
        DatasetError: the latest version of a signature is damaged.
        StoreError: the store can not be read.
    """
    programs: dict[str, set[str]] = {}
    for record in store.programs.list():
        champion = store.programs.champion(record.signature)
        is_start = champion.version == record.version if champion else False
        if is_start or (champion is None and record.kind is ProgramKind.BASELINE):
            programs.setdefault(record.signature, set()).add(record.sha256)
    names = {*holding_signatures(folder), *programs}
    return {
        name: CurrentInputs(
            contents=frozenset([latest.content_sha256] if (latest := folder.latest(name)) else ()),
            programs=frozenset(programs.get(name, ())),
        )
        for name in sorted(names)
    }
