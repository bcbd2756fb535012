"""Good examples, each damaged in one known way, with the dimension that must notice."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ratchet import signatures
from ratchet.collect.starter import starter_examples, starter_signatures
from ratchet.examples import Example
from ratchet.quality.roles import Roles, roles_of
from ratchet.signatures.spec import SignatureSpec

SEED = 20_260_301
BOILERPLATE = (
    "The result was reviewed carefully and everything was considered as required. "
    "The decision follows from the given information."
)
IDLE_HINTS = ("Think about it.", "Try again.", "You can do it.", "Keep going.")


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """An intact example and what a damage made of it; `dimension` is the one to notice."""

    damage: str
    dimension: str
    intact: Example
    example: Example


@dataclass(frozen=True, kw_only=True)
class _Material:
    """What a damage may draw on: the example, its parts, and the others of its signature."""

    spec: SignatureSpec
    example: Example
    roles: Roles
    others: Sequence[Example]
    rng: random.Random

    def with_outputs(self, **changes: Any) -> Example:
        return self.example.evolve(outputs={**self.example.outputs, **changes})

    @property
    def other(self) -> Example:
        """Another example of another group, the same each time."""
        different = [e for e in self.others if e.inputs != self.example.inputs]
        return self.rng.choice(different)

    @property
    def findings(self) -> str:
        return next(iter(self.roles.findings))

    @property
    def narrative(self) -> str:
        """The last free text of the outputs: an explanation, guidance, a solution."""
        return list(self.roles.narratives)[-1]


def flipped_label(m: _Material) -> Example | None:
    """The other decision with a list to match, the explanation left as it was."""
    if m.spec.decision is None:
        return None
    if not m.roles.decision:
        return m.with_outputs(**{m.spec.decision: True, m.findings: []})
    made_up = next(iter(m.roles.given_lists.values()), None) or ["The change breaks the build"]
    return m.with_outputs(**{m.spec.decision: False, m.findings: made_up[:1]})


def broken_label(m: _Material) -> Example | None:
    """The other decision, the list left as it was."""
    if m.spec.decision is None:
        return None
    return m.with_outputs(**{m.spec.decision: not m.roles.decision})


def wrong_answer(m: _Material) -> Example | None:
    """The answer of another problem, also in the solution, so that only working out tells."""
    value = _value_field(m.spec)
    if value is None:
        return None
    right, wrong = m.example.outputs[value], m.other.outputs[value]
    if right == wrong:
        return None
    told = m.example.outputs[m.narrative].replace(right, wrong)
    return m.with_outputs(**{value: wrong, m.narrative: told})


def invented_items(m: _Material) -> Example | None:
    """Half of the items of a list that nobody explains are another example's."""
    if m.roles.narratives:
        return None
    items = m.example.outputs[m.findings]
    foreign = m.other.outputs[m.findings]
    keep = len(items) // 2
    mixed = [*items[:keep], *foreign, *foreign][: len(items)]
    return m.with_outputs(**{m.findings: mixed})


def other_explanation(m: _Material) -> Example | None:
    """The free text of another example with the same label."""
    if not m.roles.narratives or m.spec.told_apart_by:
        return None
    alike = [
        e
        for e in m.others
        if e.inputs != m.example.inputs
        and m.spec.label(e.outputs) == m.spec.label(m.example.outputs)
    ]
    return m.with_outputs(**{m.narrative: m.rng.choice(alike).outputs[m.narrative]})


def wrong_solution(m: _Material) -> Example | None:
    """The solution of another problem."""
    if _value_field(m.spec) is None:
        return None
    return m.with_outputs(**{m.narrative: m.other.outputs[m.narrative]})


def truncated(m: _Material) -> Example | None:
    """The free text stops somewhere in its middle, in the middle of a word if it may be."""
    if not m.roles.narratives:
        return None
    text = m.example.outputs[m.narrative]
    end = int(len(text) * m.rng.uniform(0.35, 0.8))
    return m.with_outputs(**{m.narrative: text[:end]})


def miscounted(m: _Material) -> Example | None:
    """The explanation counts one item more than there are."""
    from ratchet.quality.judges.claims import count_claims

    if m.spec.decision is None or not m.roles.narratives:
        return None
    text = m.example.outputs[m.narrative]
    claims = count_claims(text)
    if not claims:
        return None
    claim = claims[0]
    wrong = claim.quoted.replace(str(claim.total), str(claim.total + 1), 1)
    if m.roles.decision:
        wrong = wrong.replace(str(claim.done), str(claim.done + 1), 1)
    return m.with_outputs(**{m.narrative: text.replace(claim.quoted, wrong, 1)})


def shuffled_steps(m: _Material) -> Example | None:
    """The steps change places, their numbers stay."""
    order = m.example.outputs.get("priority_order")
    if order is None or len(order) < 3:
        return None
    text = m.example.outputs[m.narrative]
    steps = [line.partition(". ")[2] for line in text.splitlines()]
    if len(steps) != len(order):
        return None
    moved = [*steps[1:], steps[0]]
    return m.with_outputs(
        **{m.narrative: "\n".join(f"{n}. {step}" for n, step in enumerate(moved, 1))}
    )


def off_topic(m: _Material) -> Example | None:
    """All outputs are those of another example."""
    return m.example.evolve(outputs=m.other.outputs)


def boilerplate(m: _Material) -> Example | None:
    """An explanation that would fit any example."""
    if m.spec.decision is None or not m.roles.narratives:
        return None
    verdict = "All is complete and correct. " if m.roles.decision else "Something is missing. "
    return m.with_outputs(**{m.narrative: verdict + BOILERPLATE})


def mere_label(m: _Material) -> Example | None:
    """An explanation that says the label again."""
    if m.spec.decision is None or not m.roles.narratives:
        return None
    items = m.example.outputs[m.findings]
    text = f"No, missing: {'; '.join(items)}." if items else "Yes, everything is complete."
    return m.with_outputs(**{m.narrative: text})


def idle_hints(m: _Material) -> Example | None:
    """Hints that would fit any problem."""
    if _value_field(m.spec) is None:
        return None
    hints = {str(place): hint for place, hint in enumerate(IDLE_HINTS)}
    return m.with_outputs(**{m.findings: hints})


def spelled_out(m: _Material) -> Example | None:
    """The inputs hold the answer word for word, so that copying is enough."""
    if m.roles.narratives:
        return None
    text = list(m.roles.given_texts)[-1]
    told = "Please do: " + ". ".join(m.example.outputs[m.findings]) + "."
    return m.example.evolve(inputs={**m.example.inputs, text: told})


def vague_advice(m: _Material) -> Example | None:
    """Steps that would fit any issue."""
    order = m.example.outputs.get("priority_order")
    if order is None:
        return None
    steps = "\n".join(f"{n}. Fix the issue properly and check that it works." for n in order)
    return m.with_outputs(**{m.narrative: steps})


DAMAGES: dict[str, tuple[Callable[[_Material], Example | None], ...]] = {
    "accuracy": (flipped_label, broken_label, wrong_answer, invented_items),
    "coherence": (
        other_explanation,
        wrong_solution,
        truncated,
        miscounted,
        shuffled_steps,
        off_topic,
    ),
    "relevance": (off_topic, vague_advice),
    "education": (boilerplate, mere_label, idle_hints, spelled_out, vague_advice),
}


def intact_examples() -> list[Example]:
    """Every example of every starter set."""
    return [example for name in starter_signatures() for example in starter_examples(name)]


def damaged_examples(*, step: int = 1) -> Iterator[Damaged]:
    """Each starter example, or one of `step`, in each damage that it can take."""
    for name in starter_signatures():
        spec, examples = signatures.get(name), starter_examples(name)
        for place, example in list(enumerate(examples))[::step]:
            roles = roles_of(spec, example.inputs, example.outputs)
            for dimension, damages in DAMAGES.items():
                for damage in damages:
                    material = _Material(
                        spec=spec,
                        example=example,
                        roles=roles,
                        others=examples,
                        rng=random.Random(f"{SEED}/{damage.__name__}/{place}"),
                    )
                    made = damage(material)
                    if made is not None:
                        yield Damaged(
                            damage=damage.__name__,
                            dimension=dimension,
                            intact=example,
                            example=made,
                        )


def _value_field(spec: SignatureSpec) -> str | None:
    return next((field.name for field in spec.outputs if field.is_value), None)
