"""The improvement cycle through Prefect against the same stages called one after another.

Both run the same options for one signature on a model behind a loopback server of the given
latency, in turn, each round in a fresh state folder, against one Prefect server that runs
already. What differs is Prefect alone: flow and task runs, results on disk, artifacts, events.

    python -m benchmarks.flow_overhead [--latency-ms 100] [--trials 12] [--rounds 3]
"""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"

from prefect.testing.utilities import prefect_test_harness

from ratchet import signatures
from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.collect import collect_synthetic, growth, seed_of_round
from ratchet.cycle.context import StageContext
from ratchet.cycle.evaluate import evaluate_candidate
from ratchet.cycle.gate import gate_validated
from ratchet.cycle.optimize import champion_program, optimize_program
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.publish import Published, publish_dataset
from ratchet.cycle.runs import config_of, start_run
from ratchet.cycle.starter import collect_starter
from ratchet.cycle.validate import validate_collected
from ratchet.cycle.workspace import Workspace
from ratchet.settings import load_settings

SIGNATURE = "extract_requirements"
STARTUP_SECONDS = 180


def options_of(trials: int) -> ImprovementOptions:
    """A cycle of one signature without git, which costs the same on both ways."""
    return ImprovementOptions.of(
        signatures=(SIGNATURE,),
        git_target=0,
        telemetry_target=0,
        stored_target=0,
        synthetic_target=20,
        trials=trials,
        model="openai/local",
    )


def through_prefect(options: ImprovementOptions) -> str:
    """The flow; the verdict."""
    from flows.improve_programs import improve_programs

    summary = improve_programs(options, return_state=True).result(raise_on_failure=False)
    return str(summary.signatures[SIGNATURE].verdict)


def straight(options: ImprovementOptions) -> str:
    """The stages, called in the order of the flow; the verdict."""
    settings = load_settings()
    workspace, now = Workspace.of(settings, model=options.model), datetime.now(UTC)
    run = start_run(workspace, settings.runs_folder, config_of(options, settings), now=now)
    context = StageContext(workspace=workspace, run=run, spec=signatures.get(SIGNATURE), now=now)
    published = dataset_of(context, options)
    optimized = optimize_program(
        context,
        dataset_version=published.version,
        baseline_version=champion_program(context).version,
        options=options.optimizing(dataset_size=published.example_count),
        budget=options.budget(),
    )
    if optimized.candidate_version is None:
        return optimized.kind
    judged = evaluate_candidate(
        context,
        optimized,
        dataset_version=published.version,
        policy=options.promotion(),
        seed=options.seed,
        budget=options.budget(),
    )
    return judged.verdict


def dataset_of(context: StageContext, options: ImprovementOptions) -> Published:
    """The stages from collection to a dataset."""
    workspace, run = context.workspace, context.run
    starter = collect_starter(workspace, run, SIGNATURE)
    written = collect_synthetic(
        workspace,
        run,
        SIGNATURE,
        target=options.synthetic_target,
        seed=seed_of_round(options.seed, 0),
        now=context.now,
        batches=BatchTerms.outside_of_runs(load_settings()),
    )
    files = (starter.file, written.file)
    validated = validate_collected(context, files, threshold=options.duplicate_threshold)
    gated = gate_validated(
        context,
        validated,
        growth=growth(options, [starter, written]),
        strict=options.strict,
        seed=options.seed,
    )
    return publish_dataset(context, gated)


def timed(way: object, options: ImprovementOptions, folder: Path) -> tuple[float, str]:
    """Seconds and verdict of one way, in a state folder of its own."""
    os.environ["RATCHET_HOME"] = str(folder / "home")
    os.environ["RATCHET_TRAINING_DATA"] = str(folder / "data")
    assert callable(way)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        started = time.perf_counter()
        verdict = way(options)
        return time.perf_counter() - started, verdict


def compare(options: ImprovementOptions, *, rounds: int) -> None:
    """Run both ways in turn, after a warm-up, and print the medians and the ratio."""
    ratios, flows, directs = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(-1, rounds):
            direct, verdict = timed(straight, options, Path(folder) / f"direct{number}")
            flow, same = timed(through_prefect, options, Path(folder) / f"flow{number}")
            assert verdict == same, f"the ways end differently: {verdict}, {same}"
            if number >= 0:
                directs.append(direct)
                flows.append(flow)
                ratios.append(flow / direct)
    print(f"verdict {verdict}; {rounds} rounds, {options.trials} trials")
    print(f"direct {median(directs):.1f} s, through Prefect {median(flows):.1f} s")
    print(f"{100 * (median(ratios) - 1):+.1f} % ({min(ratios):.3f} to {max(ratios):.3f} times)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--latency-ms", type=float, default=100.0)
    parser.add_argument("--trials", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    command = [sys.executable, "-m", "benchmarks.side_by_side", "--serve"]
    command += ["--latency-ms", str(chosen.latency_ms)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        os.environ["RATCHET_API_BASE"] = server.stdout.readline().strip()
        with prefect_test_harness(server_startup_timeout=STARTUP_SECONDS):
            compare(options_of(chosen.trials), rounds=chosen.rounds)
        server.stdin.close()


if __name__ == "__main__":
    main()
