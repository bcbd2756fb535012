"""A file for each rollout beside the routing: how it stands, how it ended and why.

For people and for programs without access to SQL, which holds the truth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ratchet.errors import InputError
from ratchet.files import read_json, write_json
from ratchet.rollout import Status
from ratchet.store import RolloutRecord

SCHEMA_VERSION = 1
FOLDER = "experiments"


def experiment_file(routing: Path, experiment_id: str) -> Path:
    """Where the file of a rollout is, beside the routing file."""
    return routing.parent / FOLDER / f"experiment_{experiment_id}.json"


def write_experiment(routing: Path, record: RolloutRecord) -> bool:
    """Bring the file of a rollout up to date; False when it was so already.

    Raises:
        StoreError: the folder can not be written.
    """
    path, wanted = experiment_file(routing, record.experiment_id), to_document(record)
    if _present(path) == wanted:
        return False
    write_json(path, wanted)
    return True


def to_document(record: RolloutRecord) -> dict[str, Any]:
    """The content of the file; `final_status` and `rollback_reason` are None until then."""
    state = record.state
    is_rolled_back = state.status is Status.ROLLED_BACK
    return {
        "schema_version": SCHEMA_VERSION,
        "id": record.experiment_id,
        "experiment_id": record.experiment_id,
        "signature": state.signature,
        "baseline_version": record.baseline_version,
        "candidate_version": record.candidate_version,
        "status": state.status.value,
        "final_status": state.status.value if state.is_over else None,
        "rollback_reason": state.decisions[-1].reason if is_rolled_back else None,
        "created_at": state.started_at.isoformat(),
        "created_by": record.started_by,
        "ended_at": record.ended_at.isoformat() if record.ended_at else None,
        "stage": state.stage + 1,
        "stages": len(state.policy.stages),
        "percent": state.percent,
        "policy": state.policy.to_json(),
        "decisions": [decision.to_json() for decision in state.decisions],
    }


def _present(path: Path) -> Any:
    try:
        return read_json(path)
    except InputError:
        return None
