"""The starter sets: curated examples that come with Ratchet, to begin with before any traffic.

They are in `training_data/starter/` of a checkout and in `ratchet/_starter/` of an installed
wheel, one JSON array a signature, in the form of `Example.to_json` without what is computed.
The source of an example is manual when it was written and labelled freely, and synthetic when
its label follows from how it was made (a defect put into sound work, a request written around
a list of requirements); its notes say which, and how the label was checked.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from ratchet.collect.files import read_examples
from ratchet.errors import ConfigurationError
from ratchet.examples import Example, Source

PACKAGED = Path(__file__).parents[1] / "_starter"
CHECKOUT = Path(__file__).parents[2] / "training_data" / "starter"
WRITTEN = datetime(2026, 3, 1, tzinfo=UTC)  # one time for all, so that a set never changes by date


def starter_folder(given: Path | None = None) -> Path:
    """The folder of the starter sets: `given`, or the one that came with Ratchet."""
    if given is not None:
        return given
    return PACKAGED if PACKAGED.is_dir() else CHECKOUT


def starter_signatures(folder: Path | None = None) -> tuple[str, ...]:
    """The signatures that have a starter set, by name."""
    return tuple(sorted(path.stem for path in starter_folder(folder).glob("*.json")))


def starter_file(signature: str, folder: Path | None = None) -> Path:
    """The file of a starter set.

    Raises:
        ConfigurationError: the signature has none; the message names those that do.
    """
    path = starter_folder(folder) / f"{signature}.json"
    if not path.is_file():
        known = ", ".join(starter_signatures(folder)) or "none"
        raise ConfigurationError(
            f"There is no starter set for {signature!r} in {path.parent}; there is one for: "
            f"{known}. Import examples of your own with `ratchet import`."
        )
    return path


def starter_examples(signature: str, *, folder: Path | None = None) -> tuple[Example, ...]:
    """Read the starter set of a signature, not scored yet.

    Raises:
        ConfigurationError: there is none, or it is damaged; the first bad row is named.
    """
    path = starter_file(signature, folder)
    found = read_examples([path], signature=signature, source=Source.MANUAL, now=WRITTEN)
    if found.rejected:
        raise ConfigurationError(
            f"The starter set is damaged: {found.rejected[0]}. Install Ratchet again."
        )
    return found.examples
