"""The tree of settings: every key is documented, bounded, and says its variable."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.configuration.reference import reference_table
from ratchet.configuration.tree import Key, find_key, keys_of, variable_of
from ratchet.errors import ConfigurationError
from ratchet.settings import Settings, load_settings

KEYS = keys_of(Settings)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.path)
def test_every_setting_says_what_it_is(key: Key) -> None:
    """A description for all; for every number what is allowed too."""
    assert key.description.endswith(".")
    assert key.type_name not in {"whole number", "number"} or key.allowed != "any"
    assert key.path.startswith(("signatures.", "bootstrap.domains.")) or key.variable


def test_every_number_of_collection_and_optimisation_has_a_unit() -> None:
    """Nobody must guess whether a limit is in hours or in seconds."""
    numbers = [key for key in KEYS if "number" in key.type_name]
    ours = [key for key in numbers if key.section in {"collection", "optimisation", "increments"}]

    assert [key.path for key in ours if not key.unit] == []
    assert len(ours) > 15


def test_the_variable_of_a_setting_sets_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Section and name are joined by two underscores; the environment wins over the file."""
    (workspace / "ratchet.toml").write_text("[collection]\ngit_target = 11\nsince_days = 12\n")
    monkeypatch.setenv(variable_of("collection.git_target"), "13")

    collection = load_settings().collection

    assert (collection.git_target, collection.since_days) == (13, 12)


def test_a_key_in_a_table_of_ones_own_is_found() -> None:
    """The name of a domain or a signature is free."""
    assert find_key(Settings, "bootstrap.domains.mathematics.target_examples").allowed == (
        "1..1000000"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("collection.git_tarket", "Did you mean collection.git_target"),
        ("collection", "It is a table with collection.mode"),
        ("zzz", "config show"),
    ],
)
def test_an_unknown_key_says_the_nearest(path: str, message: str) -> None:
    """And a table says what is in it."""
    with pytest.raises(ConfigurationError, match=message):
        find_key(Settings, path)


def test_the_reference_holds_every_setting() -> None:
    """The table for the documentation is made from the tree, with well-formed rows."""
    table = reference_table(Settings)

    for key in KEYS:
        assert key.description.replace("|", "\\|") in table
    rows = [line for line in table.splitlines() if line.startswith("| `")]
    assert len(rows) == len(KEYS)
    assert {line.replace("\\|", "").count("|") for line in rows} == {8}


@pytest.mark.parametrize("written", ["../shop, ../till", '["../shop", "../till"]'])
def test_a_list_in_the_environment_is_json_or_has_commas(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    """Nobody has to write JSON into a shell to name two repositories."""
    monkeypatch.setenv("RATCHET_COLLECTION__REPOSITORIES", written)

    assert load_settings().collection.repositories == ("../shop", "../till")


def test_what_is_no_list_is_refused_as_json(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table can not be written with commas."""
    monkeypatch.setenv("RATCHET_BOOTSTRAP__DOMAINS", "mathematics")

    with pytest.raises(ConfigurationError, match="JSON"):
        load_settings()
