"""The parts that the fields of any signature play in an example, read from their types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ratchet.signatures.spec import Field, SignatureSpec, Values


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The texts of one example by the part they play.

    `given_texts` and `given_lists` are the inputs; `narratives` the free texts of the
    outputs (an explanation, guidance), `findings` their lists; all by field name.
    `decision` is the yes or no of a validator, else None.
    """

    given_texts: dict[str, str]
    given_lists: dict[str, list[str]]
    narratives: dict[str, str]
    findings: dict[str, list[str]]
    decision: bool | None

    @property
    def given(self) -> tuple[str, ...]:
        """Every text of the inputs."""
        items = [item for values in self.given_lists.values() for item in values]
        return (*self.given_texts.values(), *items)

    @property
    def answers(self) -> tuple[str, ...]:
        """Every text of the outputs."""
        items = [item for values in self.findings.values() for item in values]
        return (*self.narratives.values(), *items)


def roles_of(spec: SignatureSpec, inputs: Values, outputs: Values) -> Roles:
    """Sort the well-typed values of one example by the part they play."""
    return Roles(
        given_texts=_texts(spec.inputs, inputs),
        given_lists=_lists(spec.inputs, inputs),
        narratives=_texts(spec.outputs, outputs),
        findings=_lists(spec.outputs, outputs),
        decision=None if spec.decision is None else bool(outputs[spec.decision]),
    )


def _texts(fields: tuple[Field, ...], values: Values) -> dict[str, str]:
    return {f.name: values[f.name] for f in fields if f.type is str and not f.is_value}


def _lists(fields: tuple[Field, ...], values: Values) -> dict[str, list[str]]:
    return {field.name: _items(values[field.name]) for field in fields if _holds_texts(field)}


def _holds_texts(field: Field) -> bool:
    return bool(field.type in (list[str], dict[str, str]))


def _items(value: Any) -> list[str]:
    return list(value.values()) if isinstance(value, dict) else list(value)
