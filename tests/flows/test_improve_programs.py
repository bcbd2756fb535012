"""The improvement flows on a real Prefect server, offline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import Artifact, State

from blocks import Connections, Database, LanguageModel
from flows.improve_programs import improve_programs
from flows.improve_signature import improve_signature
from ratchet import signatures
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.run_folder import SUMMARY_FILE
from ratchet.cycle.summary import RunSummary, read_summary
from ratchet.datasets import DatasetFolder
from ratchet.examples import Example, Source
from ratchet.settings import load_settings
from ratchet.signatures import registry
from ratchet.signatures.validate_intent import SPEC
from ratchet.store import open_store
from tests.feedback_builders import absorb, good

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

COMPLETENESS, EXTRACT = "validate_completeness", "extract_requirements"
UNKNOWN_TO_TEMPLATES = "check_something"


def options(**changes: Any) -> ImprovementOptions:
    """A short synthetic run."""
    values = {
        "git_target": 0,
        "synthetic_target": 20,
        "starter": False,
        "trials": 2,
        "signatures": (EXTRACT,),
        "strict": False,
    }
    return ImprovementOptions.of(**{**values, **changes})


def run(given: ImprovementOptions, **arguments: Any) -> tuple[State[Any], RunSummary]:
    """Run the flow; its state and its summary."""
    state = improve_programs(given, return_state=True, **arguments)
    return state, state.result(raise_on_failure=False)


def artifacts(prefix: str) -> list[Artifact]:
    """The artifacts on the server whose key starts with `prefix`."""
    with get_client(sync_client=True) as client:
        found = client.request(
            "POST", "/artifacts/filter", json={"artifacts": {"key": {"like_": f"{prefix}%"}}}
        )
    return [Artifact.model_validate(row) for row in found.json()]


def stored(url: str, signature: str) -> list[Example]:
    """Every example of a signature in the store."""
    with open_store(url) as store:
        return list(store.examples.find(signature))


@pytest.fixture
def strange_signature() -> Iterator[str]:
    """A registered signature that no source has examples of."""
    from dataclasses import replace

    signatures.register(replace(SPEC, name=UNKNOWN_TO_TEMPLATES))
    yield UNKNOWN_TO_TEMPLATES
    registry._loaded.pop(UNKNOWN_TO_TEMPLATES)


def test_a_run_goes_from_collection_to_a_verdict(workspace: Path) -> None:
    """Every stage leaves its files, the store and the server know the outcome."""
    state, summary = run(options(signatures=(EXTRACT, COMPLETENESS)))

    found = summary.signatures[EXTRACT]
    folder = workspace / ".ratchet" / "runs" / summary.run_id
    assert state.is_completed()
    assert summary.success
    assert found.collected == 20
    assert found.verdict in {"promote", "reject", "inconclusive"}
    assert found.interval is not None
    assert found.lm_calls > 0
    assert read_summary(folder / SUMMARY_FILE) == summary
    for stage in ("collected_data", "validated_data", "quality_reports", "optimization_results"):
        assert any((folder / stage).iterdir()), stage
    assert DatasetFolder(workspace / "training_data").verify(EXTRACT) == []
    with open_store(f"sqlite:///{workspace}/.ratchet/ratchet.db") as store:
        assert store.runs.get(summary.run_id).summary == json.loads(
            (folder / SUMMARY_FILE).read_text()
        )
        assert [e.verdict for e in store.evaluations.list(signature=EXTRACT)] == [found.verdict]
        assert len(store.evaluations.test_uses(EXTRACT)) == 1


def test_people_see_progress_reports_and_the_run_folder_in_prefect(workspace: Path) -> None:
    """Gate, split, verdict, progress, the table, the link and the picture are artifacts."""
    _, summary = run(options())

    for prefix in ("gate-", "split-", "verdict-", "progress-", "score-history-"):
        assert artifacts(f"{prefix}extract-requirements"), prefix
    assert any(summary.run_id in str(a.description) for a in artifacts("improvement"))
    assert any(summary.run_id in str(a.data) for a in artifacts("run-folder"))


def test_a_run_started_again_repeats_no_finished_step(
    workspace: Path, strange_signature: str
) -> None:
    """After a run that failed, what was done is taken over: no call is made again."""
    given = options(signatures=(EXTRACT, strange_signature))
    failed, first = run(given)

    _, second = run(given)

    again = second.signatures[EXTRACT]
    assert failed.is_failed()
    assert first.signatures[EXTRACT].lm_calls > 0
    assert again.lm_calls == 0
    assert again.program_version == first.signatures[EXTRACT].program_version
    assert again.dataset_version == first.signatures[EXTRACT].dataset_version
    folder = workspace / ".ratchet" / "runs" / second.run_id
    assert (folder / "optimization_results" / f"{EXTRACT}.evaluation.json").is_file()


def test_a_stage_whose_files_are_gone_is_done_again(
    workspace: Path, strange_signature: str
) -> None:
    """Deleting an old run folder costs time, not correctness."""
    import shutil

    given = options(signatures=(EXTRACT, strange_signature))
    _, first = run(given)
    shutil.rmtree(workspace / ".ratchet" / "runs" / first.run_id)

    _, second = run(given)

    assert second.signatures[EXTRACT].verdict == first.signatures[EXTRACT].verdict
    assert second.signatures[EXTRACT].error is None


def test_one_failing_signature_does_not_stop_the_others(
    workspace: Path, strange_signature: str
) -> None:
    """The run reports the failure by name and is not a success."""
    state, summary = run(options(signatures=(strange_signature, EXTRACT)))

    assert state.is_failed()
    assert not summary.success
    assert summary.signatures[EXTRACT].did_real_work
    assert summary.signatures[strange_signature].error is not None
    assert strange_signature in (summary.error or "")


def test_the_run_after_a_finished_one_brings_new_examples(workspace: Path) -> None:
    """A dataset grows from month to month; no example changes sides."""
    _, first = run(options())
    _, second = run(options())

    folder = DatasetFolder(workspace / "training_data")
    versions = [s.signatures[EXTRACT].dataset_version or "" for s in (first, second)]
    old, new = (folder.load(EXTRACT, version) for version in versions)
    assert len(new.examples) > len(old.examples)
    assert {g: new.sides[g] for g in old.sides} == dict(old.sides)


def test_a_refused_gate_says_what_to_bring(workspace: Path) -> None:
    """In strict mode a single source is refused, with the request; nothing is published."""
    state, summary = run(options(signatures=(COMPLETENESS,), synthetic_target=5, strict=True))

    found = summary.signatures[COMPLETENESS]
    assert state.is_failed()
    assert found.verdict == "refused"
    assert found.reasons[0].startswith("quality_gates: reject, reason: ")
    assert "needs" in found.reasons[0]
    assert not (workspace / "training_data").exists()


def test_what_production_taught_joins_the_other_sources(workspace: Path) -> None:
    """Confirmed requests are collected beside the synthetic examples; later ones too."""
    given = options(signatures=(COMPLETENESS,), synthetic_target=5, strict=True)
    url = load_settings().store_url
    counts = []
    for day in range(2):
        recent = datetime.now(UTC) - timedelta(hours=1)
        said = [good(f"{day}-{n}", f"Part {day} of {n}.", at=recent) for n in range(4)]
        with open_store(url) as store:
            absorb(store, said, file=f"day-{day}", now=recent)
        _, summary = run(given)
        counts.append(summary.signatures[COMPLETENESS].collected)
        kept = [e.source for e in stored(url, COMPLETENESS)]

    assert counts == [5 + 4, 5 + 8]
    assert kept.count(Source.TELEMETRY) == 8


def test_one_signature_alone_is_a_run_of_its_own(workspace: Path) -> None:
    """The inner flow is a deployment too; it writes its own summary."""
    state = improve_signature(EXTRACT, options(), return_state=True)

    summaries = list((workspace / ".ratchet" / "runs").glob(f"*/{SUMMARY_FILE}"))
    assert state.is_completed()
    assert [list(read_summary(path).signatures) for path in summaries] == [[EXTRACT]]


def test_blocks_give_the_connections_and_keep_their_secrets(workspace: Path) -> None:
    """The store and the model come from blocks; no parameter or result holds a secret."""
    url = f"sqlite:///{workspace}/elsewhere/store.db"
    Database(url=url).save("team", overwrite=True)
    LanguageModel(model="offline/in-context", api_key="s3cr3t-key").save("team", overwrite=True)
    connections = Connections(database="team", language_model="team")

    _, summary = run(options(), connections=connections)

    with open_store(url) as store:
        assert store.runs.get(summary.run_id) is not None
    written = [p for p in workspace.rglob("*") if p.is_file() and b"s3cr3t" in p.read_bytes()]
    assert written == []


def test_a_missing_block_is_named(workspace: Path) -> None:
    """The message says which kind and which name."""
    state, _ = run(options(), connections=Connections(database="nowhere"))

    assert state.is_failed()
    assert "nowhere" in (state.message or "")
