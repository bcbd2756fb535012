"""Program versions on disk: DSPy's own JSON state beside what Ratchet knows of it.

    <folder>/<signature>/<version>/program.json    loadable by plain `dspy.Predict(...).load`
    <folder>/<signature>/<version>/metadata.json

A version is written once, in one step, and never changed. Reading checks its hash. Nothing
is pickled, and only `program_state` and `restore_program` need DSPy.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ratchet.errors import InputError, StoreError

if TYPE_CHECKING:
    import dspy

    from ratchet.signatures.spec import SignatureSpec

SCHEMA_VERSION = 1
STATE_FILE, METADATA_FILE = "program.json", "metadata.json"
HASH_DIGITS = 8  # of the content hash, in a version's name
SHOWN = 300  # characters of a field in `describe_state`


@dataclass(frozen=True, kw_only=True)
class ProgramVersion:
    """One immutable version of a program. `sha256` is that of the bytes of its state."""

    version: str
    signature: str
    created: datetime
    sha256: str
    optimizer: str
    model: str
    dspy_version: str
    dataset_version: str | None = None
    parent: str | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    notes: str = ""

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise InputError(f"created {self.created} has no time zone; use UTC.")

    def folder(self, root: Path) -> Path:
        """Where it is kept under the folder of all programs."""
        return root / self.signature / self.version

    def to_json(self) -> dict[str, Any]:
        """The form of `metadata.json`."""
        document = asdict(self) | {"created": self.created.isoformat()}
        return {"schema_version": SCHEMA_VERSION, **document, "scores": dict(self.scores)}


def publish_program(
    root: Path,
    *,
    signature: str,
    state: Mapping[str, Any],
    created: datetime,
    optimizer: str,
    model: str,
    dataset_version: str | None = None,
    parent: str | None = None,
    scores: Mapping[str, float] | None = None,
    notes: str = "",
) -> ProgramVersion:
    """Write a version, in one atomic step; the same state in the same second is one version.

    Args:
        root: The folder of all programs.
        signature: Its signature.
        state: What `program_state` gave.
        created: The time that names the version.
        optimizer: What made it: baseline, bootstrap, mipro and so on.
        model: The language model it was made for.
        dataset_version: The examples it was made from.
        parent: The version it started from.
        scores: Named scores, 0..1.
        notes: For people.

    Raises:
        StoreError: the folder can not be written.
    """
    content = _state_bytes(state)
    digest = hashlib.sha256(content).hexdigest()
    published = ProgramVersion(
        version=f"v{created.astimezone(UTC):%Y%m%d_%H%M%S}_{digest[:HASH_DIGITS]}",
        signature=signature,
        created=created.astimezone(UTC),
        sha256=digest,
        optimizer=optimizer,
        model=model,
        dspy_version=installed_version("dspy"),
        dataset_version=dataset_version,
        parent=parent,
        scores=dict(scores or {}),
        notes=notes,
    )
    try:
        _write_once(published.folder(root), content, published)
    except OSError as error:
        raise StoreError(
            f"Program {published.folder(root)} can not be written: {error}."
        ) from error
    return find_program(root, signature, published.version)


def list_programs(root: Path, signature: str | None = None) -> tuple[ProgramVersion, ...]:
    """All versions, the oldest first; of one signature when it is given.

    Raises:
        StoreError: a version's metadata is damaged.
    """
    pattern = f"{signature or '*'}/v*/{METADATA_FILE}"
    found = [_read_metadata(path) for path in root.glob(pattern)]
    return tuple(sorted(found, key=lambda p: (p.signature, p.created, p.version)))


def find_program(root: Path, signature: str, version: str = "latest") -> ProgramVersion:
    """The named version of a signature, or its latest.

    Raises:
        InputError: there is none; the message says which there are.
        StoreError: its metadata is damaged.
    """
    versions = list_programs(root, signature)
    if version == "latest" and versions:
        return versions[-1]
    for found in versions:
        if found.version == version:
            return found
    known = ", ".join(p.version for p in versions) or "none"
    raise InputError(f"{signature} has no program {version!r} in {root}; there is: {known}.")


def read_state(root: Path, program: ProgramVersion) -> dict[str, Any]:
    """The state of a version, its hash checked.

    Raises:
        StoreError: the file is missing, or was changed after it was published.
    """
    path = program.folder(root) / STATE_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} can not be read: {error}.") from error
    found = hashlib.sha256(content).hexdigest()
    if found != program.sha256:
        raise StoreError(
            f"{path} was changed after it was published: its hash is {found[:12]}, "
            f"not {program.sha256[:12]}. Restore it from a backup, or publish a new version."
        )
    state: dict[str, Any] = json.loads(content)
    return state


def describe_state(state: Mapping[str, Any]) -> str:
    """Instructions and demonstrations of a state, for reading.

    >>> print(describe_state({"signature": {"instructions": "Sum."}, "demos": [{"a": 1}]}))
    Instructions
      Sum.
    Demonstration 1 of 1 (labelled)
      a: 1
    """
    lines = ["Instructions"]
    lines += [f"  {line}" for line in state["signature"]["instructions"].splitlines()]
    demos = state.get("demos", [])
    for number, demo in enumerate(demos, start=1):
        origin = "answered by the program" if demo.get("augmented") else "labelled"
        lines.append(f"Demonstration {number} of {len(demos)} ({origin})")
        lines += [f"  {k}: {_short(v)}" for k, v in demo.items() if k != "augmented"]
    return "\n".join(lines if demos else [*lines, "No demonstrations"])


def program_state(program: dspy.Module) -> dict[str, Any]:
    """The state that `dspy.Module.load` reads, without the language model.

    The model is left out: which one answers is the deployment's choice, and a state that
    names an endpoint or a class is refused by a careful loader.
    """
    from dspy.utils.saving import get_dependency_versions

    state: dict[str, Any] = program.dump_state()
    for part in (state, *state.values()):
        if isinstance(part, dict) and "lm" in part:
            part["lm"] = None
    return {**state, "metadata": {"dependency_versions": get_dependency_versions()}}


def restore_program(spec: SignatureSpec, state: Mapping[str, Any]) -> dspy.Predict:
    """The program of a state, ready to be called.

    Raises:
        StoreError: the state does not fit the signature.
    """
    import dspy

    from ratchet.signatures.dspy_class import build

    program = dspy.Predict(build(spec))
    fields = len(state["signature"]["fields"])
    if fields != len(spec.input_names) + len(spec.output_names):
        raise StoreError(
            f"The program has {fields} fields and {spec.name} has "
            f"{len(spec.input_names) + len(spec.output_names)}; it was made for another signature."
        )
    program.load_state(dict(state))
    return program


def _state_bytes(state: Mapping[str, Any]) -> bytes:
    text = json.dumps(state, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=False)
    return (text + "\n").encode("utf-8", "surrogatepass")


def _write_once(folder: Path, content: bytes, published: ProgramVersion) -> None:
    """Fill a folder aside and rename it; whoever comes second finds it done."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".publishing-", dir=folder.parent))
    try:
        _write_durably(aside / STATE_FILE, content)
        metadata = json.dumps(published.to_json(), ensure_ascii=False, indent=2) + "\n"
        _write_durably(aside / METADATA_FILE, metadata.encode())
        aside.chmod(0o755)
        try:
            aside.rename(folder)
        except OSError:
            if not (folder / METADATA_FILE).exists():
                raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o444)


def _read_metadata(path: Path) -> ProgramVersion:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        document.pop("schema_version")
        return ProgramVersion(**document | {"created": datetime.fromisoformat(document["created"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{path} is damaged: {error!r}.") from error


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."
