"""Evaluates the candidate on sealed data and decides."""

from __future__ import annotations

from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger

from blocks.connections import Connections
from ratchet.cycle import evaluate
from ratchet.cycle.optimize import Optimized
from ratchet.cycle.run_folder import RunFolder
from ratchet.optimize.meter import Budget
from ratchet.optimize.verdict import PromotionPolicy
from tasks.artifacts import artifact_key
from tasks.pictures import publish_score_history
from tasks.stage import stage, stage_context


@stage(retries=0)  # the budget limits its time
def evaluate_candidate(
    run: RunFolder,
    signature: str,
    *,
    dataset_version: str,
    optimized: Optimized,
    policy: PromotionPolicy,
    seed: int,
    budget: Budget,
    model: str,
    connections: Connections,
) -> evaluate.Judged:
    """Compare candidate and baseline; the verdict becomes an artifact."""
    context = stage_context(run, signature, connections, model=model)
    judged = evaluate.evaluate_candidate(
        context,
        optimized,
        dataset_version=dataset_version,
        policy=policy,
        seed=seed,
        budget=budget,
    )
    create_markdown_artifact(
        judged.markdown, key=artifact_key(signature, "verdict"), description=judged.headline
    )
    publish_score_history(context, get_run_logger())
    return judged
