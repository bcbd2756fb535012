"""The quick answer to whether values hold a contract; the sentences on those that do not are slow.

What passes here has no problem by `SignatureSpec.problems` and fits the columns of the frame
schema (`ratchet.quality.schema`), so that hardly any row of a large batch is looked at twice.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ratchet.signatures.spec import Field, SignatureSpec, Values

Check = Callable[[Any], bool]
LOWEST, HIGHEST = -(2**63), 2**63 - 1  # of the integers that a column of a frame holds

_TEXT, _WHOLE = {str}, {int}
_known: dict[int, tuple[tuple[Field, ...], dict[str, Check]]] = {}


def holds_contract(spec: SignatureSpec, inputs: Values, outputs: Values) -> bool:
    """Whether these values hold the contract of `spec`, invariants included."""
    if not (_hold(_checks(spec.inputs), inputs) and _hold(_checks(spec.outputs), outputs)):
        return False
    for invariant in spec.invariants:
        for _ in invariant(inputs, outputs):
            return False
    return True


def unfit_fields(spec: SignatureSpec, inputs: Values, outputs: Values) -> list[str]:
    """The fields whose value is there and not what it has to be, by name."""
    return [
        name
        for fields, values in ((spec.inputs, inputs), (spec.outputs, outputs))
        for name, check in _checks(fields).items()
        if name in values and not check(values[name])
    ]


def _hold(checks: dict[str, Check], values: Values) -> bool:
    if values.keys() != checks.keys():
        return False
    for name, check in checks.items():  # noqa: SIM110 - half of the time of all()
        if not check(values[name]):
            return False
    return True


def _checks(fields: tuple[Field, ...]) -> dict[str, Check]:
    """The checks of the fields of one signature; found by identity, which is quicker than equality.

    What is found is held, so that no other fields get its identity.
    """
    found = _known.get(id(fields))
    if found is None:
        found = fields, {field.name: _check_of(field) for field in fields}
        _known[id(fields)] = found
    return found[1]


def _check_of(field: Field) -> Check:
    """What a value has to be; exact types, as `Field.problem` asks for."""
    if field.choices:
        return lambda value: _is_text(value) and value in field.choices
    if field.type is str:
        return _is_text
    if field.type is bool:
        return lambda value: type(value) is bool
    if field.type is int:
        return _whole_within(field.minimum, field.maximum)
    return _items_within(field)


def _is_text(value: Any) -> bool:
    return type(value) is str and (value.isascii() or _is_unicode(value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, as a broken decoder leaves it
        return False
    return True


def _whole_within(minimum: int | None, maximum: int | None) -> Check:
    low = LOWEST if minimum is None else max(minimum, LOWEST)
    high = HIGHEST if maximum is None else min(maximum, HIGHEST)
    return lambda value: type(value) is int and low <= value <= high


def _items_within(field: Field) -> Check:
    least, most = field.min_items, field.max_items
    kind, holds = _KINDS[str(field.type)]

    def check(value: Any) -> bool:
        return (
            isinstance(value, kind)
            and len(value) >= least
            and (most is None or len(value) <= most)
            and holds(value)
        )

    return check


def _are_texts(values: Any) -> bool:
    return not values or (set(map(type, values)) == _TEXT and _is_text("".join(values)))


def _are_whole(values: Any) -> bool:
    return not values or (
        set(map(type, values)) == _WHOLE and min(values) >= LOWEST and max(values) <= HIGHEST
    )


def _are_entries(values: Any) -> bool:
    return _are_texts(values) and _are_texts(list(values.values()))


_KINDS: dict[str, tuple[type[Any], Check]] = {
    str(list[str]): (list, _are_texts),
    str(list[int]): (list, _are_whole),
    str(dict[str, str]): (dict, _are_entries),
}
