"""What `ratchet collect synthetic` shows: orders and cost before, agreement and mixture after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ratchet.cli.terminal import print_json, print_table, say, say_all
from ratchet.cli.writers import ClaudeWriter, Writer

if TYPE_CHECKING:
    from ratchet.collect.claude.agreement import Rate
    from ratchet.collect.claude.estimate import Estimate
    from ratchet.cycle.synthetic import Prepared


def show_dry_run(prepared: Sequence[Prepared], writer: Writer, *, seed: int, as_json: bool) -> None:
    """Print what would be ordered and what it would cost; nothing is asked and nothing written."""
    if isinstance(writer, ClaudeWriter):
        estimates = [_estimate(part, writer, seed) for part in prepared]
    else:
        estimates = []
    if as_json:
        print_json(_dry_json(prepared, estimates, writer))
        return
    for part, estimate in zip(prepared, estimates, strict=False):
        print_table(
            f"{part.spec.name}: orders",
            ("strategy", "orders", "purpose"),
            ((name, count, _purpose(name)) for name, count in estimate.orders.items()),
        )
        say(_cost(estimate))
    if not estimates:
        total = sum(part.count for part in prepared)
        say(f"{total} examples would be written from templates, free of cost.")
    show_mixture(prepared)
    say_all(note for part in prepared for note in part.notes)
    say("Nothing was asked and nothing was written.")


def show_strategies(writer: Writer) -> None:
    """Print what became of the orders of each strategy, with the agreement of the labels."""
    if not isinstance(writer, ClaudeWriter):
        return
    for signature, tallies in writer.tallies.items():
        print_table(
            f"{signature}: strategies",
            ("strategy", "asked", "written", "labelled", "agreed", "agreement, 95 %"),
            (
                (t.strategy, t.asked, t.written, t.labelled, t.agreed, _rate(t.agreement))
                for t in tallies
            ),
        )


def show_mixture(prepared: Sequence[Prepared]) -> None:
    """Print how many examples are synthetic, and how many more are admitted."""
    rows = [
        (
            part.spec.name,
            part.admission.mixture.real,
            part.admission.mixture.synthetic + part.admission.mixture.pending,
            part.admission.mixture.share,
            part.admission.max_share,
            part.count,
        )
        for part in prepared
    ]
    columns = ("signature", "real", "synthetic", "share", "at most", "admitted now")
    print_table("Synthetic and real examples before this command", columns, rows)


def _estimate(part: Prepared, writer: ClaudeWriter, seed: int) -> Estimate:
    from ratchet.collect.claude.estimate import estimate_cost

    plan = part.recipe.plan(part.spec.name, part.count, seed=seed)
    return estimate_cost(part.spec, plan.orders, writer.settings)


def _dry_json(
    prepared: Sequence[Prepared], estimates: Sequence[Estimate], writer: Writer
) -> dict[str, Any]:
    return {
        "dry_run": True,
        "writer": writer.name,
        "estimates": [
            {"signature": part.spec.name, **asdict(estimate)}
            for part, estimate in zip(prepared, estimates, strict=False)
        ],
        "mixture": [part.mixture_json for part in prepared],
        "notes": [note for part in prepared for note in part.notes],
    }


def _cost(estimate: Estimate) -> str:
    calls = f"{estimate.calls} calls"
    if estimate.usd is None or estimate.batch_usd is None or estimate.most_usd is None:
        return f"{calls}; the price of the model is not known."
    return (
        f"{calls}, about {estimate.usd:.2f} USD at once or {estimate.batch_usd:.2f} USD in "
        f"batches; at once never above {estimate.most_usd:.2f} USD."
    )


def _purpose(strategy: str) -> str:
    from ratchet.collect.claude.strategies import STRATEGIES

    return STRATEGIES[strategy].purpose


def _rate(rate: Rate) -> str:
    if rate.value is None or rate.lower is None or rate.upper is None:
        return "-"
    return f"{rate.value:.0%} ({rate.lower:.0%} to {rate.upper:.0%})"
