"""Names of artifacts, and the progress bars that follow an optimisation."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from ratchet.cycle.progress import StageProgress, announce
from ratchet.optimize.trials import TrialProgress

logger = logging.getLogger(__name__)


def artifact_key(signature: str, kind: str) -> str:
    """The key of an artifact: lower case, digits and dashes.

    >>> artifact_key("my_signature", "gate")
    'gate-my-signature'
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{kind}-{signature}".lower())


def progress_bar(signature: str) -> Callable[[TrialProgress], None]:
    """A progress artifact for an optimisation, and the function that moves it.

    Call it inside a task; the function may be called from any thread.
    """
    key, description = artifact_key(signature, "progress"), f"Optimising {signature}"
    created = cast("UUID", create_progress_artifact(0.0, key=key, description=description))

    def move(progress: TrialProgress) -> None:
        share = 100 * progress.trial / max(1, progress.total)
        try:
            update_progress_artifact(created, progress=min(100.0, share))
        except Exception as error:  # noqa: BLE001 - a bar that stands still must not stop the work
            logger.warning("The progress of %s was not shown: %s", signature, error)
        announce(
            StageProgress(
                signature=signature,
                stage="optimize_program",
                done=progress.trial,
                total=progress.total,
                message="" if progress.best_score is None else f"best {progress.best_score:.3f}",
            )
        )

    return move
