"""Validation of 100,000 records with the reasons for each bad one, beside pydantic row by row.

    python -m benchmarks.validation [--rows 100000] [--rounds 5]

Both get the same (inputs, outputs) dictionaries of each signature, one in a hundred broken, and
give the reasons of the bad rows by their number. The pydantic model is strict, forbids unknown
fields, has the bounds of the fields, and calls the same invariants in an `after` validator. They
take turns; the figure is the median of the ratios of the rounds.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model, model_validator
from pydantic import Field as ModelField

from benchmarks.import_corpus import NOW
from ratchet import signatures
from ratchet.collect.templates import generate
from ratchet.collect.templates.generation import GRAMMARS
from ratchet.quality.schema import find_problems
from ratchet.signatures.spec import Field, SignatureSpec

DISTINCT = 1_000  # rows of a signature; each is given again, as a copy, until there are enough
BROKEN_EVERY = 100

Row = tuple[dict[str, Any], dict[str, Any]]
Problems = Mapping[int, Sequence[str]]


def rows_of(name: str, count: int, rng: random.Random) -> list[Row]:
    """Rows of a signature; one in a hundred misses a field, or has one of the wrong type."""
    found = generate(name, DISTINCT, seed=1, now=NOW).examples
    rows = []
    for number in range(count):
        example = found[number % len(found)]
        inputs, outputs = dict(example.inputs), dict(example.outputs)
        if number % BROKEN_EVERY == 0:
            field = rng.choice(list(inputs))
            if rng.random() < 0.5:
                del inputs[field]
            else:
                inputs[field] = 17.5
        rows.append((inputs, outputs))
    return rows


def model_of(spec: SignatureSpec) -> type[BaseModel]:
    """The contract as a pydantic model of inputs and outputs."""
    config = ConfigDict(strict=True, extra="forbid")
    parts = {
        part: (
            create_model(part, __config__=config, **{f.name: (typed(f), ...) for f in fields}),  # type: ignore[call-overload]
            ...,
        )
        for part, fields in (("inputs", spec.inputs), ("outputs", spec.outputs))
    }

    def hold(self: Any) -> Any:
        inputs, outputs = self.inputs.__dict__, self.outputs.__dict__
        said = [words for check in spec.invariants for words in check(inputs, outputs)]
        if said:
            raise ValueError("; ".join(said))
        return self

    validators: dict[str, Any] = {"hold": model_validator(mode="after")(hold)}
    model: type[BaseModel] = create_model(  # type: ignore[call-overload]
        spec.name, __config__=config, __validators__=validators, **parts
    )
    return model


def typed(field: Field) -> Any:
    """The type of a field with its bounds."""
    if field.choices or field.type in (str, bool):
        return field.type
    if field.type is int:
        return Annotated[int, ModelField(ge=field.minimum, le=field.maximum)]
    return Annotated[field.type, ModelField(min_length=field.min_items, max_length=field.max_items)]


def by_pydantic(model: type[BaseModel]) -> Callable[[Sequence[Row]], Problems]:
    """Validate row by row, as a loop over records does."""

    def validate(rows: Sequence[Row]) -> Problems:
        problems: dict[int, Sequence[str]] = {}
        for index, (inputs, outputs) in enumerate(rows):
            try:
                model.model_validate({"inputs": inputs, "outputs": outputs})
            except ValidationError as error:
                problems[index] = [f"{e['loc']}: {e['msg']}" for e in error.errors()]
        return problems

    return validate


def seconds(validate: Callable[[Sequence[Row]], Problems], rows: Sequence[Row]) -> float:
    """Processor time of one pass; the bad rows must be the ones that were broken."""
    started = time.process_time()
    problems = validate(rows)
    elapsed = time.process_time() - started
    assert sorted(problems) == list(range(0, len(rows), BROKEN_EVERY))
    return elapsed


def main() -> None:
    parser = argparse.ArgumentParser(description="Batch validation beside pydantic row by row.")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    count = options.rows // len(GRAMMARS)
    ours_total = theirs_total = 0.0
    for name in GRAMMARS:
        spec, rows = signatures.get(name), rows_of(name, count, random.Random(1))
        pydantic = by_pydantic(model_of(spec))
        ours, theirs = [], []
        for _ in range(options.rounds):
            ours.append(seconds(lambda rows, spec=spec: find_problems(spec, rows), rows))  # type: ignore[misc]
            theirs.append(seconds(pydantic, rows))
        ours_total += statistics.median(ours)
        theirs_total += statistics.median(theirs)
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        print(
            f"{name:24} {count:7,} rows  ratchet {statistics.median(ours) / count * 1e6:6.1f} us "
            f"pydantic {statistics.median(theirs) / count * 1e6:6.1f} us  {ratio:.2f} x pydantic"
        )
    print(
        f"all {count * len(GRAMMARS):,} rows: ratchet {ours_total:.2f} s, pydantic "
        f"{theirs_total:.2f} s, {ours_total / theirs_total:.2f} x; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    main()
