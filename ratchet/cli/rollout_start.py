"""`ratchet rollout start`: begins a rollout, or says what beginning it would mean."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli.arguments import AsJson, SignatureName, known_signature
from ratchet.cli.rollout_arguments import (
    Actor,
    Allocation,
    ClockFile,
    Desk,
    Mode,
    OnDeadline,
    Policy,
    named_actor,
    opened,
    policy_from,
)
from ratchet.cli.rollout_views import program_name
from ratchet.cli.terminal import print_json, print_table, say, say_all

if TYPE_CHECKING:
    from ratchet.rollout import Advice, RolloutPolicy
    from ratchet.store import RolloutRecord
    from ratchet.store.outcome_statistics import RecentTraffic

Candidate = Annotated[
    str, typer.Option(metavar="VERSION", help="The program to roll out, or latest.")
]
Baseline = Annotated[
    str | None,
    typer.Option(
        metavar="VERSION", help="What to compare with; own is the app's own. [default: champion]"
    ),
]
ExperimentId = Annotated[
    str | None, typer.Option(metavar="ID", help="Its name; beginning it twice is once.")
]
DryRun = Annotated[bool, typer.Option(help="Say what would happen, and begin nothing.")]
PerHour = Annotated[
    float | None,
    typer.Option(
        min=0.0, metavar="N", help="Expected traffic. [default: as in the last telemetry]"
    ),
]


def start(
    *,
    signature: SignatureName,
    candidate: Candidate,
    baseline: Baseline = None,
    policy: Policy = "standard",
    mode: Mode = None,
    on_deadline: OnDeadline = None,
    allocation: Allocation = None,
    experiment_id: ExperimentId = None,
    dry_run: DryRun = False,
    requests_per_hour: PerHour = None,
    actor: Actor = "",
    as_json: AsJson = False,
    clock_file: ClockFile = None,
) -> None:
    """Begin a rollout: route the first share of a signature's traffic to a candidate.

    It goes on by `drive`, by the deployed flow, or by `tick` from cron. With --dry-run nothing
    begins; the stages, how long they will take and what speaks against it are shown.
    """
    known_signature(signature)
    chosen = policy_from(policy, mode=mode, on_deadline=on_deadline, allocation=allocation)
    with opened(clock_file) as desk:
        traffic = desk.controller.store.outcomes.recent_traffic(signature, now=desk.now)
        advice = _advice(chosen, traffic, requests_per_hour)
        if dry_run:
            plan = _plan(desk, signature, candidate, baseline, chosen)
            _foresee(plan, advice, traffic, requests_per_hour, as_json=as_json)
            return
        record = desk.controller.begin(
            signature=signature,
            candidate=candidate,
            actor=named_actor(actor),
            now=desk.now,
            policy=chosen,
            baseline=baseline,
            experiment_id=experiment_id,
        )
    _say_begun(record, advice, as_json=as_json)


def _advice(
    policy: RolloutPolicy, traffic: RecentTraffic | None, requests_per_hour: float | None
) -> Advice | None:
    """What the expected traffic means; None when nothing is known of it."""
    from ratchet.rollout import advise

    if requests_per_hour is not None:
        return advise(policy, requests_per_hour)
    if traffic is None:
        return None
    return advise(
        policy, traffic.requests_per_hour, label_share=traffic.label_share, users=traffic.users
    )


def _plan(
    desk: Desk, signature: str, candidate: str, baseline: str | None, policy: RolloutPolicy
) -> dict[str, Any]:
    """What would be begun, checked as far as that goes without writing."""
    from ratchet.control.controller import OWN_PROGRAM, default_baseline
    from ratchet.programs import find_program, read_state

    store, programs = desk.controller.store, desk.controller.programs
    found = find_program(programs, signature, candidate)
    read_state(programs, found)
    compared = default_baseline(store, signature) if baseline is None else baseline
    against = None
    if compared not in (None, OWN_PROGRAM):
        against = find_program(programs, signature, compared).version
    active = store.rollouts.list(signature=signature, only_active=True)
    refusals = [f"{signature} has a rollout under way: {one.experiment_id}" for one in active]
    if against == found.version:
        refusals.append(f"{against} is the baseline already")
    last = policy.controlled_stages + bool(policy.watch_minutes)
    return {
        "signature": signature,
        "candidate_version": found.version,
        "baseline_version": against,
        "policy": policy.to_json(),
        "minimum_minutes": sum(policy.stage_minutes(stage) for stage in range(last)),
        "stages": [
            {
                "stage": stage + 1,
                "percent": policy.stages[stage],
                "minimum_minutes": policy.stage_minutes(stage),
                "deadline_minutes": policy.deadline_minutes(stage),
            }
            for stage in range(last)
        ],
        "refusals": refusals,
    }


def _foresee(
    plan: dict[str, Any],
    advice: Advice | None,
    traffic: RecentTraffic | None,
    requests_per_hour: float | None,
    *,
    as_json: bool,
) -> None:
    if advice is not None:
        for row, estimate in zip(plan["stages"], advice.stages, strict=True):
            row |= {"expected_minutes": estimate.minutes, "waits_for": estimate.waits_for}
    if as_json:
        rate = traffic.requests_per_hour if traffic else None
        known = rate if requests_per_hour is None else requests_per_hour
        recent = asdict(traffic) if traffic else None
        warnings = list(advice.warnings) if advice else []
        said = {"requests_per_hour": known, "recent_traffic": recent, "warnings": warnings}
        print_json({"dry_run": True, **plan, **said})
        return
    compared = f"{plan['candidate_version']} against {program_name(plan['baseline_version'])}"
    policy = plan["policy"]
    say(f"Nothing is begun: {plan['signature']}, {compared}", style="bold")
    say(
        f"Policy {policy['name']}, {policy['mode']} mode, {policy['allocation']} allocation: "
        f"at least {plan['minimum_minutes']:g} minutes."
    )
    say(_traffic_words(traffic, requests_per_hour))
    columns = ("stage", "percent", "at least min", "deadline min", "expected min", "waits for")
    keys = ("stage", "percent", "minimum_minutes", "deadline_minutes", "expected_minutes")
    rows = [[*(row.get(key) for key in keys), row.get("waits_for")] for row in plan["stages"]]
    print_table("Stages", columns, rows)
    say_all(f"Look at: {words}" for words in (advice.warnings if advice else ()))
    say_all(f"It would be refused: {words}." for words in plan["refusals"])


def _traffic_words(traffic: RecentTraffic | None, requests_per_hour: float | None) -> str:
    if requests_per_hour is not None:
        return f"Expected traffic, as given: {requests_per_hour:g} requests an hour."
    if traffic is None:
        return "No telemetry of the last week; give --requests-per-hour for the expected durations."
    return (
        f"Expected traffic, as in the last {traffic.hours:.0f} hours: "
        f"{traffic.requests_per_hour:.0f} requests an hour, {traffic.label_share:.0%} labelled."
    )


def _say_begun(record: RolloutRecord, advice: Advice | None, *, as_json: bool) -> None:
    warnings = advice.warnings if advice else ()
    state, name = record.state, record.experiment_id
    if as_json:
        document = {
            "experiment_id": name,
            "signature": state.signature,
            "candidate_version": record.candidate_version,
            "baseline_version": record.baseline_version,
            "status": state.status.value,
            "percent": state.percent,
            "started_by": record.started_by,
            "started_at": state.started_at.isoformat(),
            "policy": state.policy.to_json(),
            "warnings": list(warnings),
        }
        print_json(document)
        return
    say(f"Rollout {name}: {state.status.value}", style="bold")
    compared = program_name(record.baseline_version)
    say_all(
        (
            f"{state.signature}: {record.candidate_version} against {compared}",
            f"the candidate has {state.percent:g} % of the traffic",
            *(f"Look at: {words}" for words in warnings),
        )
    )
    say(f"Next: ratchet rollout drive {name}   (watch it: ratchet rollout watch {name})")
