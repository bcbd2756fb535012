"""A family: problems of one topic that differ in their parameters, with answers by construction."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from ratchet.examples import Difficulty

Slots = Mapping[str, object]
Draw = Callable[[random.Random], Slots]

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True)
class Family:
    """Problems of one topic at one school level.

    `draw` chooses the parameters and works the answer out by hand, as `answer`; it never asks
    the computer algebra that verifies it. `claim` is the question in formal words. All texts
    have the slots that `draw` fills; each of `phrasings` holds every slot of `claim`, so that
    the claim can be read back from the problem alone.
    """

    name: str
    subject: str
    topic: str
    level: str
    phrasings: tuple[str, ...]
    seed_prompt: str
    claim: str
    hints: tuple[str, ...]
    solution: str
    draw: Draw

    @property
    def difficulty(self) -> Difficulty:
        """What the school level comes to."""
        return Difficulty.parse(self.level)

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The phrasings as patterns that find the slots again."""
        return tuple(map(pattern_of, self.phrasings))


def pattern_of(phrasing: str) -> re.Pattern[str]:
    """A pattern whose groups are the slots of a phrasing; the last full stop may be missing.

    >>> pattern_of("Solve {left} = 0.").fullmatch("solve 2x - 4 = 0")["left"]
    '2x - 4'
    """
    parts, end, seen = [], 0, set[str]()
    for slot in _SLOT.finditer(phrasing):
        parts.append(re.escape(phrasing[end : slot.start()]))
        parts.append(f"(?P={slot[1]})" if slot[1] in seen else f"(?P<{slot[1]}>.+?)")
        seen.add(slot[1])
        end = slot.end()
    parts.append(re.escape(phrasing[end:]).removesuffix(r"\.") + r"\.?")
    return re.compile("".join(parts), re.IGNORECASE)


def family(
    *,
    subject: str,
    topic: str,
    level: str,
    ask: tuple[str, ...],
    seed: str,
    claim: str,
    hints: tuple[str, str, str],
    solution: str,
) -> Callable[[Draw], Family]:
    """Make a family of the function that draws its parameters."""

    def made(draw: Draw) -> Family:
        return Family(
            name=getattr(draw, "__name__", topic),
            subject=subject,
            topic=topic,
            level=level,
            phrasings=ask,
            seed_prompt=seed,
            claim=claim,
            hints=hints,
            solution=solution,
            draw=draw,
        )

    return made


def polynomial(*coefficients: int, of: str = "x") -> str:
    """A polynomial as it is written, the highest power first.

    >>> polynomial(1, -5, 6), polynomial(-2, 0, 1, of="t"), polynomial(0)
    ('x^2 - 5x + 6', '-2t^2 + 1', '0')
    """
    terms = []
    for power, coefficient in zip(range(len(coefficients) - 1, -1, -1), coefficients, strict=True):
        if coefficient:
            size = "" if abs(coefficient) == 1 and power else str(abs(coefficient))
            letters = "" if power == 0 else of if power == 1 else f"{of}^{power}"
            terms.append((coefficient < 0, size + letters))
    if not terms:
        return "0"
    text = ("-" if terms[0][0] else "") + terms[0][1]
    return text + "".join(f" {'-' if negative else '+'} {term}" for negative, term in terms[1:])


def linear(**coefficients: int) -> str:
    """A sum of multiples of variables.

    >>> linear(x=2, y=-1), linear(x=0, y=1)
    ('2x - y', 'y')
    """
    parts = [polynomial(c, 0, of=name) for name, c in coefficients.items() if c]
    text = parts[0] if parts else "0"
    for part in parts[1:]:
        text += f" - {part[1:]}" if part.startswith("-") else f" + {part}"
    return text


def listed(values: object) -> str:
    """Numbers as a list is written.

    >>> listed([[1, 2], [3, -4]])
    '[[1, 2], [3, -4]]'
    """
    return str(values).replace("(", "[").replace(")", "]")


def either(values: set[int], name: str = "x") -> str:
    """Solutions in words, the least first.

    >>> either({3, -1})
    'x = -1 or x = 3'
    """
    return " or ".join(f"{name} = {value}" for value in sorted(values))


def apart(rng: random.Random, count: int, low: int, high: int) -> list[int]:
    """So many different whole numbers, none of them 0, in random order."""
    return rng.sample([n for n in range(low, high + 1) if n], count)


def rising(rng: random.Random, count: int, low: int, high: int) -> list[int]:
    """So many different whole numbers in rising order."""
    found = sorted(rng.sample(range(low, high + 1), count))
    assert all(a < b for a, b in pairwise(found))  # noqa: S101 - what a sample is
    return found
