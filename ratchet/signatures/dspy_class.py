"""The DSPy form of a signature: its class, its examples, and predictions read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dspy

from ratchet.errors import ConfigurationError, InputError
from ratchet.examples import Example
from ratchet.signatures.nearest import nearest_name
from ratchet.signatures.spec import (
    Field,
    GatePolicy,
    Invariant,
    Metric,
    Score,
    SignatureSpec,
    Values,
)

DspyMetric = Callable[..., Any]
"""A metric as DSPy users write it: takes example, prediction and trace; returns a number, a
bool, or a prediction with `score` and `feedback`."""


@dataclass(frozen=True, kw_only=True)
class PredictionReading:
    """A prediction in the types of its signature, or what is wrong with it.

    `outputs` holds exactly the output fields when nothing is wrong, and is empty otherwise.
    """

    outputs: Values
    problems: tuple[str, ...] = ()

    @property
    def is_malformed(self) -> bool:
        """Whether the model's answer can not be scored; that is an error, not a score of 0."""
        return bool(self.problems)


def build(spec: SignatureSpec) -> type[dspy.Signature]:
    """The `dspy.Signature` subclass of `spec`, with typed and described fields.

    The same contract gives the same class. Pass a new instruction with
    `build(spec).with_instructions(...)`.
    """
    return _build(spec.name, spec.instructions, spec.inputs, spec.outputs)


def spec_from_dspy(
    signature: type[dspy.Signature],
    *,
    metric: Metric,
    label: Callable[[Values], str] | None = None,
    policy: GatePolicy | None = None,
    decision: str | None = None,
    name: str | None = None,
    invariants: tuple[Invariant, ...] = (),
    categories: tuple[str, ...] = (),
) -> SignatureSpec:
    """Make the contract of a signature class that a user wrote for DSPy.

    Args:
        signature: The class; its field types must be among those of `Field`.
        metric: Scores a prediction; wrap one of DSPy's form with `from_dspy_metric`.
        label: Sorts outputs into classes; None takes `decision`, or else the first boolean
            or Literal output, or puts all into one class.
        policy: The gate policy; None takes the default one.
        decision: The boolean output that is the heart of a validator.
        name: The registered name; None takes the name of the class.
        invariants: What outputs must hold besides their types.
        categories: The category vocabulary of its examples.

    Raises:
        ConfigurationError: it is no signature class, or a field has another type.
    """
    if not is_signature_class(signature):
        raise ConfigurationError(f"{signature!r} is not a dspy.Signature class.")
    outputs = tuple(_field(n, info) for n, info in signature.output_fields.items())
    sorted_by = decision or next((f.name for f in outputs if f.type is bool or f.choices), None)
    return SignatureSpec(
        name=name or signature.__name__,
        instructions=signature.instructions,
        inputs=tuple(_field(n, info) for n, info in signature.input_fields.items()),
        outputs=outputs,
        metric=metric,
        label=label or (lambda values: str(values[sorted_by]) if sorted_by else "all"),
        policy=policy or GatePolicy(),
        decision=decision,
        invariants=invariants,
        categories=categories,
    )


def is_signature_class(found: object) -> bool:
    """Whether `found` is a class that DSPy takes for a signature."""
    return isinstance(found, type) and issubclass(found, dspy.Signature)


def from_dspy_metric(metric: DspyMetric) -> Metric:
    """Use a metric of DSPy's form; its number is cut to 0..1."""

    def adapted(inputs: Values, gold: Values, predicted: Values) -> Score:
        example = dspy.Example(**inputs, **gold).with_inputs(*inputs)
        said: Any = metric(example, dspy.Prediction(**predicted), None)
        value = float(said.score if hasattr(said, "score") else said)
        feedback = str(getattr(said, "feedback", f"The score is {value:.2f}."))
        return Score(value=min(1.0, max(0.0, value)), feedback=feedback)

    return adapted


def to_dspy_example(spec: SignatureSpec, example: Example) -> dspy.Example:
    """The example for DSPy, fields in the order of the signature, inputs marked.

    DSPy itself only warns of a missing or unknown field and then trains on prompts that
    lack it; here both are errors.

    Raises:
        InputError: a field is missing, unknown or of another type; it is named.
    """
    problems = [
        *_name_problems("input", spec.input_names, example.inputs),
        *_name_problems("output", spec.output_names, example.outputs),
    ]
    problems += _type_problems(spec.inputs, example.inputs)
    problems += _type_problems(spec.outputs, example.outputs)
    if problems:
        raise InputError(
            f"Example {example.example_id} does not fit {spec.name}: {'; '.join(problems)}."
        )
    values = {name: example.inputs[name] for name in spec.input_names}
    values |= {name: example.outputs[name] for name in spec.output_names}
    return dspy.Example(**values).with_inputs(*spec.input_names)


def read_prediction(spec: SignatureSpec, prediction: Any) -> PredictionReading:
    """Read the outputs of a prediction; a missing or mistyped field makes it malformed."""
    values = {name: prediction.get(name) for name in spec.output_names}
    missing = [name for name, value in values.items() if value is None]
    problems = [f"output {name} is missing" for name in missing]
    problems += _type_problems([f for f in spec.outputs if f.name not in missing], values)
    return PredictionReading(outputs={} if problems else values, problems=tuple(problems))


@lru_cache(maxsize=128)
def _build(
    name: str, instructions: str, inputs: tuple[Field, ...], outputs: tuple[Field, ...]
) -> type[dspy.Signature]:
    fields = {f.name: (f.type, dspy.InputField(desc=f.description, **_bounds(f))) for f in inputs}
    fields |= {f.name: (f.type, dspy.OutputField(desc=f.description)) for f in outputs}
    built: type[dspy.Signature] = dspy.Signature(fields, instructions, signature_name=name)
    return built


def _bounds(field: Field) -> dict[str, int]:
    bounds = {"ge": field.minimum, "le": field.maximum}
    return {key: value for key, value in bounds.items() if value is not None}


def _field(name: str, info: Any) -> Field:
    description = info.json_schema_extra.get("desc", "")
    written = "" if description == f"${{{name}}}" else description  # DSPy's stand-in for none
    return Field(name=name, type=info.annotation, description=written)


def _name_problems(part: str, names: tuple[str, ...], values: Mapping[str, Any]) -> list[str]:
    missing = [name for name in names if name not in values]
    problems = [f"{part} {name} is missing" for name in missing]
    for name in values:
        if name not in names:
            best = nearest_name(name, missing or names)
            problems.append(f"{part} {name} is unknown" + (f" (is it {best}?)" if best else ""))
    return problems


def _type_problems(fields: Any, values: Mapping[str, Any]) -> list[str]:
    found = (f.problem(values[f.name]) for f in fields if f.name in values)
    return [problem for problem in found if problem]
