"""Editing an example at the terminal: field by field, then what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from ratchet.cli.asking import ask_field, ask_line, ask_yes
from ratchet.cli.example_cards import say_printable, show_example
from ratchet.curation.assessment import Assessment, assess
from ratchet.examples import Difficulty, Example
from ratchet.signatures.nearest import nearest_name

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec

DIFFICULTY, CATEGORY, NOTES = "difficulty", "category", "notes"


def edit_example(
    spec: SignatureSpec,
    example: Example,
    *,
    stored: Sequence[Example],
    settings: Settings,
    now: datetime,
) -> Example | None:
    """Let a person change fields until the example is right; None when it stays as it was.

    The changed example is validated and shown before it is taken.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        EOFError: Ctrl-D.
    """
    changed = _changed(spec, example)
    if changed is None:
        return None
    assessed = assess(
        spec,
        changed,
        stored=stored,
        reject_below=settings.quality.reject_below,
        threshold=settings.collection.duplicate_threshold,
        now=now,
    )
    show_example(spec, assessed.example, title="changed")
    say_verdict(assessed)
    if spec.problems(changed.inputs, changed.outputs):
        return None
    question = "Take it?" if assessed.is_sound else "Take it in spite of that?"
    return (
        changed.evolve(quality_score=assessed.example.quality_score) if ask_yes(question) else None
    )


def say_verdict(assessed: Assessment) -> None:
    """Print what validation makes of an example."""
    if assessed.is_sound:
        say_printable(f"Validation accepts it: quality {assessed.example.quality_score:g}.")
        return
    say_printable(f"Validation: {assessed.example.status}.", style="bold")
    for reason in assessed.reasons:
        say_printable(f"  {reason}")


def ask_difficulty(default: Difficulty | None = None) -> Difficulty:
    """Ask for a difficulty, with completion."""
    words = [d.value for d in Difficulty]

    def problem(text: str) -> str | None:
        return None if text.strip().lower() in words else f"difficulty is one of {', '.join(words)}"

    begun = default.value if default else ""
    return Difficulty(ask_line("difficulty: ", words=words, default=begun, problem=problem).lower())


def ask_category(spec: SignatureSpec, known: Sequence[str], default: str = "") -> str:
    """Ask for a category, completed from the vocabulary of the signature and what is stored."""
    words = list(dict.fromkeys((*spec.categories, *known)))

    def problem(text: str) -> str | None:
        word = text.strip()
        if not word:
            return "category is empty"
        if not spec.categories or word in spec.categories:
            return None
        nearest = nearest_name(word, spec.categories)
        return "no such category" + (f"; did you mean {nearest}?" if nearest else "")

    return ask_line("category (Tab completes): ", words=words, default=default, problem=problem)


def ask_notes(default: str = "") -> str:
    """Ask for a remark on what the example teaches."""
    return ask_line("notes (what it teaches; may be empty): ", default=default)


def _changed(spec: SignatureSpec, example: Example) -> Example | None:
    """The example with what was typed; None when nothing was."""
    fields = {field.name: field for field in (*spec.inputs, *spec.outputs)}
    names = [*fields, DIFFICULTY, CATEGORY, NOTES]

    def problem(text: str) -> str | None:
        return None if text.strip() in {*names, ""} else f"one of {', '.join(names)}, or nothing"

    changed = example
    while name := ask_line(
        "Field to change (Tab lists, Enter ends): ", words=names, problem=problem
    ):
        changed = _with_field(spec, changed, name)
    return None if changed == example else changed


def _with_field(spec: SignatureSpec, example: Example, name: str) -> Example:
    if name == DIFFICULTY:
        return example.evolve(difficulty=ask_difficulty(example.difficulty))
    if name == CATEGORY:
        return example.evolve(category=ask_category(spec, (), example.category))
    if name == NOTES:
        return example.evolve(notes=ask_notes(example.notes))
    for field in spec.inputs:
        if field.name == name:
            value = ask_field(field, default=example.inputs.get(name))
            return example.evolve(inputs={**example.inputs, name: value})
    field = next(field for field in spec.outputs if field.name == name)
    value = ask_field(field, default=example.outputs.get(name))
    return example.evolve(outputs={**example.outputs, name: value})
