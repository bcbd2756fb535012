"""`ratchet quality`: judge examples in several dimensions, and hold the judges against people."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_INTERRUPTED, EXIT_NOT_REACHED, judging_views
from ratchet.cli.arguments import AsJson, Model, SignatureName, known_signature, load
from ratchet.cli.terminal import number_of, print_json, progress_bar, say

if TYPE_CHECKING:
    from ratchet.collect.claude import ClaudeSettings
    from ratchet.configuration.quality import QualitySettings
    from ratchet.quality.judges.claude import Bill, Estimate
    from ratchet.quality.judges.recalibration import Recalibration
    from ratchet.quality.judges.rounds import Round
    from ratchet.quality.judges.scorecard import Scorecard
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import Store

CLAUDE_PROVIDER = "anthropic"
KEY_VARIABLE = "ANTHROPIC_API_KEY"

app = typer.Typer(
    no_args_is_help=True, help="Judge examples in several dimensions, and the judges by people."
)
app.command("report")(judging_views.report)
app.command("calibrate")(judging_views.calibrate)
app.command("compare")(judging_views.compare)


class JudgeKind(StrEnum):
    """Who judges: rules that read the evidence, or Claude at a price."""

    HEURISTIC = "heuristic"
    CLAUDE = "claude"


@dataclass(frozen=True, kw_only=True)
class _Outcome:
    """What came of a round; `bill` is that of a paid judge."""

    plan: Round
    cards: Sequence[Scorecard]
    refused: int
    bill: Bill | None

    @property
    def exit_code(self) -> int:
        """0 when every example that waited was judged."""
        if self.bill is not None and self.bill.is_interrupted:
            return EXIT_INTERRUPTED
        return 0 if len(self.cards) == len(self.plan.waiting) else EXIT_NOT_REACHED


@app.command("judge")
def judge(
    *,
    signature: SignatureName,
    kind: Annotated[
        JudgeKind, typer.Option("--judge", help="Who judges; Claude costs money.")
    ] = JudgeKind.HEURISTIC,
    lm: Model = "",
    limit: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="At most so many. [default: all]")
    ] = None,
    decided: Annotated[
        bool, typer.Option("--decided", help="Only examples that a person decided on.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also examples that this very judge has scored.")
    ] = False,
    reject: Annotated[
        bool,
        typer.Option("--reject", help="Reject what falls below quality.reject_below."),
    ] = False,
    max_cost_usd: Annotated[
        float | None,
        typer.Option(
            min=0.0, metavar="USD", help="Cap of the cost. [default: quality.judge_budget_usd]"
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say how many wait and what it would cost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Score examples of the store in accuracy, coherence, relevance and educational value.

    Only what this very judge (name, model and version of its rules) has not scored is looked
    at, so nothing is paid for twice. Afterwards the judge is held against what people decided.
    """
    from ratchet.quality.judges.rounds import plan_round
    from ratchet.store import open_store

    spec, settings, now = known_signature(signature), load(), datetime.now(UTC)
    model = _claude_model(settings, lm) if kind is JudgeKind.CLAUDE else ""
    with open_store(settings.store_url) as store:
        plan = plan_round(
            store, spec.name, _judge_name(model), limit=limit, again=again, only_decided=decided
        )
        if dry_run:
            _show_plan(spec, plan, model, as_json=as_json)
            return
        cap = settings.quality.judge_budget_usd if max_cost_usd is None else max_cost_usd
        claude = _claude_settings(settings, model, cap) if model and plan.waiting else None
        cards, bill = _judged(store, spec, plan, claude, now=now, quiet=as_json)
        held = _held_against_people(store, plan, settings.quality, now=now)
        refused = _refused(store, plan, cards, settings.quality, now=now) if reject else 0
        outcome = _Outcome(plan=plan, cards=cards, refused=refused, bill=bill)
        _show(outcome, held, settings.quality, as_json=as_json)
    raise typer.Exit(outcome.exit_code)


def _judge_name(model: str) -> str:
    if model:
        from ratchet.quality.judges.claude import judge_name

        return judge_name(model)
    from ratchet.quality.judges.heuristic import HEURISTIC

    return HEURISTIC


def _claude_model(settings: Settings, lm: str) -> str:
    """The model that is asked for, without its provider.

    Raises:
        ConfigurationError: the option names a model of another provider.
    """
    from ratchet.collect.claude.settings import DEFAULT_MODEL
    from ratchet.errors import ConfigurationError

    provider, _, model = (lm or settings.model).partition("/")
    if provider == CLAUDE_PROVIDER:
        return model
    if lm:
        raise ConfigurationError(
            f"--judge claude asks a model of {CLAUDE_PROVIDER}, not {lm!r}; give "
            f"--lm {CLAUDE_PROVIDER}/{DEFAULT_MODEL} or leave it out."
        )
    return DEFAULT_MODEL


def _claude_settings(settings: Settings, model: str, cap_usd: float) -> ClaudeSettings:
    from ratchet.collect.claude import ClaudeSettings
    from ratchet.quality.judges.claude import ANSWER_TOKENS

    return ClaudeSettings(
        api_key=os.environ.get(KEY_VARIABLE, "").strip(),
        base_url=settings.api_base or None,
        model=model,
        max_cost_usd=cap_usd,
        max_tokens=ANSWER_TOKENS,
    )


def _judged(
    store: Store,
    spec: SignatureSpec,
    plan: Round,
    claude: ClaudeSettings | None,
    *,
    now: datetime,
    quiet: bool,
) -> tuple[Sequence[Scorecard], Bill | None]:
    """The scorecards of a round, each stored as soon as it is there."""
    from ratchet.quality.judges.recalibration import rows_of
    from ratchet.quality.judges.rounds import judge_round

    with progress_bar(f"judging {spec.name}", quiet=quiet) as move:
        if claude is None:
            return judge_round(store, spec, plan, now=now, move=move), None
        from ratchet.quality.judges.claude import judge_with_claude

        cards: list[Scorecard] = []

        def keep(card: Scorecard) -> None:
            store.dimension_scores.put(rows_of(card, at=now))
            cards.append(card)
            move(len(cards), len(plan.waiting), card.judge)

        return cards, judge_with_claude(spec, plan.waiting, settings=claude, keep=keep)


def _show_plan(spec: SignatureSpec, plan: Round, model: str, *, as_json: bool) -> None:
    estimate = _estimate(spec, plan, model) if model else None
    if as_json:
        cost = {} if estimate is None else {"usd": estimate.usual_usd, "max_usd": estimate.most_usd}
        print_json({"judge": plan.judge, "waiting": len(plan.waiting), **cost})
        return
    say(f"{number_of(len(plan.waiting), 'example')} of {spec.name} wait for {plan.judge}.")
    if estimate is None:
        say("This judge costs nothing.")
    elif estimate.usual_usd is None:
        say(f"The price of {model} is not known, so there is no estimate and no cap would hold.")
    else:
        say(f"About ${estimate.usual_usd:.2f}, at the very most ${estimate.most_usd:.2f}.")


def _estimate(spec: SignatureSpec, plan: Round, model: str) -> Estimate:
    from ratchet.quality.judges.claude import estimate_cost

    return estimate_cost(spec, plan.waiting, model=model)


def _held_against_people(
    store: Store, plan: Round, settings: QualitySettings, *, now: datetime
) -> Recalibration:
    """Calibrate the judge with its new scores, before anything is refused by them."""
    from ratchet.quality.judges.recalibration import recalibrate

    return recalibrate(
        store.dimension_scores,
        plan.judge,
        plan.signature,
        min_decisions=settings.min_decisions,
        now=now,
    )


def _refused(
    store: Store,
    plan: Round,
    cards: Sequence[Scorecard],
    settings: QualitySettings,
    *,
    now: datetime,
) -> int:
    from ratchet.quality.judges.banding import read_banding
    from ratchet.quality.judges.rounds import refuse_weak

    banding = read_banding(store.dimension_scores, plan.signature, judge=plan.judge)
    return refuse_weak(store, plan, cards, settings=settings, banding=banding, now=now)


def _show(
    outcome: _Outcome, held: Recalibration, settings: QualitySettings, *, as_json: bool
) -> None:
    """Say what came of a round, and how far the judge agrees with people by now."""
    plan = outcome.plan
    if as_json:
        print_json({**_as_json(outcome), "calibration": judging_views.calibration_json(held)})
        return
    say(f"{plan.judge} judged {len(outcome.cards)} of {len(plan.waiting)} examples that waited.")
    if outcome.refused:
        below = f"below {settings.reject_below:g}"
        say(f"Rejected, being {below}: {number_of(outcome.refused, 'example')}.")
    for line in _bill_lines(outcome.bill):
        say(line)
    say(judging_views.calibration_line(held))
    say(f"Next: ratchet quality report --signature {plan.signature}")


def _as_json(outcome: _Outcome) -> dict[str, Any]:
    bill = outcome.bill
    return {
        "signature": outcome.plan.signature,
        "judge": outcome.plan.judge,
        "judged": len(outcome.cards),
        "waiting": len(outcome.plan.waiting) - len(outcome.cards),
        "rejected": outcome.refused,
        "cost_usd": 0.0 if bill is None else bill.cost_usd,
        "failures": {} if bill is None else dict(bill.failures),
        "scores": {card.example_id: judging_views.card_json(card) for card in outcome.cards},
    }


def _bill_lines(bill: Bill | None) -> list[str]:
    if bill is None:
        return []
    from ratchet.quality.judges.claude import is_over_budget

    cost = "unknown" if bill.cost_usd is None else f"${bill.cost_usd:.4f}"
    lines = [f"{number_of(bill.calls, 'call')}, cost {cost}."]
    if bill.unconfirmed_usd:
        lines.append(f"Calls whose answer got lost may add up to ${bill.unconfirmed_usd:.4f}.")
    lines += [f"Not judged, {reason}: {count}." for reason, count in bill.failures.items()]
    if is_over_budget(bill):
        lines.append("The cap was reached; raise --max-cost-usd and run it again to go on.")
    if bill.refusal:
        lines.append(bill.refusal)
    return lines
