"""Writes what an optimiser asks for: summaries of data, and proposals of instructions."""

from __future__ import annotations

import random
import re
from collections import Counter
from typing import Any

_BLOCK = re.compile(r"```(?:\w*\n)?(.*?)```", re.DOTALL)
_TOPIC = re.compile(r"[a-z]{5,}")
MAX_TOPICS = 24
ADVICE = (
    "Work through the input part by part before you decide.",
    "Base every statement on words of the input.",
    "When the evidence is weak, say that it is missing.",
    "Answer briefly and leave nothing out.",
    "Check at the end that the answers agree with each other.",
)


def asks_for_instruction(*said: str) -> bool:
    """Whether the name and description of a field ask for an instruction."""
    asked = " ".join(said).lower()
    return "instruction" in asked and any(verb in asked for verb in ("propose", "new", "improve"))


def propose(inputs: dict[str, Any], rng: random.Random) -> str:
    """The present instruction with words of the data and advice, both drawn from `rng`."""
    present = next((str(text) for name, text in inputs.items() if "instruction" in name), "")
    topics = _topics([text for text in inputs.values() if text != present])
    drawn = ", ".join(rng.sample(topics, min(5, len(topics))))
    return " ".join([present, f"Look out for {drawn or 'gaps'}.", *rng.sample(ADVICE, 2)]).strip()


def propose_from_text(text: str, rng: random.Random) -> str:
    """The same for a plain prompt, whose first fenced block is the present instruction."""
    if block := _BLOCK.search(text):
        inputs = {"instruction": block[1].strip(), "text": text[block.end() :]}
        return f"```\n{propose(inputs, rng)}\n```"
    return summary(text)


def summary(*texts: Any) -> str:
    """What texts are about, by their most frequent words."""
    return f"It is about {', '.join(_topics(texts)[:5]) or 'nothing that is given'}."


def _topics(texts: Any) -> list[str]:
    words = Counter(_TOPIC.findall(str(texts).lower()))
    return [word for word, _ in words.most_common(MAX_TOPICS)]
