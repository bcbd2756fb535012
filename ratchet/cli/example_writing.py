"""Writing an example at the terminal, from what is lacking to what is stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ratchet.cli.asking import END_HINT, ask_field, ask_yes
from ratchet.cli.editing import ask_category, ask_difficulty, ask_notes, say_verdict
from ratchet.cli.example_cards import printable, say_printable, show_example
from ratchet.cli.example_intake import Intake, Taken
from ratchet.cli.terminal import counted, number_of, say, say_all
from ratchet.curation.assessment import neighbours_of
from ratchet.curation.drafting import Draft, finish, problems_so_far
from ratchet.curation.field_text import write_text
from ratchet.examples import Example
from ratchet.signatures.spec import Field

ORDERS_SHOWN = 6
HINT_CHARS = 160


class ExampleWriter:
    """Asks one person for examples of one signature until there is no other."""

    def __init__(
        self, intake: Intake, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._intake, self._spec, self._clock = intake, intake.spec, clock
        self._models = _starter(intake)

    def run(self) -> tuple[Taken, ...]:
        """Write examples; Ctrl-D ends it, Ctrl-C too. What was stored stays stored."""
        taken: list[Taken] = []
        try:
            while True:
                if (one := self._write_one()) is not None:
                    taken.append(one)
                    say_printable(f"Stored: {one.sentence}", style="bold")
                if not ask_yes("Another?"):
                    break
        except EOFError:
            say()
        say(f"{number_of(len(taken), 'example')} stored.")
        return tuple(taken)

    def _write_one(self) -> Taken | None:
        """One example from the first field to the store; None when it is not wanted after all."""
        stored = self._intake.usable()
        self._say_state(stored)
        draft = self._ask_all()
        while True:
            example = finish(self._spec, draft, author=self._intake.author, now=self._clock())
            if self._is_wanted(example, stored):
                taken = self._intake.take(example)
                if taken.is_stored:
                    return taken
                say_printable(taken.sentence, style="bold")
            if not ask_yes("Change it? (no: drop it)"):
                return None
            draft = self._ask_all(draft)

    def _is_wanted(self, example: Example, stored: Sequence[Example]) -> bool:
        """Show what would be stored, and ask. What validation refuses is not asked about."""
        assessed = self._intake.assess(example, stored=stored)
        near = neighbours_of(self._spec, example, stored)
        show_example(self._spec, assessed.example, title="to be stored", neighbours=near)
        say_verdict(assessed)
        return assessed.is_sound and ask_yes("Store it?")

    def _say_state(self, stored: Sequence[Example]) -> None:
        from ratchet.collect.orders import in_words
        from ratchet.quality.coverage import measure_coverage

        say(f"{self._spec.name}: {number_of(len(stored), 'example')} so far.", style="bold")
        say(f"  {measure_coverage(self._spec, stored).message}")
        difficulties: dict[str, int] = {}
        for example in stored:
            difficulties[example.difficulty] = difficulties.get(example.difficulty, 0) + 1
        if difficulties:
            say(f"  {counted(difficulties)}")
        if orders := in_words(self._spec, stored):
            say("Wanted most:")
            say_all(orders, at_most=ORDERS_SHOWN)
        say(f"Long texts: {END_HINT}. Ctrl-D on an empty prompt ends.")

    def _ask_all(self, draft: Draft | None = None) -> Draft:
        """Ask for everything, beginning with what the draft holds."""
        old, draft = draft, draft or Draft()
        for field in self._spec.inputs:
            value = self._ask(field, draft, is_input=True)
            draft = _with_value(draft, field, value, is_input=True)
        for field in self._spec.outputs:
            value = self._ask(field, draft, is_input=False)
            draft = _with_value(draft, field, value, is_input=False)
        return replace(
            draft,
            difficulty=ask_difficulty(old.difficulty if old else None),
            category=ask_category(self._spec, self._intake.categories(), draft.category),
            notes=ask_notes(draft.notes),
        )

    def _ask(self, field: Field, draft: Draft, *, is_input: bool) -> Any:
        say()
        say_printable(f"{field.name}: {field.description}", style="bold")
        if self._models:
            model = self._models[0].inputs if is_input else self._models[0].outputs
            say_printable(f"  for example: {_hint(field, model[field.name])}", style="dim")

        def status(value: Any) -> str:
            if value is None:
                return "contract: waiting for this field"
            return self._status(_with_value(draft, field, value, is_input=is_input))

        values = draft.inputs if is_input else draft.outputs
        return ask_field(field, default=values.get(field.name), status=status)

    def _status(self, draft: Draft) -> str:
        """The contract and, once everything is typed, the quality; for the line below."""
        if problems := problems_so_far(self._spec, draft):
            return printable(f"contract: {'; '.join(problems)}")
        if self._spec.problems(draft.inputs, draft.outputs):
            return "contract: holds so far"
        from ratchet.quality.score import score_examples

        example = finish(
            self._spec,
            replace(draft, category=draft.category or "draft"),
            author=self._intake.author,
            now=self._clock(),
        )
        return printable(f"contract: holds; {score_examples(self._spec, [example])[0].reason}")


def _with_value(draft: Draft, field: Field, value: Any, *, is_input: bool) -> Draft:
    if is_input:
        return replace(draft, inputs={**draft.inputs, field.name: value})
    return replace(draft, outputs={**draft.outputs, field.name: value})


def _starter(intake: Intake) -> tuple[Example, ...]:
    """The starter examples that show what a field looks like; none for a signature without."""
    from ratchet.collect.starter import starter_examples, starter_signatures

    folder = intake.settings.starter
    if intake.spec.name not in starter_signatures(folder):
        return ()
    return starter_examples(intake.spec.name, folder=folder)


def _hint(field: Field, value: Any) -> str:
    text = write_text(field, value) if isinstance(value, str | bool | int) else json.dumps(value)
    flat = " ".join(text.split())
    return flat if len(flat) <= HINT_CHARS else f"{flat[: HINT_CHARS - 3]}..."
