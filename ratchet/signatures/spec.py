"""The contract of a signature: its typed fields, invariants, metric, gate policy and vocabulary.

A `SignatureSpec` is light: it imports neither DSPy nor pandera. The DSPy class is made from
it by `ratchet.signatures.dspy_class`, the validation schema by `ratchet.quality.schema`.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args, get_origin

from ratchet.errors import ConfigurationError
from ratchet.examples import Difficulty
from ratchet.signatures.coverage_plan import CoveragePlan

Values = Mapping[str, Any]
"""The inputs or the outputs of one example, keyed by field name."""

Invariant = Callable[[Values, Values], Iterator[str]]
"""Takes inputs and outputs; yields a sentence for each way in which they contradict."""

FieldType = type | types.GenericAlias | Any
FIELD_TYPES = (str, int, bool, list[str], list[int], dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Score:
    """What a metric says of one prediction: `value` in 0..1 and a sentence of `feedback`."""

    value: float
    feedback: str

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"A score is 0..1, not {self.value}.")


Metric = Callable[[Values, Values, Values], Score]
"""Takes inputs, the labelled outputs and the predicted outputs."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One typed field of a signature.

    `type` is str, int, bool, list[str], list[int], dict[str, str] or a Literal of strings.
    `minimum` and `maximum` bound an int; `min_items` and `max_items` the length of a list
    or dict. `is_value` says of a text that it is a value (the answer to a problem) and no
    prose: its style is not judged.

    Raises:
        ConfigurationError: the type is none of these.
    """

    name: str
    type: FieldType
    description: str
    minimum: int | None = None
    maximum: int | None = None
    min_items: int = 0
    max_items: int | None = None
    is_value: bool = False

    def __post_init__(self) -> None:
        if self.type not in FIELD_TYPES and get_origin(self.type) is not Literal:
            names = ", ".join(getattr(t, "__name__", str(t)) for t in FIELD_TYPES)
            raise ConfigurationError(
                f"Field {self.name!r} has the type {self.type}; use one of {names} or a Literal."
            )

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed words of a Literal field; empty for the others."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()

    @property
    def type_name(self) -> str:
        """The type in words, as messages show it."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if isinstance(self.type, types.GenericAlias):
            return str(self.type)
        return str(self.type.__name__)

    def problem(self, value: Any) -> str | None:
        """Say what is wrong with `value`, or return None; nothing is converted."""
        if not self._has_type(value):
            return f"{self.name} must be {self.type_name}, not {_shown(value)}"
        if isinstance(value, list | dict):
            return self._length_problem(len(value))
        if type(value) is int:
            return self._range_problem(value)
        return None

    def _has_type(self, value: Any) -> bool:
        if self.choices:
            return value in self.choices
        if self.type in (str, int, bool):
            return type(value) is self.type
        if self.type == dict[str, str]:
            return isinstance(value, dict) and all(
                type(k) is str and type(v) is str for k, v in value.items()
            )
        (item_type,) = get_args(self.type)
        return isinstance(value, list) and all(type(item) is item_type for item in value)

    def _length_problem(self, length: int) -> str | None:
        if length < self.min_items:
            return f"{self.name} has {length} items; it needs at least {self.min_items}"
        if self.max_items is not None and length > self.max_items:
            return f"{self.name} has {length} items; at most {self.max_items} are allowed"
        return None

    def _range_problem(self, value: int) -> str | None:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            return f"{self.name} is {value}; it must be {low}..{high}"
        return None


DEFAULT_DIFFICULTY_SHARES: Mapping[Difficulty, float] = {
    Difficulty.EASY: 0.30,
    Difficulty.MEDIUM: 0.50,
    Difficulty.HARD: 0.20,
}


@dataclass(frozen=True, kw_only=True)
class GatePolicy:
    """What a set of examples must be like before it may train a program.

    `min_quality` is 0..100 and holds for every example. Shares are 0..1 and may miss their
    target by `share_tolerance`. `label_shares` is keyed by the labels of the signature; an
    empty mapping asks for no balance.
    """

    min_quality: float = 70.0
    difficulty_shares: Mapping[Difficulty, float] = field(
        default_factory=lambda: DEFAULT_DIFFICULTY_SHARES
    )
    label_shares: Mapping[str, float] = field(default_factory=dict)
    share_tolerance: float = 0.10
    min_categories: int = 3
    max_source_share: float = 0.80
    min_examples: int = 10


@dataclass(frozen=True, kw_only=True)
class SignatureSpec:
    """Everything Ratchet knows of one signature.

    `decision` names the boolean output that is the heart of a validator, or is None.
    `told_apart_by` names the fields by which two examples are compared for likeness; empty
    means all inputs, which is right unless the same inputs have many good answers. In them a
    digit counts as `digit_weight` letters: what a problem asks may hang on its numbers.
    `label` sorts outputs into the classes by which splits are stratified. `coverage` says
    which kinds of examples a training set should hold.

    Raises:
        ConfigurationError: field names are repeated, or `decision` is no boolean output.
    """

    name: str
    instructions: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    metric: Metric
    label: Callable[[Values], str]
    invariants: tuple[Invariant, ...] = ()
    policy: GatePolicy = field(default_factory=GatePolicy)
    categories: tuple[str, ...] = ()
    decision: str | None = None
    told_apart_by: tuple[str, ...] = ()
    digit_weight: int = 1
    coverage: CoveragePlan = field(default_factory=CoveragePlan)

    def __post_init__(self) -> None:
        names = [f.name for f in (*self.inputs, *self.outputs)]
        if len(names) != len(set(names)):
            raise ConfigurationError(f"{self.name} names a field twice: {', '.join(names)}.")
        if unknown := set(self.told_apart_by) - set(names):
            raise ConfigurationError(f"{self.name} has no field {', '.join(sorted(unknown))}.")
        if self.decision is not None:
            if self.decision not in self._outputs_by_name:
                raise ConfigurationError(f"{self.name} has no output {self.decision!r}.")
            if self._outputs_by_name[self.decision].type is not bool:
                raise ConfigurationError(f"{self.name}.{self.decision} must be a bool.")

    @cached_property
    def _inputs_by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.inputs}

    @cached_property
    def _outputs_by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.outputs}

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs, in order."""
        return tuple(self._inputs_by_name)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The names of the outputs, in order."""
        return tuple(self._outputs_by_name)

    def problems(self, inputs: Values, outputs: Values) -> list[str]:
        """List every way in which these values break the contract; empty when they hold it.

        Types come first; the invariants are asked only of well-typed values.
        """
        found = [
            *_field_problems("input", self._inputs_by_name, inputs),
            *_field_problems("output", self._outputs_by_name, outputs),
        ]
        if not found:
            for invariant in self.invariants:
                found.extend(invariant(inputs, outputs))
        return found


def _field_problems(part: str, fields: Mapping[str, Field], values: Values) -> Iterator[str]:
    missing = [name for name in fields if name not in values]
    for name in missing:
        yield f"{part} {name} is missing"
    for name in values:
        if name not in fields:
            yield f"{part} {name} is unknown{_suggestion(name, missing or list(fields))}"
    for name, spec in fields.items():
        if name in values and (problem := spec.problem(values[name])):
            yield f"{part} {problem}"


def _suggestion(name: str, candidates: list[str]) -> str:
    from ratchet.signatures.nearest import nearest_name

    best = nearest_name(name, candidates)
    return f"; did you mean {best}?" if best else ""


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"
