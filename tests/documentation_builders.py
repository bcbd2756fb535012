"""Reads the documentation as its tests do: pages, fenced blocks with their mode, commands in them.

A fence says in braces how its block is tested. Without braces it is run. The modes are

    {fails}       run, and it must leave with an error
    {file=NAME}   written into the project under this name
    {key} {app} {slack} {email} {postgresql} {person}
                  run with what is on loopback: see `documentation_surroundings`
    {server} {worker} {failed-run} {system} {site}
                  run by the end-to-end tests: against a Prefect server, on a local system
    {shown=FILE}  takes minutes: FILE is the test that runs the same commands, several with commas
    {docker}      parsed only

Whatever the mode, each command in it must exist with its options: see `problem_of`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from docs.generator.commands import command_tree

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FENCE = re.compile(
    r"^```(?P<language>\w+)?[ \t]*(?P<braces>\{[^}\n]*\})?[ \t]*\n(?P<text>.*?)^```[ \t]*$",
    re.DOTALL | re.MULTILINE,
)
SHELLS = frozenset({"bash", "console", "cron"})
BROUGHT = frozenset({"key", "app", "slack", "email", "postgresql", "person"})
"""What a block needs and the test of its page brings."""
ON_SERVER = frozenset({"server", "worker", "failed-run"})
ELSEWHERE = ON_SERVER | {"system", "site"}
"""What a block needs and only the end-to-end tests have; they run it."""
PARSED = frozenset({"docker"})
MODES = BROUGHT | ELSEWHERE | PARSED | {"fails"}
SEPARATORS = frozenset({";", "|", "&&", "||", "&", "(", ")", "|&", ";;"})
REDIRECTIONS = frozenset({">", ">>", "<", "2>", "&>", ">&"})
PROGRAM_NAMES = """
cat cd chmod cp crontab curl cut date df docker du echo env export false git grep head jq kill ls
make mkdir mkdocs mv paste prefect psql python ratchet rm sha256sum sleep sort source sqlite3
systemctl tail tar test touch true uniq uv wc
"""
PROGRAMS = frozenset(PROGRAM_NAMES.split())
"""What a command of the documentation may start with; another one is a slip of the pen."""
KEYWORDS = frozenset({"do", "done", "then", "fi", "if", "while", "else"})
ASSIGNMENT = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")


@dataclass(frozen=True, kw_only=True)
class Block:
    """One fenced block of a page; `shown` are the files that run its commands in its place."""

    page: str
    line: int
    language: str
    text: str
    modes: tuple[str, ...] = ()
    file: str = ""
    shown: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands, as an editor takes it."""
        return f"docs/{self.page}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether the test of its page runs it, rather than parse it only."""
        return not self.shown and not (ELSEWHERE | PARSED).intersection(self.modes)

    @property
    def is_run_on_server(self) -> bool:
        """Whether the end-to-end test runs it, against a Prefect server."""
        return not ON_SERVER.isdisjoint(self.modes)


@dataclass(frozen=True, kw_only=True)
class DocumentedPage:
    """A page with what its head says and its blocks."""

    name: str
    head: dict[str, Any]
    blocks: tuple[Block, ...]


def documented_pages() -> list[str]:
    """The names of the pages that are written by hand; the generated ones hold no command."""
    return sorted(str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md"))


@cache
def read_page(name: str) -> DocumentedPage:
    """A page, taken apart."""
    text = (DOCS / name).read_text(encoding="utf-8")
    head = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    return DocumentedPage(
        name=name,
        head=yaml.safe_load(head[1]) if head else {},
        blocks=tuple(blocks_of(text, page=name)),
    )


def blocks_of(text: str, *, page: str) -> Iterator[Block]:
    """Every fenced block, in its order."""
    for found in FENCE.finditer(text):
        words = (found["braces"] or "").strip("{}").split()
        given = dict(word.split("=", 1) for word in words if "=" in word)
        yield Block(
            page=page,
            line=text.count("\n", 0, found.start()) + 1,
            language=found["language"] or "",
            text=found["text"],
            modes=tuple(word for word in words if "=" not in word),
            file=given.get("file", ""),
            shown=tuple(filter(None, given.get("shown", "").split(","))),
        )


def commands_in(block: Block) -> list[list[str]]:
    """The simple commands of a block of shell, words split as the shell does."""
    if block.language == "console":
        lines = [line[2:] for line in joined_lines(block.text) if line.startswith("$ ")]
    elif block.language == "cron":
        lines = [_without_times(line) for line in joined_lines(block.text)]
    else:
        lines = joined_lines(block.text)
    return [words for line in lines for words in split_commands(line)]


def named_commands(text: str) -> Iterator[list[str]]:
    """The commands that a text names between backticks, as far as they are written out.

    >>> list(named_commands("Use `ratchet run --json`, `ratchet backup` or `ratchet rollout`."))
    [['ratchet', 'run', '--json']]
    """
    plain = FENCE.sub("", text)
    for found in re.findall(r"`(ratchet [^`]+)`", plain):
        words = shlex.split(found.replace("\n", " "))
        is_whole = len(words) > 2 or words[1] in _commands_of_one_word()
        if is_whole and not _is_shortened(words):
            yield words


@lru_cache(maxsize=1)
def _commands_of_one_word() -> frozenset[str]:
    commands = command_tree().commands
    return frozenset(n for n, c in commands.items() if getattr(c, "commands", None) is None)


def _is_shortened(words: Sequence[str]) -> bool:
    """A sentence may leave out what the command asks for: `ratchet rollout watch`."""
    problem = problem_of(words)
    return problem is not None and ("Missing" in problem or "..." in words)


def headings_of(text: str) -> list[str]:
    """The titles of a page, whatever their level."""
    return re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)


def split_commands(line: str) -> list[list[str]]:
    """The simple commands of one line, also those whose output stands in another's place.

    >>> split_commands("A=1 ratchet run --json | jq . > out.json  # all")
    [['ratchet', 'run', '--json'], ['jq', '.']]
    >>> split_commands('echo "$(ratchet config show)"')
    [['echo', '$(ratchet config show)'], ['ratchet', 'config', 'show']]
    """
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = "#"
    found: list[list[str]] = [[]]
    is_target = False
    for word in lexer:
        if word in SEPARATORS:
            found.append([])
        elif word in REDIRECTIONS:
            is_target = True
            if found[-1] and found[-1][-1] == "2":  # of `2>&1`
                found[-1].pop()
        elif is_target:
            is_target = False
        else:
            found[-1].append(word)
    nested = [inner for text in re.findall(r'"[^"]*\$\(([^()]*)\)', line) for inner in [text]]
    plain = [words for words in map(_without_assignments, found) if words]
    return plain + [words for text in nested for words in split_commands(text)]


def problem_of(words: Sequence[str]) -> str | None:
    """What is wrong with a command; None when it exists as it is written."""
    program = words[0].rpartition("/")[2]
    if program not in PROGRAMS:
        return f"{program} is no program that the documentation uses"
    if program == "ratchet":
        return _problem_of_ratchet(words[1:])
    if program == "make":
        return _problem_of_make(words[1:])
    if program == "python" and "-m" in words:
        return _problem_of_module(words[words.index("-m") + 1])
    if program == "docker":
        return _problem_of_compose(words[1:])
    return None


def _problem_of_ratchet(words: Sequence[str]) -> str | None:
    if list(words) in (["--help"], ["--version"]):
        return None
    command, context, left = command_tree(), None, list(words)
    try:
        while getattr(command, "commands", None) is not None:
            parsed = command.make_context(command.name or "ratchet", left, parent=context)
            left = [*parsed._protected_args, *parsed.args]
            _, command, left = command.resolve_command(parsed, left)
            context = parsed
        command.make_context(command.name, left, parent=context)
    except Exception as error:
        if "does not exist" in str(error):
            return None  # a file that only the reader has
        if hasattr(error, "format_message"):
            return f"ratchet {shlex.join(words)}: {error.format_message()}"
        raise
    return None


def _problem_of_make(words: Sequence[str]) -> str | None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    for word in words:
        if word.startswith("ARGS=") and "run" in words:
            return _problem_of_ratchet(["run", *shlex.split(word.removeprefix("ARGS="))])
        if not ASSIGNMENT.match(word) and word not in targets:
            return f"make {word}: there is no such target"
    return None


def _problem_of_module(name: str) -> str | None:
    path = ROOT / name.replace(".", "/")
    is_ours = path.with_suffix(".py").is_file() or (path / "__main__.py").is_file()
    known = {"venv", "json.tool", "http.server", "prefect"}
    return None if is_ours or name in known else f"python -m {name}: there is no such module"


def _problem_of_compose(words: Sequence[str]) -> str | None:
    if words[0] != "compose":
        return None
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]
    verbs = {"up", "down", "logs", "exec", "run", "ps", "build", "stop", "start", "restart"}
    plain = [word for word in words[1:] if not word.startswith("-")]
    if plain[0] not in verbs:
        return f"docker compose {plain[0]}: there is no such command"
    if len(plain) > 1 and plain[1] not in services:
        return f"docker compose {shlex.join(plain)}: there is no service {plain[1]}"
    if plain[0] in {"exec", "run"} and plain[2] == "ratchet":
        return _problem_of_ratchet(words[words.index("ratchet") + 1 :])
    return None


def joined_lines(text: str) -> list[str]:
    """Lines, those that end in a backslash with the next one."""
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def _without_assignments(words: list[str]) -> list[str]:
    while words and (ASSIGNMENT.match(words[0]) or words[0] in KEYWORDS or words[0] == "!"):
        words = words[1:]
    return words


def _without_times(line: str) -> str:
    """The command of a line of a crontab; an assignment and a comment have none."""
    if line.startswith("#") or ASSIGNMENT.match(line):
        return ""
    return line.split(maxsplit=5)[5]
