"""`ratchet collect`: files per signature, counts, notes, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.cli.writers import ClaudeWriter, TemplateWriter, choose_writer
from ratchet.errors import ConfigurationError
from ratchet.examples import Example, Source
from ratchet.files import read_jsonl
from tests.cli_builders import COMPLETENESS, ratchet, write_rows
from tests.repositories import Planned, build_repository

EVER = ("--since-days", 3_650)
MINED = "validate_intent"  # what the history below speaks of
BODY = """Add login to the service

- Log in with a password
- Lock the account after five failures
- Write each attempt to the audit log
"""


def service(path: Path) -> Path:
    """A repository with commits that say what they want in lists, and a merge-free history."""
    commits = [
        Planned(
            message=BODY.replace("login", f"{noun} login"),
            files={
                f"src/{noun}.py": f"def {noun}_login(password):\n    audit_log(password)\n" * 5,
                f"tests/test_{noun}.py": f"def test_{noun}_login():\n    assert True\n" * 3,
            },
            day=float(day),
        )
        for day, noun in enumerate(("admin", "guest", "staff", "owner", "robot", "agent"))
    ]
    return build_repository(path, commits, bare=False).path


def read(path: Path) -> list[Example]:
    """The examples of a collected file."""
    return [Example.from_json(row) for row in read_jsonl(path)]


def test_a_history_becomes_one_file_per_signature(workspace: Path) -> None:
    """Each signature's examples are in a file of its own, in the form that loses nothing."""
    repository = service(workspace / "service")

    left = ratchet("collect", "git", "--repo", repository, *EVER, "-s", MINED, "--json")

    (row,) = left.document["signatures"]
    assert left.exit_code == 0
    assert row["signature"] == MINED
    assert row["file"] == ".ratchet/collected_data/validate_intent.git.jsonl"
    examples = read(workspace / row["file"])
    assert len(examples) == row["collected"] > 0
    assert {(e.signature, e.source) for e in examples} == {(MINED, Source.GIT)}


def test_a_shortage_is_said_with_its_remedy(workspace: Path) -> None:
    """Fewer examples than wanted: how many, and what to do."""
    repository = service(workspace / "service")

    left = ratchet("collect", "git", "--repo", repository, *EVER, "-s", MINED)

    assert "target: 30" in left.out
    assert "--since-days" in left.out
    assert "Next: ratchet validate .ratchet/collected_data" in left.out


def test_the_target_holds_for_all_repositories_together(workspace: Path) -> None:
    """Two repositories do not bring twice what was asked for."""
    one, two = service(workspace / "one"), service(workspace / "two")

    left = ratchet(
        *("collect", "git", "--repo", one, "--repo", two, *EVER),
        *("-s", MINED, "--target", 4, "--json"),
    )

    assert left.document["signatures"][0]["collected"] == 4


def test_filters_reach_the_mining(workspace: Path) -> None:
    """What every commit touches is excluded, so nothing is left; that is not success."""
    repository = service(workspace / "service")

    left = ratchet(
        *("collect", "git", "--repo", repository, *EVER, "-s", MINED),
        *("--exclude", "src/**", "--exclude", "tests/**"),
    )

    assert left.exit_code == 1
    assert not (workspace / ".ratchet/collected_data/validate_intent.git.jsonl").exists()


def test_authors_are_hashed_unless_asked_for(workspace: Path) -> None:
    """Names of people leave the history only by `--authors-in-clear`."""
    repository = service(workspace / "service")
    arguments = ("collect", "git", "--repo", repository, *EVER, "-s", MINED)

    ratchet(*arguments, "--output", "hashed")
    ratchet(*arguments, "--output", "clear", "--authors-in-clear")

    name = f"{MINED}.git.jsonl"
    assert "Ada Abbott" not in (workspace / "hashed" / name).read_text()
    assert "Ada Abbott" in (workspace / "clear" / name).read_text()


def test_a_shallow_history_is_said_to_be_cut(workspace: Path) -> None:
    """A shallow clone brings what it has, and a note."""
    repository = build_repository(workspace / "whole", _commits()).path
    shallow = workspace / "shallow"
    _git("clone", "-q", "--depth", "2", f"file://{repository}", str(shallow))

    left = ratchet("collect", "git", "--repo", shallow, *EVER)

    assert "the clone is shallow" in left.out


def test_an_empty_history_is_no_success(workspace: Path) -> None:
    """Nothing collected leaves with 1 and says why."""
    repository = build_repository(workspace / "empty", []).path

    left = ratchet("collect", "git", "--repo", repository)

    assert left.exit_code == 1
    assert "empty has no commits yet." in left.out


def test_a_folder_that_is_no_repository_is_wrong_input(workspace: Path) -> None:
    """The message names the folder and the option."""
    left = ratchet("collect", "git", "--repo", workspace)

    assert left.exit_code == 2
    assert left.err == f"ratchet: {workspace} is not a git repository. Give one with --repo.\n"


def test_a_missing_repository_is_wrong_input(workspace: Path) -> None:
    """A typo in the path is named."""
    left = ratchet("collect", "git", "--repo", "nowhere")

    assert left.exit_code == 2
    assert "nowhere does not exist" in left.err


def test_a_folder_that_can_not_be_written_is_named(workspace: Path) -> None:
    """The output is a file already: said, and nothing is lost of it."""
    (workspace / "taken").write_text("mine")

    left = ratchet("collect", "synthetic", "-s", COMPLETENESS, "--target", 2, "--output", "taken")

    assert left.exit_code == 2
    assert "taken" in left.err
    assert "can not be written" in left.err
    assert (workspace / "taken").read_text() == "mine"


def test_the_same_seed_writes_the_same_examples(workspace: Path) -> None:
    """Synthetic collection can be repeated; the file grows by what is new only."""
    arguments = ("collect", "synthetic", "-s", COMPLETENESS, "--target", 5, "--json")

    first = ratchet(*arguments).document["signatures"][0]
    again = ratchet(*arguments).document["signatures"][0]
    other = ratchet(*arguments, "--seed", 2).document["signatures"][0]

    assert (first["in_file"], again["in_file"], other["in_file"]) == (5, 5, 10)


def test_templates_cost_nothing_and_say_so(workspace: Path) -> None:
    """Without a key the templates write, for every signature."""
    left = ratchet("collect", "synthetic", "--target", 1)

    assert left.exit_code == 0
    assert "Written from templates, free of cost." in left.out
    assert len(list((workspace / ".ratchet/collected_data").iterdir())) == 5


def test_a_file_that_holds_something_else_is_not_overwritten(workspace: Path) -> None:
    """Collecting into a damaged file stops with its line, and the file stays."""
    path = write_rows(
        workspace / ".ratchet/collected_data" / f"{COMPLETENESS}.synthetic.jsonl", ["{broken"]
    )

    left = ratchet("collect", "synthetic", "-s", COMPLETENESS, "--target", 2)

    assert left.exit_code == 2
    assert "line 1, column 2" in left.err
    assert path.read_text() == "{broken\n"


def test_claude_without_a_key_names_the_variable(workspace: Path) -> None:
    """Nobody has to search for where the key goes."""
    left = ratchet("collect", "synthetic", "--lm", "anthropic/claude-sonnet-5-5")

    assert left.exit_code == 2
    assert "ANTHROPIC_API_KEY" in left.err


def test_another_provider_can_not_write(workspace: Path) -> None:
    """A model that was named and can not write is refused, with those that can."""
    left = ratchet("collect", "synthetic", "--lm", "openai/gpt-4o")

    assert left.exit_code == 2
    assert "offline/in-context" in left.err
    assert "'openai/gpt-4o'" in left.err


def test_the_model_of_the_settings_never_stops_the_templates() -> None:
    """A team whose programs run on another provider still gets templates."""
    writer = choose_writer("openai/gpt-4o", chosen=False, max_cost_usd=5.0)

    assert isinstance(writer, TemplateWriter)


def test_claude_writes_where_its_key_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a key and no model named, Claude takes the place of the templates."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")

    writer = choose_writer("", chosen=False, max_cost_usd=1.5)

    assert isinstance(writer, ClaudeWriter)
    assert writer.settings.max_cost_usd == 1.5


def test_the_offline_model_asks_for_templates_whatever_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--lm offline/in-context` costs nothing on any machine."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")

    assert isinstance(
        choose_writer("offline/in-context", chosen=True, max_cost_usd=5.0), TemplateWriter
    )


def test_an_empty_key_is_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set to nothing counts as unset."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "  ")

    with pytest.raises(ConfigurationError, match="ANTHROPIC_API_KEY"):
        choose_writer("anthropic/claude-haiku-5-5", chosen=True, max_cost_usd=5.0)


def _commits() -> list[Planned]:
    return [
        Planned(message=BODY, files={f"src/part{day}.py": "x = 1\n" * 9}, day=float(day))
        for day in range(6)
    ]


def _git(*arguments: str) -> None:
    import subprocess

    subprocess.run(["git", *arguments], check=True, capture_output=True)
