"""`ratchet collect synthetic` with strategies, in batches, within a share, and as a dry run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ratchet.examples import Example, Source, Status
from ratchet.files import read_jsonl
from ratchet.settings import load_settings
from ratchet.store import open_store
from tests.anthropic_server import Answer, AnthropicServer, BatchDesk, Request, Text
from tests.cli_builders import COMPLETENESS, good_examples, ratchet
from tests.integration.test_claude_generation import ScriptedClaude, is_blind

OF = ("collect", "synthetic", "--signature", COMPLETENESS)


@contextmanager
def claude(
    monkeypatch: pytest.MonkeyPatch, script: object = None, desk: BatchDesk | None = None
) -> Iterator[AnthropicServer]:
    """Claude with a key, on loopback."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-test")
    with AnthropicServer(script or ScriptedClaude(), batches=desk) as server:  # type: ignore[arg-type]
        monkeypatch.setenv("RATCHET_API_BASE", server.url)
        yield server


def accept(examples: list[Example]) -> None:
    """Put examples into the store as accepted."""
    with open_store(load_settings().store_url) as store:
        store.examples.add(e.evolve(status=Status.ACCEPTED) for e in examples)


class Flips:
    """Edits the parent's inputs by a sentence and turns its decision; the blind look sees it."""

    def __init__(self, *, is_seen: bool = True) -> None:
        self.is_seen = is_seen

    def __call__(self, request: Request) -> Answer:
        if is_blind(request):
            shown = request.prompt.split("Inputs:\n", 1)[1].split("\n\nGive these", 1)[0]
            return Text(document=self._outputs(json.loads(shown), turned=self.is_seen))
        given = request.prompt.split("Inputs:\n<material>\n", 1)[1].split("\n</material>", 1)[0]
        inputs = json.loads(given)
        inputs["implementation"] += " One of them was left out."
        return Text(
            document={"inputs": inputs, "outputs": self._outputs(inputs), "notes": "left out"}
        )

    def _outputs(self, inputs: dict[str, list[str]], *, turned: bool = True) -> dict[str, object]:
        missing = inputs["requirements"][:1] if turned else []
        return {"is_complete": not turned, "missing_requirements": missing, "explanation": "so"}


def complete_parents() -> list[Example]:
    """Accepted real examples in which nothing is missing."""
    found = [e for e in good_examples(40) if e.outputs["is_complete"]]
    return [e.evolve(source=Source.MANUAL) for e in found]


def test_a_counterfactual_stays_with_its_parent(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pair shares the group; provenance says parent, edit, agreement and prompt."""
    parents = {e.example_id: e for e in complete_parents()}
    accept(list(parents.values()))

    with claude(monkeypatch, Flips()):
        left = ratchet(*OF, "--strategy", "counterfactual", "--target", 3, "--json")

    (row,) = left.document["signatures"]
    (tally,) = left.document["strategies"][COMPLETENESS]
    assert (row["collected"], tally["agreed"], tally["labelled"]) == (3, 3, 3)
    assert tally["agreement"]["lower"] == pytest.approx(0.4385, abs=1e-3)
    for written in map(Example.from_json, read_jsonl(workspace / row["file"])):
        parent = parents[written.provenance["parent"]]
        assert written.group_id == parent.group_id
        assert written.outputs["is_complete"] is False
        assert written.provenance["strategy"] == "counterfactual"
        assert 0 < written.provenance["edit_share"] <= 0.35
        assert written.provenance["agreement"] == 1.0
        assert len(written.provenance["prompt_hash"]) == 16


def test_a_decision_that_did_not_turn_is_counted_as_such(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer says that it turned, the blind look does not see it: nothing is kept."""
    accept(complete_parents())

    with claude(monkeypatch, Flips(is_seen=False)):
        left = ratchet(*OF, "--strategy", "counterfactual", "--target", 2, "--json")

    assert left.exit_code == 1
    assert left.document["skipped"] == {"decision not turned round": 2}


def test_a_strategy_without_seeds_says_what_lacks(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is sent, and the message says what to do."""
    with claude(monkeypatch) as server:
        left = ratchet(*OF, "--strategy", "evolve", "--target", 2)

    assert left.exit_code == 2
    assert "evolve: it starts from accepted examples" in left.err
    assert not server.requests


def test_batches_by_command_or_setting(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--batch` or `synthetic.batch`: half the price, and the same command pays once."""
    desk = BatchDesk(outcome=ScriptedClaude())
    with claude(monkeypatch, desk=desk):
        first = ratchet(*OF, "--target", 3, "--batch", "--json").document
        monkeypatch.setenv("RATCHET_SYNTHETIC__BATCH", "true")
        second = ratchet(*OF, "--target", 3, "--json").document

    assert first["cost_usd"] == second["cost_usd"] == pytest.approx(0.021)
    assert first["batches"] == second["batches"] == ["msgbatch_01", "msgbatch_02"]
    assert second["signatures"][0]["in_file"] == 3
    assert list((workspace / ".ratchet/cache/batches").glob("*.json"))


def test_a_batch_under_way_is_said_and_no_success(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When patience ends the command leaves with 1 and says how to go on."""
    monkeypatch.setenv("RATCHET_SYNTHETIC__POLL_SECONDS", "0.01")
    monkeypatch.setenv("RATCHET_SYNTHETIC__MAX_WAIT_HOURS", "0.000001")
    desk = BatchDesk(outcome=ScriptedClaude(), polls=10_000)
    with claude(monkeypatch, desk=desk):
        left = ratchet(*OF, "--target", 2, "--batch")

    assert left.exit_code == 1
    assert "The same command goes on with it" in left.out


def test_a_dry_run_shows_orders_and_both_prices_and_sends_nothing(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Orders by strategy, the cost at once and in batches, without a key."""
    left = ratchet(*OF, "--target", 9, "--lm", "anthropic/claude-sonnet-5-5", "--dry-run", "--json")

    (estimate,) = left.document["estimates"]
    assert left.exit_code == 0
    assert estimate["orders"] == {"coverage_cell": 6, "persona": 3}
    assert estimate["batch_usd"] == estimate["usd"] / 2 > 0
    assert estimate["usd"] < estimate["most_usd"] <= 5.0
    assert not (workspace / ".ratchet/collected_data").exists()


def test_the_share_of_synthetic_examples_is_capped(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten real examples at one half admit ten, also from templates; then none."""
    monkeypatch.setenv("RATCHET_SYNTHETIC__MAX_SHARE", "0.5")
    monkeypatch.setenv("RATCHET_SYNTHETIC__ALWAYS_ADMITTED", "0")
    accept([e.evolve(source=Source.GIT) for e in good_examples(10, seed=2)])

    first = ratchet(*OF, "--target", 30)
    second = ratchet(*OF, "--target", 30, "--seed", 2, "--json").document

    assert "10 of 30 synthetic examples are asked for" in first.out
    assert second["signatures"][0]["collected"] == 0
    (mixture,) = second["mixture"]
    assert (mixture["real"], mixture["pending"], mixture["admitted"]) == (10, 10, 0)
    assert mixture["synthetic_per_real"] == 1.0


@pytest.mark.parametrize("option", [("--strategy", "evolve"), ("--batch",)])
def test_templates_know_no_strategies_and_no_batches(
    workspace: Path, option: tuple[str, ...]
) -> None:
    """Without Claude the options are refused and not ignored."""
    left = ratchet(*OF, "--target", 2, *option)

    assert left.exit_code == 2
    assert "ANTHROPIC_API_KEY" in left.err
