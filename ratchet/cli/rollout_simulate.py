"""`ratchet rollout simulate`: what a policy would do with such traffic, before it is started."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import Allocation, Mode, OnDeadline, Policy, policy_from
from ratchet.cli.terminal import Move, print_json, print_table, progress_bar, say
from ratchet.errors import ConfigurationError

if TYPE_CHECKING:
    from ratchet.rollout import RolloutPolicy
    from ratchet.rollout.simulator import OperatingCharacteristics
    from ratchet.rollout.traffic import Traffic

IDENTICAL = "identical"
EFFECTS = ("errors", "latency", "quality")

Effects = Annotated[
    list[str] | None,
    typer.Option(
        "--effect",
        metavar="WHAT=N",
        help="The candidate's: errors=0.1 (10 points more), latency=1000 (ms more), quality=0.65 "
        "(its mean). Repeatable. [default: a table of identical and harmful ones]",
    ),
]


def _option(text: str, least: float = 0.0) -> Any:
    return typer.Option(min=least, help=text)


def simulate(
    *,
    requests_per_hour: Annotated[float, _option("In both arms together.")],
    error_rate: Annotated[float, typer.Option(min=0.0, max=1.0, help="Of the baseline.")] = 0.05,
    effect: Effects = None,
    quality: Annotated[float, typer.Option(min=0.0, max=1.0, help="Mean, of a good one.")] = 0.8,
    label_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Of the candidate's requests.")
    ] = 1.0,
    latency_ms: Annotated[float, _option("Median of the baseline.")] = 2_000.0,
    users: Annotated[
        int | None, typer.Option(min=1, help="Who send all requests. [default: each sends one]")
    ] = None,
    policy: Policy = "standard",
    mode: Mode = None,
    on_deadline: OnDeadline = None,
    allocation: Allocation = None,
    runs: Annotated[int, typer.Option(min=1, help="Rollouts to simulate, for each row.")] = 100,
    seed: Annotated[int, _option("The same seed gives the same.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Simulate rollouts: how often they roll back, promote or ask, and how long that takes.

    The very decisions of a real rollout are taken, minute by minute; only the traffic is drawn.
    """
    from ratchet.rollout.simulator import simulate as simulated
    from ratchet.rollout.traffic import Traffic

    chosen = policy_from(policy, mode=mode, on_deadline=on_deadline, allocation=allocation)
    if requests_per_hour <= 0:
        raise ConfigurationError("Give --requests-per-hour above 0; without traffic all wait.")
    usual = Traffic(
        requests_per_hour=requests_per_hour,
        error_rate=error_rate,
        quality=quality,
        label_share=label_share,
        latency_median_ms=latency_ms,
        users=users,
    )
    truths = _given(usual, effect) if effect else _usual_truths(chosen, usual)
    rows = []
    with progress_bar("Simulating", quiet=as_json) as move:
        for number, (truth, traffic) in enumerate(truths.items()):
            after_run = _after_run(move, number * runs, len(truths) * runs, truth)
            found = simulated(chosen, traffic, runs=runs, seed=seed, after_run=after_run)
            rows.append(_row(truth, found))
    if as_json:
        traffic_facts = {"requests_per_hour": requests_per_hour, "error_rate": error_rate}
        facts = {**traffic_facts, "runs": runs, "seed": seed, "policy": chosen.to_json()}
        print_json({**facts, "rows": rows})
    else:
        _show(rows, chosen, usual, runs)


def _after_run(move: Move, before: int, total: int, truth: str) -> Any:
    return lambda done: move(before + done, total, truth)


def _given(usual: Traffic, effects: list[str]) -> dict[str, Traffic]:
    """The one truth that the effects describe, together."""
    numbers = dict(_effect(effect) for effect in effects)
    return {", ".join(effects): _with_effects(usual, **numbers)}


def _effect(given: str) -> tuple[str, float]:
    """Read an effect.

    >>> _effect("latency=1000")
    ('latency', 1000.0)
    """
    name, _, number = given.partition("=")
    if name in EFFECTS and re.fullmatch(r"[+-]?\d*\.?\d+", number):
        return name, float(number)
    raise ConfigurationError(
        f"The effect {given!r} can not be read; write errors=0.1, latency=1000 or quality=0.65."
    )


def _with_effects(
    usual: Traffic, *, errors: float = 0.0, latency: float = 0.0, quality: float | None = None
) -> Traffic:
    return replace(
        usual,
        error_effect=errors,
        latency_effect_ms=latency,
        quality=usual.quality if quality is None else quality,
    )


def _usual_truths(policy: RolloutPolicy, usual: Traffic) -> dict[str, Traffic]:
    """No effect, each risk well beyond its limit, and errors right at it."""
    error, latency = policy.max_error_difference, policy.max_latency_difference_ms
    poor = policy.min_quality - 0.05
    truths = {IDENTICAL: usual}
    if 0 < usual.error_rate + 2 * error <= 1:
        truths[f"errors={2 * error:g}"] = _with_effects(usual, errors=2 * error)
        truths[f"errors={error:g} (the limit)"] = _with_effects(usual, errors=error)
    truths[f"latency={2 * latency:g}"] = _with_effects(usual, latency=2 * latency)
    if poor > 0:
        truths[f"quality={poor:g}"] = _with_effects(usual, quality=poor)
    return truths


def _row(truth: str, found: OperatingCharacteristics) -> dict[str, Any]:
    shares = {
        "rollback": found.rollback_share,
        "promote": found.promote_share,
        "inconclusive": found.inconclusive_share,
    }
    errors = {f"{name}_se": found.standard_error(share) for name, share in shares.items()}
    return {
        "truth": truth,
        **shares,
        **errors,
        "median_minutes": found.median_minutes,
        "median_minutes_at_rollback": found.median_minutes_at_rollback,
        "median_candidate_requests_at_rollback": found.median_requests_at_rollback,
        "rollbacks_by_rule": {
            rule.value: count for rule, count in found.rollbacks_by_rule().items()
        },
    }


def _show(rows: list[dict[str, Any]], policy: RolloutPolicy, usual: Traffic, runs: int) -> None:
    say(
        f"Policy {policy.name}, {policy.mode.value} mode, {usual.requests_per_hour:g} requests an "
        f"hour, {usual.error_rate:.1%} errors of the baseline; {runs} rollouts a row"
    )
    columns = ("candidate", "rollback", "promote", "asks", "minutes", "requests until rollback")
    print_table("What to expect (share ± standard error, medians)", columns, map(_cells, rows))


def _cells(row: dict[str, Any]) -> tuple[Any, ...]:
    shares = (
        f"{row[n]:.3f} ± {row[f'{n}_se']:.3f}" for n in ("rollback", "promote", "inconclusive")
    )
    requests = row["median_candidate_requests_at_rollback"]
    return row["truth"], *shares, f"{row['median_minutes']:.0f}", requests
