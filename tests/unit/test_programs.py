from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import dspy
import pytest

from ratchet import signatures
from ratchet.errors import InputError, StoreError
from ratchet.optimize.optimizer import baseline_program
from ratchet.programs import (
    METADATA_FILE,
    STATE_FILE,
    ProgramVersion,
    describe_state,
    find_program,
    list_programs,
    program_state,
    publish_program,
    read_state,
    restore_program,
)
from tests.builders import NOON, completeness_example
from tests.optimize_builders import ScriptedEngine, completeness_examples, scripted_lm

SPEC = signatures.get("validate_completeness")


def program(instructions: str = "Judge it.") -> dspy.Predict:
    """A program with an instruction and one demonstration with typed values."""
    example = completeness_example(missing=("Lock after five failures",))
    built = baseline_program(SPEC)
    built.signature = built.signature.with_instructions(instructions)
    built.demos = [dspy.Example(augmented=True, **example.inputs, **example.outputs)]
    return built


def publish(root: Path, instructions: str = "Judge it.", **changes: Any) -> ProgramVersion:
    """Publish that program."""
    fields: dict[str, Any] = {
        "signature": SPEC.name,
        "state": program_state(program(instructions)),
        "created": NOON,
        "optimizer": "mipro",
        "model": "offline/in-context",
    }
    return publish_program(root, **{**fields, **changes})


def test_a_published_program_reads_back_as_it_was(tmp_path: Path) -> None:
    """State and metadata survive the disk, and the version is named by time and content."""
    published = publish(tmp_path, dataset_version="v1", parent="v0", scores={"validation": 0.8})

    found = find_program(tmp_path, SPEC.name)

    assert found == published
    assert published.version == f"v20260301_120000_{published.sha256[:8]}"
    assert (found.dataset_version, found.parent, found.scores) == ("v1", "v0", {"validation": 0.8})
    assert read_state(tmp_path, found) == json.loads(json.dumps(program_state(program())))


def test_a_restored_program_asks_and_answers_as_before(tmp_path: Path) -> None:
    """The prompt of a restored program is the prompt of the one that was saved."""
    published = publish(tmp_path)
    restored = restore_program(SPEC, read_state(tmp_path, published))
    engines = ScriptedEngine(), ScriptedEngine()
    inputs = completeness_examples(1)[0].inputs

    for engine, one in zip(engines, (program(), restored), strict=True):
        with dspy.context(lm=scripted_lm(engine)):
            one(**inputs)

    assert engines[0].requests == engines[1].requests


PLAIN_DSPY = """
import dspy
program = dspy.Predict("implementation: str, requirements: list[str] -> "
                       "is_complete: bool, missing_requirements: list[str], explanation: str")
program.load({path!r})
print(program.signature.instructions, len(program.demos), program.demos[0]["is_complete"])
import sys
print("ratchet" in sys.modules)
"""


def test_plain_dspy_loads_it_in_five_lines(tmp_path: Path) -> None:
    """A process without Ratchet loads the state into a Predict of the same fields."""
    path = publish(tmp_path).folder(tmp_path) / STATE_FILE

    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", PLAIN_DSPY.format(path=str(path))],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        | {"HOME": str(tmp_path)},
    )

    assert done.stdout.splitlines() == ["Judge it. 1 False", "False"]


def test_the_language_model_is_not_saved(tmp_path: Path) -> None:
    """No state names a model, an endpoint or a class to import."""
    built = program()
    built.set_lm(dspy.LM("openai/gpt-4o", api_base="http://127.0.0.1:9"))

    published = publish(tmp_path, state=program_state(built))

    assert read_state(tmp_path, published)["lm"] is None
    assert "127.0.0.1" not in (published.folder(tmp_path) / STATE_FILE).read_text()


@pytest.mark.parametrize("change", ["Judge it!", "Accept all."])
def test_a_changed_state_is_refused(tmp_path: Path, change: str) -> None:
    """A file that was edited after it was published is not loaded; both hashes are named."""
    published = publish(tmp_path)
    path = published.folder(tmp_path) / STATE_FILE
    path.chmod(0o644)
    path.write_text(path.read_text().replace("Judge it.", change))

    with pytest.raises(StoreError, match=f"not {published.sha256[:12]}"):
        read_state(tmp_path, published)


def test_a_missing_state_is_a_clear_error(tmp_path: Path) -> None:
    """A version without its state says which file can not be read."""
    published = publish(tmp_path)
    (published.folder(tmp_path) / STATE_FILE).unlink()

    with pytest.raises(StoreError, match=STATE_FILE):
        read_state(tmp_path, published)


def test_damaged_metadata_is_a_clear_error(tmp_path: Path) -> None:
    """Metadata that is no JSON names its file."""
    path = publish(tmp_path).folder(tmp_path) / METADATA_FILE
    path.chmod(0o644)
    path.write_text("{")

    with pytest.raises(StoreError, match="is damaged"):
        list_programs(tmp_path)


def test_publishing_twice_is_publishing_once(tmp_path: Path) -> None:
    """The same state in the same second is one version; another state is another."""
    first, again, other = publish(tmp_path), publish(tmp_path), publish(tmp_path, "Be strict.")

    assert first == again
    assert {p.version for p in list_programs(tmp_path)} == {first.version, other.version}


def test_published_files_can_not_be_written(tmp_path: Path) -> None:
    """The files of a version are read-only."""
    folder = publish(tmp_path).folder(tmp_path)

    assert [path.stat().st_mode & 0o222 for path in folder.iterdir()] == [0, 0]


def test_writers_at_once_leave_whole_versions(tmp_path: Path) -> None:
    """Eight threads that publish two programs leave two versions and nothing aside."""
    threads = [
        threading.Thread(target=publish, args=(tmp_path, f"Program {index % 2}"))
        for index in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(list_programs(tmp_path)) == 2
    assert all(read_state(tmp_path, found) for found in list_programs(tmp_path))
    assert sorted(p.name for p in (tmp_path / SPEC.name).iterdir()) == sorted(
        found.version for found in list_programs(tmp_path)
    )


def test_versions_are_listed_oldest_first(tmp_path: Path) -> None:
    """The latest is the one created last, whatever its hash."""
    late = publish(tmp_path, "Late.", created=NOON + timedelta(hours=1))
    early = publish(tmp_path, "Early.")

    assert [p.version for p in list_programs(tmp_path, SPEC.name)] == [early.version, late.version]
    assert find_program(tmp_path, SPEC.name) == late
    assert list_programs(tmp_path, "validate_intent") == ()


def test_an_unfinished_publication_is_no_version(tmp_path: Path) -> None:
    """What a kill left aside is not listed."""
    published = publish(tmp_path)
    aside = tmp_path / SPEC.name / ".publishing-abc"
    aside.mkdir()
    (aside / METADATA_FILE).write_text("{")

    assert list_programs(tmp_path) == (published,)


def test_an_unknown_version_names_the_known_ones(tmp_path: Path) -> None:
    """Asking for what is not there says what is."""
    published = publish(tmp_path)

    with pytest.raises(InputError, match=published.version):
        find_program(tmp_path, SPEC.name, "v1")


def test_a_program_of_another_signature_is_refused(tmp_path: Path) -> None:
    """A state with another number of fields does not fit."""
    state = read_state(tmp_path, publish(tmp_path))

    with pytest.raises(StoreError, match="another signature"):
        restore_program(signatures.get("validate_intent"), state)


def test_a_state_is_readable() -> None:
    """Instructions and demonstrations are shown as text, lists as JSON."""
    shown = describe_state(program_state(program()))

    assert shown.startswith("Instructions\n  Judge it.\nDemonstration 1 of 1 (answered by")
    assert '  missing_requirements: ["Lock after five failures"]' in shown
    assert describe_state(program_state(baseline_program(SPEC))).endswith("No demonstrations")


def test_an_unwritable_folder_is_a_clear_error(tmp_path: Path) -> None:
    """Where a file stands in the way, the message names the folder."""
    (tmp_path / SPEC.name).write_text("in the way")

    with pytest.raises(StoreError, match="can not be written"):
        publish(tmp_path)


def test_listing_needs_no_dspy() -> None:
    """Serving imports this module; it must not pay for DSPy."""
    code = "import sys, ratchet.programs; print('dspy' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("name", signatures.names())
def test_every_signature_is_published_and_restored(tmp_path: Path, name: str) -> None:
    """The baseline of each built-in signature goes through the disk."""
    spec = signatures.get(name)
    published = publish(tmp_path, signature=name, state=program_state(baseline_program(spec)))

    restored = restore_program(spec, read_state(tmp_path, published))

    assert restored.signature.instructions == spec.instructions
    assert restored.dump_state() == baseline_program(spec).dump_state()
