"""What may be written of a text or a payload: secrets and personal data become pseudonyms.

It runs on the recorder's writer thread. Doing it twice changes nothing.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ratchet.serving import personal_patterns, secret_patterns
from ratchet.serving.detectors import Detector, Found
from ratchet.serving.options import FieldRules
from ratchet.serving.pseudonyms import LETTERS, Pseudonyms
from ratchet.serving.secret_patterns import is_secret_name

DETECTORS: tuple[Detector, ...] = (*secret_patterns.DETECTORS, *personal_patterns.DETECTORS)
STAND_IN = re.compile(rf"(<[A-Z]{{2,8}}:[a-p]{{{LETTERS}}}>)")
_SMALLEST_CARD = 10**12


class Redactor:
    """Redacts texts and payloads with one installation's pseudonyms and field rules."""

    def __init__(
        self, pseudonyms: Pseudonyms, fields: Mapping[str, FieldRules] | None = None
    ) -> None:
        self.pseudonyms = pseudonyms
        self._fields = fields or {}

    def text(self, text: str) -> str:
        """The text with everything that was found replaced.

        >>> Redactor(Pseudonyms(b"key")).text("Write to ann@example.org.")
        'Write to <EMAIL:klholgjfdfff>.'
        """
        while (redacted := self._once(text)) != text:  # each turn leaves less text to look at
            text = redacted
        return text

    def value(self, value: Any) -> Any:
        """A payload of plain JSON values, redacted; numbers JSON has no form for become texts."""
        kind = type(value)
        if kind is str:
            return self.text(value)
        if kind is dict:
            return {self.text(key): self._under(key, item) for key, item in value.items()}
        if kind is list:
            return [self.value(item) for item in value]
        if kind is float and not math.isfinite(value):
            return str(value)
        if kind is int and value >= _SMALLEST_CARD:
            return self._long_number(value)
        return value

    def fields(self, signature: str | None, values: Mapping[str, Any] | None) -> Any:
        """The inputs or outputs of a signature, its hidden fields as pseudonyms.

        Where the signature is not known, a field is hidden that any signature hides.
        """
        if values is None:
            return None
        rules = self._rules(signature)
        return {
            self.text(name): self._hidden(value)
            if any(rule.hides(name) for rule in rules)
            else self._under(name, value)
            for name, value in values.items()
        }

    def _rules(self, signature: str | None) -> tuple[FieldRules, ...]:
        if signature is None:
            return tuple(self._fields.values())
        rule = self._fields.get(signature)
        return () if rule is None else (rule,)

    def _under(self, name: str, value: Any) -> Any:
        if type(value) is str and value and is_secret_name(name):
            return value if STAND_IN.fullmatch(value) else self.pseudonyms.of("SECRET", value)
        return self.value(value)

    def _hidden(self, value: Any) -> str:
        if type(value) is str and STAND_IN.fullmatch(value):
            return value
        return self.pseudonyms.of("FIELD", json.dumps(value, sort_keys=True))

    def _long_number(self, value: int) -> Any:
        text = str(value) if value < 10**personal_patterns.CARD_LENGTHS.stop else ""
        redacted = self.text(text)
        return value if redacted == text else redacted

    def _once(self, text: str) -> str:
        if "<" not in text:
            return self._without(text, DETECTORS)
        parts = STAND_IN.split(text)  # every second one is a stand-in
        return "".join(p if n % 2 else self._without(p, DETECTORS) for n, p in enumerate(parts))

    def _without(self, text: str, detectors: tuple[Detector, ...]) -> str:
        """The text after all detectors; none looks into the stand-ins of those before it."""
        lowered = text.lower()
        for number, detector in enumerate(detectors, 1):
            if found := list(detector.find(text, lowered)):
                return self._around(text, found, detector.kind, detectors[number:])
        return text

    def _around(
        self, text: str, found: list[Found], kind: str, remaining: tuple[Detector, ...]
    ) -> str:
        pieces, done = [], 0
        for one in found:
            pieces.append(self._without(text[done : one.start], remaining))
            pieces.append(self.pseudonyms.of(kind, one.normal))
            done = one.end
        return "".join([*pieces, self._without(text[done:], remaining)])
