"""What the files of a version hold: one array item and one provenance line an example."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from ratchet.canonical import canonical_json, sha256_of, sha256_of_lines
from ratchet.examples import Difficulty, Example, Source, Status
from ratchet.signatures.vocabulary import categorise
from ratchet.splits import Side

METADATA_FIELDS = (
    "source",
    "difficulty",
    "category",
    "notes",
    "example_id",
    "group_id",
    "quality_score",
)
LINE_FIELDS = ("example_id", "source", "timestamp", "quality_score", "group_id", "split")
OLDER_LINE_FIELDS = ("index", "added_at", "quality")
FACT_PREFIX = "fact_"
UNKNOWN_TIME = datetime(1970, 1, 1, tzinfo=UTC)


def dataset_item(example: Example) -> dict[str, Any]:
    """The form of an example in dataset.json: what is hashed."""
    full = example.to_json()
    metadata = {name: full["metadata"][name] for name in METADATA_FIELDS}
    metadata["quality_score"] = _quality(example)
    return {"inputs": full["inputs"], "outputs": full["outputs"], "metadata": metadata}


def provenance_line(example: Example, *, split: Side | None) -> dict[str, Any]:
    """The form of an example in provenance.jsonl, the source's own facts beside the common ones.

    A fact that is called like a common field is written as `fact_<name>`.
    """
    common = {
        "example_id": example.example_id,
        "source": example.source.value,
        "timestamp": example.created_at.astimezone(UTC).isoformat(),
        "quality_score": _quality(example),
        "group_id": example.group_id,
        "split": split.value if split else None,
    }
    return common | {_fact_name(name): value for name, value in example.provenance.items()}


def example_from(item: Mapping[str, Any], line: Mapping[str, Any], *, signature: str) -> Example:
    """Read an example from its item and its line; what older forms left out is filled in.

    Raises:
        KeyError, TypeError, ValueError, InputError: the item is no example.
    """
    metadata = item.get("metadata", {})
    timestamp = line.get("timestamp", line.get("added_at"))
    quality = metadata.get("quality_score", line.get("quality_score", line.get("quality")))
    return Example(
        signature=signature,
        inputs=item["inputs"],
        outputs=item["outputs"],
        source=Source.parse(metadata.get("source", line.get("source", Source.IMPORT))),
        difficulty=Difficulty.parse(metadata.get("difficulty", Difficulty.MEDIUM)),
        category=metadata.get("category") or categorise(canonical_json(item["inputs"])),
        notes=metadata.get("notes", ""),
        group_id=metadata.get("group_id") or inputs_group(item["inputs"]),
        created_at=_time(timestamp) if timestamp else UNKNOWN_TIME,
        provenance=_facts(line),
        quality_score=quality,
        status=Status.ACCEPTED,
    )


def inputs_group(inputs: Mapping[str, Any]) -> str:
    """The group of examples that say nothing of theirs: those with the same inputs.

    >>> inputs_group({"a": 1})
    'inputs-015abd7f5cc57a2d'
    """
    return f"inputs-{sha256_of(inputs)[:16]}"


def content_sha256(items: Iterable[Mapping[str, Any]]) -> str:
    """Hash the canonical JSON of `items`, ordered by example id, one a line.

    >>> one, two = {"metadata": {"example_id": "1"}}, {"metadata": {"example_id": "2"}}
    >>> content_sha256([one, two]) == content_sha256([two, one])
    True
    """
    ordered = sorted(items, key=lambda item: str(item["metadata"]["example_id"]))
    return sha256_of_lines(canonical_json(item) for item in ordered)


def provenance_sha256(lines: Sequence[Mapping[str, Any]]) -> str:
    """Hash the canonical JSON of the provenance lines, in the order of the file."""
    return sha256_of_lines(canonical_json(line) for line in lines)


def _quality(example: Example) -> float | None:
    """The score as a float always, for 70 and 70.0 would be hashed differently."""
    return None if example.quality_score is None else float(example.quality_score)


def _fact_name(name: str) -> str:
    taken = name in LINE_FIELDS or name in OLDER_LINE_FIELDS or name.startswith(FACT_PREFIX)
    return FACT_PREFIX + name if taken else name


def _facts(line: Mapping[str, Any]) -> dict[str, Any]:
    common = {*LINE_FIELDS, *OLDER_LINE_FIELDS}
    return {
        name.removeprefix(FACT_PREFIX): value for name, value in line.items() if name not in common
    }


def _time(text: str) -> datetime:
    """Read an ISO-8601 time; one without a zone is UTC."""
    time = datetime.fromisoformat(text)
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
