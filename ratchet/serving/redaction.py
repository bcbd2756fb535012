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
from ratchet.serving.detectors import Detector
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
            return self._plain(text)
        parts = STAND_IN.split(text)  # every second one is a stand-in
        return "".join(p if n % 2 else self._plain(p) for n, p in enumerate(parts))

    def _plain(self, text: str) -> str:
        lowered = text.lower()
        for detector in DETECTORS:
            replaced = self._replaced(detector, text, lowered)
            if replaced is not text:
                text, lowered = replaced, replaced.lower()
        return text

    def _replaced(self, detector: Detector, text: str, lowered: str) -> str:
        pieces, done = [], 0
        for found in detector.find(text, lowered):
            pieces += [text[done : found.start], self.pseudonyms.of(detector.kind, found.normal)]
            done = found.end
        return "".join([*pieces, text[done:]]) if pieces else text
