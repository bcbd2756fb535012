"""Writes what an optimiser asks for: summaries of data, and proposals of instructions."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

_BLOCK = re.compile(r"```(?:\w*\n)?(.*?)```", re.DOTALL)
ADVICE = (
    "Work through the input part by part before you decide.",
    "Base every statement on words of the input.",
    "When the evidence is weak, say that it is missing.",
    "Repeat items in the words of the input.",
    "Answer briefly and leave nothing out.",
    "Check at the end that the answers agree with each other.",
)
LONG_WORD = 5  # letters from which a word is likely to be a topic
TOPICS = 24


def propose(inputs: Mapping[str, Any], rng: random.Random) -> str:
    """An instruction from the present one, the data's words, and a seeded piece of advice."""
    present = next((str(text) for name, text in inputs.items() if "instruction" in name), "")
    topics = _topics(text for text in inputs.values() if text != present)
    drawn = ", ".join(rng.sample(topics, min(5, len(topics))))
    words = f"The inputs often speak of {drawn}." if drawn else ""
    return " ".join(filter(None, [present.strip(), words, *rng.sample(ADVICE, 2)]))


def propose_from_text(text: str, rng: random.Random) -> str:
    """The same for a plain prompt: the first fenced block is the present instruction."""
    present, *data = [block.strip() for block in _BLOCK.findall(text)] or [""]
    if not present:
        return summary([text])
    return f"```\n{propose({'instruction': present, 'data': data or text}, rng)}\n```"


def summary(texts: Iterable[Any]) -> str:
    """What texts are about, by their most frequent words."""
    return f"It is about {', '.join(_topics(texts)[:5]) or 'nothing that is given'}."


def _topics(texts: Iterable[Any]) -> list[str]:
    words = re.findall(rf"[a-z]{{{LONG_WORD},}}", " ".join(map(str, texts)).lower())
    return [word for word, _ in Counter(words).most_common(TOPICS)]
