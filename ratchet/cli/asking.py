"""Questions at the terminal: a key, a word, a line, the value of a field; checked as typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import WordCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.validation import ValidationError, Validator

from ratchet.curation.field_text import how_to_type, is_multiline, read_text, write_text
from ratchet.signatures.spec import Field

Problem = Callable[[str], str | None]
"""Says what is wrong with a text, or None."""

Status = Callable[[Any], str]
"""What is shown below the prompt while a value is typed; takes None while it is none."""

END_HINT = "blank line ends, Ctrl-X Ctrl-E opens $EDITOR"


def ask_key(message: str, keys: Mapping[str, str]) -> str:
    """Wait for one of the keys; what it stands for. No Enter is needed.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        EOFError: Ctrl-D, or the end of the input.
    """
    bindings = KeyBindings()
    for key, meaning in keys.items():
        bindings.add(key)(_leave_with(meaning))
    bindings.add(Keys.Any)(lambda event: event.app.output.bell())
    bindings.add("enter")(lambda event: event.app.output.bell())
    bindings.add("c-d")(_end)
    session: PromptSession[str] = PromptSession(message, key_bindings=bindings)
    return session.prompt()


def ask_line(
    message: str,
    *,
    words: Sequence[str] = (),
    default: str = "",
    problem: Problem = lambda _: None,
) -> str:
    """Ask for a line, with completion of `words` and checked while it is typed.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        EOFError: Ctrl-D on an empty line.
    """
    session: PromptSession[str] = PromptSession(
        message,
        completer=WordCompleter(list(words), ignore_case=True, match_middle=True),
        validator=_Checked(problem),
        validate_while_typing=True,
    )
    return session.prompt(default=default).strip()


def ask_yes(message: str) -> bool:
    """Ask a question that is answered by the key y or n."""
    keys = {"y": "yes", "Y": "yes", "n": "no", "N": "no"}
    return ask_key(f"{message} [y/n] ", keys) == "yes"


def ask_field(field: Field, *, default: Any = None, status: Status | None = None) -> Any:
    """Ask for the value of a field, typed as `ratchet.curation.field_text` says.

    Args:
        field: What is asked for.
        default: A value to begin with.
        status: What to show below while it is typed.

    Raises:
        KeyboardInterrupt: Ctrl-C.
        EOFError: Ctrl-D on an empty line.
    """
    multiline = is_multiline(field)
    session: PromptSession[str] = PromptSession(
        f"{field.name} ({how_to_type(field)}{f'; {END_HINT}' if multiline else ''})\n> ",
        completer=_choices_of(field),
        validator=_Checked(lambda text: read_text(field, _ended(text)).problem),
        validate_while_typing=True,
        multiline=multiline,
        key_bindings=_ending_by_blank_line() if multiline else None,
        enable_open_in_editor=True,
        prompt_continuation=". ",
        bottom_toolbar=None if status is None else lambda: _status_line(session, field, status),
    )
    begun = "" if default is None else write_text(field, default)
    typed = session.prompt(default=begun)
    return default if default is not None and typed == begun else _value(field, typed)


class _Checked(Validator):
    """Shows a problem as soon as it is typed."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def validate(self, document: Document) -> None:
        message = self._problem(document.text)
        if message is not None:
            raise ValidationError(len(document.text), message)


def _choices_of(field: Field) -> WordCompleter | None:
    words = ("yes", "no") if field.type is bool else field.choices
    return WordCompleter(list(words), ignore_case=True) if words else None


def _ended(text: str) -> str:
    """Without the blank line that ended it, or the newline that an editor leaves."""
    return text.rstrip("\n")


def _status_line(session: PromptSession[str], field: Field, status: Status) -> str:
    return status(_value(field, session.default_buffer.text))


def _value(field: Field, text: str) -> Any:
    return read_text(field, _ended(text)).value


def _ending_by_blank_line() -> KeyBindings:
    bindings = KeyBindings()

    @bindings.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        is_at_end = not buffer.document.text_after_cursor.strip()
        if is_at_end and not buffer.document.current_line.strip():
            buffer.validate_and_handle()
        else:
            buffer.newline(copy_margin=False)

    return bindings


def _leave_with(meaning: str) -> Callable[[KeyPressEvent], None]:
    def leave(event: KeyPressEvent) -> None:
        event.app.exit(result=meaning)

    return leave


def _end(event: KeyPressEvent) -> None:
    event.app.exit(exception=EOFError)
