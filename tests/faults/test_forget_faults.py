"""Forgetting under kill -9."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ratchet.optimize.cached_work import FOLDER
from tests.faults.kill_forgetting import GONE, OTHERS, forget_it, store_in
from tests.lineage_builders import SPEC

REPOSITORY = Path(__file__).parents[2]


def test_a_kill_at_any_call_forgets_all_or_nothing_and_the_next_run_completes_it(
    tmp_path: Path,
) -> None:
    """Content and tombstone change together; no other example is touched."""
    said = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_forgetting", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    count = int(said.stdout)

    assert count > 10  # fewer means that nothing was killed
    outcomes = set()
    for call in range(1, count + 1):
        root = tmp_path / str(call)
        with store_in(root) as store:
            is_stored = store.examples.get(GONE.example_id) is not None
            is_buried = GONE.example_id in store.removals.forgotten(SPEC.name)
        assert is_stored is not is_buried, f"killed at call {call}"
        outcomes.add(is_buried)

        forget_it(root)

        with store_in(root) as store:
            assert store.examples.get(GONE.example_id) is None
            assert store.examples.statistics(SPEC.name).total == len(OTHERS)
            assert len(store.audit.list(action="examples.forget")) == 1
        assert list((root / "cache" / FOLDER).iterdir()) == []
    assert outcomes == {True, False}
