"""How often the verdict promotes a program that is no better, and finds one that is.

Two programs score the same examples. In the first table they are equally good and differ by
luck alone: how often does the naive rule (mean at least 5 % higher, relative) promote one,
and how often do ours? The second table asks how often the true gain lies inside the interval
of four bootstraps and Student's. The third asks how often a real gain is promoted.

    python benchmarks/false_promotions.py [--runs 1000] [--only false|coverage|power|cost]

No language model, no network; the scores are drawn from four kinds of programs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from ratchet.optimize.interval import chance_of_gain, mean_interval, student_quantile
from ratchet.optimize.outcomes import Answered, Outcome, PairedEvaluation, ProgramEvaluation
from ratchet.optimize.verdict import PromotionPolicy, decide

Floats = npt.NDArray[np.float64]
Draw = Callable[[int, float, np.random.Generator], tuple[Floats, Floats]]
Bounds = Callable[[Floats, np.random.Generator], tuple[float, float]]

SIZES = (20, 50, 100, 400)
RESAMPLES = 1_000
SLACK = 0.001  # the true gain is itself drawn, and bounds fall on round numbers
TAILS = (0.025, 0.975)
POLICY = PromotionPolicy()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of programs; `draw` gives the scores of baseline and candidate."""

    name: str
    draw: Draw


def validators(count: int, gain: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Half a boolean, half the F1 of a list; both programs find easy examples easy."""
    ease = rng.normal(0, 1, count)

    def scores(shift: float) -> Floats:
        decides = rng.random(count) < np.clip(0.55 + 0.12 * ease + shift, 0, 1)
        listed = np.where(rng.random(count) < 0.5, 1.0, rng.beta(2, 2, count))
        return np.where(decides, 0.5 + 0.5 * listed, 0.0)

    return scores(0.0), scores(gain / 0.875)


def right_or_wrong(count: int, gain: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Exact answers, independent of each other: the noisiest case."""
    return _flips(count, 0.6, rng), _flips(count, 0.6 + gain, rng)


def nearly_alike(count: int, gain: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """A small change of prompt: one example in ten is answered otherwise."""
    baseline = _flips(count, 0.5, rng)
    wins = rng.random(count) < 0.10 + 2 * gain
    losses = rng.random(count) < 0.10
    candidate = np.where(baseline == 0, wins, ~losses).astype(float)
    return baseline, candidate


def smooth(count: int, gain: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Graded scores such as the F1 of requirements."""
    ease = rng.normal(0.55, 0.15, count)
    draw = [np.clip(ease + rng.normal(g, 0.12, count), 0, 1) for g in (0.0, gain)]
    return draw[0], draw[1]


KINDS = (
    Kind(name="validators", draw=validators),
    Kind(name="right or wrong", draw=right_or_wrong),
    Kind(name="nearly alike", draw=nearly_alike),
    Kind(name="smooth", draw=smooth),
)


def _flips(count: int, share: float, rng: np.random.Generator) -> Floats:
    return (rng.random(count) < share).astype(float)


def percentile(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    low, high = np.quantile(_means(values, rng), TAILS)
    return float(low), float(high)


def bca(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    normal, means, centre = NormalDist(), _means(values, rng), values - values.mean()
    share = (np.mean(means < values.mean()) + np.mean(means <= values.mean())) / 2
    bias = normal.inv_cdf(float(np.clip(share, 1 / RESAMPLES, 1 - 1 / RESAMPLES)))
    spread = 6 * float((centre**2).sum()) ** 1.5
    skew = float((centre**3).sum()) / spread if spread else 0.0
    tails = [bias + normal.inv_cdf(tail) for tail in TAILS]
    low, high = np.quantile(means, [normal.cdf(bias + z / (1 - skew * z)) for z in tails])
    return float(low), float(high)


def studentised(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    drawn = values[rng.integers(0, len(values), (RESAMPLES, len(values)))]
    scale = values.std(ddof=1)
    errors = np.maximum(drawn.std(axis=1, ddof=1), 0.1 * scale)
    low, high = np.quantile((drawn.mean(axis=1) - values.mean()) / np.maximum(errors, 1e-9), TAILS)
    return float(values.mean() - high * scale), float(values.mean() - low * scale)


def student(values: Floats, _: np.random.Generator) -> tuple[float, float]:
    half = student_quantile(0.975, len(values) - 1) * values.std(ddof=1) / len(values) ** 0.5
    return float(values.mean() - half), float(values.mean() + half)


def ours(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    seed = int(rng.integers(1, 2**31))
    found = mean_interval(values, confidence=0.95, seed=seed, resamples=RESAMPLES)
    return found.lower, found.upper


METHODS: dict[str, Bounds] = {
    "percentile": percentile,
    "BCa": bca,
    "studentised": studentised,
    "Student": student,
    "ours": ours,
}


def _means(values: Floats, rng: np.random.Generator) -> Floats:
    drawn: Floats = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    return drawn


def program(scores: Floats) -> ProgramEvaluation:
    answers = [
        Answered(
            example_id=str(index),
            label="",
            difficulty="easy",
            outcome=Outcome(score=float(score), latency_ms=0.0),
        )
        for index, score in enumerate(scores)
    ]
    return ProgramEvaluation(answers=tuple(answers))


def promotes(baseline: Floats, candidate: Floats) -> bool:
    return (
        naive(baseline, candidate)
        and decide(  # ours is never looser, so ask only then
            PairedEvaluation(
                signature="s", baseline=program(baseline), candidate=program(candidate)
            ),
            POLICY,
        ).promotes
    )


def naive(baseline: Floats, candidate: Floats) -> bool:
    return bool(candidate.mean() >= 1.05 * baseline.mean())


def bound_alone(baseline: Floats, candidate: Floats) -> bool:
    """Our rule without the sign-flip test, to show what that test is for."""
    if not naive(baseline, candidate):
        return False
    found = mean_interval(candidate - baseline, confidence=0.95, seed=1, resamples=RESAMPLES)
    return found.lower > 1e-9


def show_false_promotions(runs: int) -> None:
    print("\nPromoted although equally good; Ratchet promises at most 2.5 %, +-1.0 at 1000 runs\n")
    print("| programs | examples | naive 5 % rule | bound above 0 alone | Ratchet |")
    print("|---|---:|---:|---:|---:|")
    for kind in KINDS:
        for size in SIZES:
            shares = _shares(kind, size, 0.0, runs, (naive, bound_alone, promotes))
            print(f"| {kind.name} | {size} | " + " | ".join(f"{s:.1%}" for s in shares) + " |")


def show_coverage(runs: int) -> None:
    print("\nHow often the true gain is inside the 95 % interval, and (below its lower bound)")
    print()
    print("| programs | examples | " + " | ".join(METHODS) + " |")
    print("|---|---:|" + "---:|" * len(METHODS))
    for kind in KINDS:
        truth = _true_gain(kind, 0.05)
        for size in SIZES:
            rng = np.random.default_rng(size)
            drawn = [kind.draw(size, 0.05, rng) for _ in range(runs)]
            cells = []
            for method in METHODS.values():
                rng = np.random.default_rng(1)
                bounds = np.array([method(c - b, rng) for b, c in drawn])
                above = float(np.mean(bounds[:, 0] > truth + SLACK))
                below = float(np.mean(bounds[:, 1] < truth - SLACK))
                cells.append(f"{1 - above - below:.1%} ({above:.1%})")
            print(f"| {kind.name} | {size} | " + " | ".join(cells) + " |")


def show_power(runs: int) -> None:
    print("\nPromoted when really better\n")
    print("| programs | examples | +5 points | +10 points | +20 points |")
    print("|---|---:|---:|---:|---:|")
    for kind in KINDS:
        for size in SIZES:
            shares = [_shares(kind, size, g, runs, (promotes,))[0] for g in (0.05, 0.10, 0.20)]
            print(f"| {kind.name} | {size} | " + " | ".join(f"{s:.1%}" for s in shares) + " |")


def show_cost() -> None:
    import time

    print("\nSeconds for one verdict: ", end="")
    for size in SIZES:
        baseline, candidate = validators(size, 0.05, np.random.default_rng(1))
        started = time.perf_counter()
        promotes(baseline, candidate)
        chance_of_gain(candidate - baseline, seed=1)
        print(f"n={size} {time.perf_counter() - started:.3f}", end="  ")
    print()


def _shares(
    kind: Kind, size: int, gain: float, runs: int, rules: tuple[Callable[..., bool], ...]
) -> list[float]:
    rng = np.random.default_rng(size)
    drawn = [kind.draw(size, gain, rng) for _ in range(runs)]
    return [float(np.mean([rule(b, c) for b, c in drawn])) for rule in rules]


def _true_gain(kind: Kind, gain: float) -> float:
    baseline, candidate = kind.draw(2_000_000, gain, np.random.default_rng(7))
    return float((candidate - baseline).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--only", choices=("false", "coverage", "power", "cost"))
    arguments = parser.parse_args()
    tables = {
        "false": lambda: show_false_promotions(arguments.runs),
        "coverage": lambda: show_coverage(arguments.runs),
        "power": lambda: show_power(max(100, arguments.runs // 4)),
        "cost": show_cost,
    }
    for name, show in tables.items():
        if arguments.only in (None, name):
            show()


if __name__ == "__main__":
    main()
