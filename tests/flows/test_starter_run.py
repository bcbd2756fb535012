"""The first run of a new user: strict gates pass on the starter set, and a verdict is reached."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.improve_programs import improve_programs
from ratchet import signatures
from ratchet.collect.problems import generation
from ratchet.collect.starter import starter_examples
from ratchet.cycle.batch import validate_with_store
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.summary import RunSummary, SignatureSummary
from ratchet.datasets import DatasetFolder
from ratchet.settings import load_settings

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

EXTRACT, PROBLEM = "extract_requirements", "generate_problem"


def improved(signature: str, **changes: Any) -> SignatureSummary:
    """What a short strict run makes of one signature, without git."""
    given = {"git_target": 0, "synthetic_target": 10, "trials": 2, "signatures": (signature,)}
    state = improve_programs(ImprovementOptions.of(**{**given, **changes}), return_state=True)
    summary: RunSummary = state.result(raise_on_failure=False)
    return summary.signatures[signature]


def published(signature: str) -> set[str]:
    """The ids in the latest version."""
    version = DatasetFolder(load_settings().datasets_folder).load(signature)
    return {example.example_id for example in version.examples}


def test_a_first_run_is_judged_on_the_starter_set(workspace: Path) -> None:
    """Strict gates pass, most of the starter set is in the version, and the verdict is honest."""
    found = improved(EXTRACT)

    starter = {example.example_id for example in starter_examples(EXTRACT)}
    assert found.error is None
    assert found.verdict in {"promote", "reject", "inconclusive"}
    assert found.collected == 60
    assert len(published(EXTRACT) & starter) >= 40


def test_bootstrapped_problems_are_improved_on(workspace: Path) -> None:
    """What the store was given joins the run of its signature, and the verdict says why."""
    made = generation.generate(12, seed=5, now=datetime.now(UTC)).examples
    url = load_settings().store_url
    spec = signatures.get(PROBLEM)
    validate_with_store(spec, made, store_url=url, threshold=0.9, now=datetime.now(UTC))

    found = improved(PROBLEM, optimizer="bootstrap", synthetic_target=0)

    assert found.error is None
    assert found.verdict in {"promote", "reject", "inconclusive"}
    assert found.reasons
    assert len(published(PROBLEM) & {example.example_id for example in made}) >= 6
