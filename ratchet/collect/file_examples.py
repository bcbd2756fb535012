"""One row of a file made into an example: its fields found, its metadata completed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ratchet.canonical import canonical_json, sha256_of
from ratchet.collect.column_mapping import ColumnMapping
from ratchet.collect.older_shapes import Shape, modernise
from ratchet.collect.row import Row
from ratchet.collect.text_cells import typed, typed_metadata
from ratchet.datasets.content import inputs_group
from ratchet.errors import InputError
from ratchet.examples import Difficulty, Example, Source
from ratchet.quality.contract import holds_contract
from ratchet.quality.difficulty import assess_difficulty
from ratchet.signatures import registry
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import SignatureSpec
from ratchet.signatures.vocabulary import categorise

PARTS: Mapping[str, str] = {
    "inputs": "inputs",
    "outputs": "outputs",
    "metadata": "metadata",
    "input": "inputs",
    "output": "outputs",
}
METADATA_NAMES = (
    "signature",
    "source",
    "difficulty",
    "category",
    "notes",
    "group_id",
    "quality_score",
    "created_at",
    "timestamp",
    "provenance",
)
IGNORED_NAMES = ("example_id", "status", "split")  # ours to decide, whoever wrote the file
FACT_NAMES = ("id", "domain", "quality")  # of the older store; kept as provenance
OLDER_INPUTS = ("code_sample", "review_findings", "work_item")
MISSPELT = 80.0  # of 100: "difficulity" and "catagory" are, "author" and "tags" are facts
UNIT_SCALE_NOTE = "quality scores of at most 1 are read on the scale 0..1 and times 100"

Values = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RowContext:
    """What holds for rows that do not say it themselves.

    `facts` go into the provenance (licence, origin), `mapping` says which column is what.
    """

    signature: str | None
    source: Source
    now: datetime
    facts: Mapping[str, str] = field(default_factory=dict)
    mapping: ColumnMapping = field(default_factory=ColumnMapping)


@dataclass(frozen=True, kw_only=True)
class ReadRow:
    """An example and what an operator should know of how it was read."""

    example: Example
    notes: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Parts:
    inputs: Values
    outputs: Values
    metadata: Values


def example_of_row(row: Row, *, file: str, context: RowContext) -> ReadRow:
    """Make an example of a row.

    Raises:
        InputError: the row can not be one; the message names every wrong field and the
            nearest right one.
        ConfigurationError: the signature that the row names is unknown.
    """
    if not isinstance(row.value, dict):
        raise InputError(f"the row is {_kind(row.value)}; it must be an object")
    value, missing = context.mapping.apply(row.value)
    if context.mapping.fields:
        value = _with_facts(value)
    spec = _spec_of(value, context)
    parts = _parts_of(value, spec)
    if row.is_text:
        parts = _typed(spec, parts, context.mapping.list_separator)
    _check_metadata_names(parts.metadata)
    shape = modernise(spec.name, parts.inputs, parts.outputs)
    if not holds_contract(spec, shape.inputs, shape.outputs):
        problems = spec.problems(shape.inputs, shape.outputs)
        if problems:
            raise InputError("; ".join(problems))
    read = _example(spec, shape, parts.metadata, row=row, file=file, context=context)
    return replace(read, missing_columns=missing)


def _with_facts(value: Values) -> Values:
    """The row with its columns that mean nothing here as facts: who maps some names no others."""
    specs = [registry.get(name) for name in registry.names()]
    known = {name for spec in specs for name in (*spec.input_names, *spec.output_names)}
    known |= {*PARTS, *METADATA_NAMES, *IGNORED_NAMES, *FACT_NAMES, *OLDER_INPUTS}
    facts = {name: value[name] for name in value if name not in known and value[name] != ""}
    metadata = value.get("metadata", {})
    if not facts or not isinstance(metadata, dict):
        return value
    kept = {name: inner for name, inner in value.items() if name in known}
    return {**kept, "metadata": {**facts, **metadata}}


def _typed(spec: SignatureSpec, parts: _Parts, separator: str) -> _Parts:
    inputs, outputs = typed(spec, parts.inputs, parts.outputs, separator=separator)
    return _Parts(inputs=inputs, outputs=outputs, metadata=typed_metadata(parts.metadata))


def _spec_of(value: Values, context: RowContext) -> SignatureSpec:
    metadata = value.get("metadata")
    said = value.get("signature") or (
        metadata.get("signature") if isinstance(metadata, dict) else None
    )
    if said is not None and not isinstance(said, str):
        raise InputError(f"signature must be a text, not {_kind(said)}")
    if context.signature is not None and said not in {None, context.signature}:
        raise InputError(f"the row is of {said}, but {context.signature} was asked for")
    if name := context.signature or said:
        return registry.get(name)
    return _spec_by_fields(value)


def _spec_by_fields(value: Values) -> SignatureSpec:
    """The one signature whose inputs and outputs the row has."""
    fields = set(value)
    for name in PARTS:
        if PARTS[name] != "metadata" and isinstance(value.get(name), dict):
            fields |= set(value[name])
    specs = [registry.get(name) for name in registry.names()]
    fitting = [s for s in specs if {*s.input_names, *s.output_names} <= fields]
    if len(fitting) != 1:
        found = f"fits {', '.join(s.name for s in fitting)}" if fitting else "fits none"
        raise InputError(
            f"the row names no signature and {found} by its fields; "
            "name one for the file, or in metadata.signature"
        )
    return fitting[0]


def _parts_of(value: Values, spec: SignatureSpec) -> _Parts:
    """Sort the keys of a row into inputs, outputs and metadata."""
    parts: dict[str, Values] = {"inputs": {}, "outputs": {}, "metadata": {}}
    given = [name for name in PARTS if name in value and not _is_flat_field(name, value, spec)]
    for name in given:
        if not isinstance(value[name], dict):
            raise InputError(f"{name} must be an object, not {_kind(value[name])}")
        if parts[PARTS[name]]:
            raise InputError(f"the row has both {PARTS[name]} and {name}; keep one")
        parts[PARTS[name]] = dict(value[name])
    is_flat = not any(PARTS[name] != "metadata" for name in given)
    for name in value:
        if name in given:
            continue
        if is_flat and (part := _part_of_field(name, spec)):
            parts[part][name] = value[name]
        elif name in (*METADATA_NAMES, *IGNORED_NAMES, *FACT_NAMES):
            parts["metadata"].setdefault(name, value[name])
        elif is_flat and _misspelt(name):
            parts["metadata"][name] = value[name]
        elif is_flat:
            parts[_likely_part(name, spec)][name] = value[name]
        else:
            raise InputError(f"{name} is no part of an example{_suggestion(name, spec)}")
    return _Parts(**parts)


def _is_flat_field(name: str, value: Values, spec: SignatureSpec) -> bool:
    """Whether a field of the signature happens to be called like a part of an example."""
    return name in {*spec.input_names, *spec.output_names} and not isinstance(value[name], dict)


def _part_of_field(name: str, spec: SignatureSpec) -> str | None:
    """The part that a top-level key is a field of.

    Raises:
        InputError: the key is a field and a word of the metadata too.
    """
    part = (
        "inputs" if name in spec.input_names else "outputs" if name in spec.output_names else None
    )
    if part and name in METADATA_NAMES:
        raise InputError(
            f"{name} is a field of {spec.name} and of the metadata; "
            "write the row with inputs, outputs and metadata"
        )
    return part


def _likely_part(name: str, spec: SignatureSpec) -> str:
    """Where an unknown key of a flat row belongs, so that the contract says what it should be."""
    if name in OLDER_INPUTS:
        return "inputs"
    best = nearest_name(name, (*spec.input_names, *spec.output_names))
    return "inputs" if best in spec.input_names else "outputs"


def _suggestion(name: str, spec: SignatureSpec) -> str:
    """Where an unknown key beside inputs and outputs was most likely meant to be."""
    for part, names in (("inputs", spec.input_names), ("outputs", spec.output_names)):
        if name in names:
            return f"; put it into {part}"
    best = nearest_name(name, (*PARTS, *METADATA_NAMES))
    return f"; did you mean {best}?" if best else ""


def _check_metadata_names(metadata: Values) -> None:
    """A misspelt word of the metadata would be lost in silence; other words are facts."""
    for name in metadata:
        best = _misspelt(name)
        if best and best not in metadata:
            raise InputError(f"metadata {name} is unknown; did you mean {best}?")


def _misspelt(name: str) -> str | None:
    """The word of the metadata that `name` is a misspelling of."""
    from rapidfuzz import fuzz

    known = (*METADATA_NAMES, *IGNORED_NAMES, *FACT_NAMES)
    if name in known:
        return None
    best = max(known, key=lambda word: fuzz.ratio(word, name))
    return best if fuzz.ratio(best, name) >= MISSPELT else None


def _example(
    spec: SignatureSpec,
    shape: Shape,
    metadata: Values,
    *,
    row: Row,
    file: str,
    context: RowContext,
) -> ReadRow:
    quality, notes = _quality(metadata)
    created = _word(metadata, "created_at") or _word(metadata, "timestamp")
    difficulty = _word(metadata, "difficulty")
    source = _word(metadata, "source")
    example = Example(
        signature=spec.name,
        inputs=shape.inputs,
        outputs=shape.outputs,
        source=Source.parse(source) if source else context.source,
        difficulty=(
            Difficulty.parse(difficulty)
            if difficulty
            else assess_difficulty(shape.inputs).difficulty
        ),
        category=_word(metadata, "category") or categorise(canonical_json(shape.inputs)),
        notes=_word(metadata, "notes"),
        group_id=_word(metadata, "group_id") or inputs_group(shape.inputs),
        created_at=_time(created) if created else context.now,
        provenance=_provenance(metadata, shape, row=row, file=file, facts=context.facts),
        quality_score=quality,
    )
    return ReadRow(example=example, notes=notes)


def _word(metadata: Values, name: str) -> str:
    value = metadata.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"metadata {name} must be a text, not {_kind(value)}")
    return (value or "").strip()


def _time(text: str) -> datetime:
    """Read an ISO-8601 time; one without a zone is UTC."""
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InputError(f"metadata time {text!r} is not ISO-8601: {error}") from error


def _quality(metadata: Values) -> tuple[float | None, tuple[str, ...]]:
    """The score on the scale 0..100 and a note when it was converted."""
    older = metadata.get("quality")
    value = metadata.get("quality_score")
    if value is None and isinstance(older, dict):
        value = older.get("quality_score")
    if value is None:
        return None, ()
    if type(value) not in {int, float} or not 0 <= value <= 100:
        raise InputError(f"metadata quality_score must be a number 0..100, not {_kind(value)}")
    if 0 < value <= 1:
        return round(value * 100, 6), (UNIT_SCALE_NOTE,)
    return float(value), ()


def _provenance(
    metadata: Values, shape: Shape, *, row: Row, file: str, facts: Mapping[str, str]
) -> Values:
    """The row's own facts before those of the file, and its place: file, row number, hash."""
    given = metadata.get("provenance", {})
    if not isinstance(given, dict):
        raise InputError(f"metadata provenance must be an object, not {_kind(given)}")
    others = {
        name: value
        for name, value in metadata.items()
        if name not in METADATA_NAMES and name not in IGNORED_NAMES
    }
    place = {"file": file, "row": row.number, "sha256": sha256_of(row.value)}
    return {**facts, **others, **given, **shape.facts, **place}


def _kind(value: Any) -> str:
    """What a value is, in the words of JSON."""
    words = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        type(None): "null",
    }
    return words.get(type(value), f"the number {str(value)[:40]}")
