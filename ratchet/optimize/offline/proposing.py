"""Writes what an optimiser asks for: descriptions of data, and proposals of instructions."""

from __future__ import annotations

import random
import re

from ratchet.optimize.offline.prompt import PromptField, Values
from ratchet.optimize.offline.wording import frequent, lines

_BLOCK = re.compile(r"```(?:\w*\n)?(.*?)```", re.DOTALL)
_MIN_SENTENCE, _MAX_SENTENCE = 30, 240  # characters
ADVICE = (
    "Work through the input part by part before you decide.",
    "Base every statement on words of the input.",
    "When the evidence is weak, say that it is missing.",
    "Repeat items in the words of the input.",
    "Answer briefly and leave nothing out.",
    "Check at the end that the answers agree with each other.",
)


def is_proposal(field: PromptField) -> bool:
    """Whether a field asks for an instruction."""
    asked = f"{field.name} {field.description}".lower()
    return "instruction" in asked and any(word in asked for word in ("propose", "new", "improve"))


def propose(inputs: Values, rng: random.Random) -> str:
    """An instruction from the present one, the data's words, and a seeded piece of advice."""
    texts = {name: str(value) for name, value in inputs.items()}
    present = next((t for name, t in texts.items() if "instruction" in name and t), "")
    others = {name: text for name, text in texts.items() if text and text != present}
    sentences = [present.strip()] if present else []
    if words := _drawn(frequent(others.values(), limit=24), rng, 5):
        sentences.append(f"The inputs often speak of {', '.join(words)}.")
    if tip := others.get("tip"):
        sentences.append(_followed(tip, words))
    sentences += _drawn(list(ADVICE), rng, rng.randint(1, 2))
    return " ".join(sentences)


def propose_from_text(text: str, rng: random.Random) -> str:
    """The same for a plain prompt: the first fenced block is the present instruction."""
    blocks = [block.strip() for block in _BLOCK.findall(text)]
    if not blocks:
        return summarise({"text": text}, rng)
    rest = _BLOCK.sub(" ", text)
    proposed = propose({"instruction": blocks[0], "data": "\n".join(blocks[1:]) or rest}, rng)
    return f"```\n{proposed}\n```"


def summarise(inputs: Values, rng: random.Random) -> str:
    """The sentences with most of the frequent words, and some of those words."""
    texts = [str(value) for value in inputs.values()]
    words = frequent(texts, limit=30)
    found = [line for text in texts for line in lines(text)]
    fitting = [line for line in found if _MIN_SENTENCE <= len(line) <= _MAX_SENTENCE]
    ranked = sorted(fitting, key=lambda line: -sum(word in line.lower() for word in words))
    kept = [line.rstrip(".") + "." for line in ranked[:2]]
    topics = ", ".join(_drawn(words[:12], rng, 4))
    return " ".join([*([f"It is about {topics}."] if topics else []), *kept]) or "Nothing is given."


def _followed(tip: str, words: list[str]) -> str:
    if "persona" in tip.lower():
        return f"You are an expert who knows {' and '.join(words[:2]) or 'the subject'} well."
    if "high stakes" in tip.lower():
        return "A wrong answer here costs a release, so take care."
    return ""


def _drawn(choices: list[str], rng: random.Random, count: int) -> list[str]:
    picked = rng.sample(range(len(choices)), min(count, len(choices)))
    return [choices[index] for index in sorted(picked)]
