"""The demonstrations in a program's prompts, and how each is known again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ratchet.canonical import sha256_of
from ratchet.examples import EXAMPLE_ID_DIGITS, ExampleId
from ratchet.signatures.spec import SignatureSpec
from ratchet.store.tombstones import inputs_sha256

MARKS = frozenset({"augmented"})
"""What DSPy keeps in a demonstration beside its fields."""


@dataclass(frozen=True, kw_only=True)
class Demonstration:
    """One demonstration in the state of a program.

    `is_augmented` says that the outputs were answered by the program itself, from the inputs
    of a training example; otherwise they are the example's label.
    """

    predictor: str
    number: int
    is_augmented: bool
    values: Mapping[str, Any]

    def inputs(self, spec: SignatureSpec) -> dict[str, Any]:
        """What it was asked."""
        return {name: self.values[name] for name in spec.input_names if name in self.values}

    def outputs(self, spec: SignatureSpec) -> dict[str, Any]:
        """What it answers."""
        return {name: self.values[name] for name in spec.output_names if name in self.values}

    def inputs_sha256(self, spec: SignatureSpec) -> str:
        """The hash that an example with the same inputs has, a forgotten one too."""
        return inputs_sha256(spec.name, self.inputs(spec))

    def example_id(self, spec: SignatureSpec) -> ExampleId:
        """The id of the example whose inputs and label these are."""
        content = {
            "signature": spec.name,
            "inputs": self.inputs(spec),
            "outputs": self.outputs(spec),
        }
        return ExampleId(sha256_of(content)[:EXAMPLE_ID_DIGITS])


def demonstrations_of(state: Mapping[str, Any]) -> tuple[Demonstration, ...]:
    """Every demonstration in a program's state, predictor by predictor.

    >>> demos = demonstrations_of({"demos": [{"a": 1, "augmented": True}, {"a": 2}]})
    >>> [(demo.number, demo.is_augmented, demo.values) for demo in demos]
    [(1, True, {'a': 1}), (2, False, {'a': 2})]
    """
    return tuple(_found(state, predictor="self"))


def _found(state: Mapping[str, Any], *, predictor: str) -> Iterator[Demonstration]:
    demos = state.get("demos")
    if isinstance(demos, list):
        for number, demo in enumerate(demos, 1):
            yield Demonstration(
                predictor=predictor,
                number=number,
                is_augmented=bool(demo.get("augmented")),
                values={name: value for name, value in demo.items() if name not in MARKS},
            )
        return
    for name, part in state.items():
        if isinstance(part, Mapping):
            yield from _found(part, predictor=name)
