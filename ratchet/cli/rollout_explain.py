"""`ratchet rollout explain`: every decision with its evidence, for a colleague."""

from __future__ import annotations

from ratchet.cli.arguments import AsJson
from ratchet.cli.rollout_arguments import OfSignature, RolloutId, opened
from ratchet.cli.terminal import print_json, say, say_all

REFUSALS = 100  # the newest that are shown


def explain(
    *,
    experiment_id: RolloutId = None,
    signature: OfSignature = None,
    as_json: AsJson = False,
) -> None:
    """Explain a rollout: which rule decided, on which numbers against which limits, who and why.

    The last step of one that is under way is what it waits for.
    """
    from ratchet.control.explaining import explain as explained

    with opened() as desk:
        record = desk.chosen(experiment_id, signature, or_ended=True)
        refusals = desk.controller.store.audit.list(
            subject=record.experiment_id, action="rollout.refuse", limit=REFUSALS
        )
    steps = explained(record, refusals)
    if as_json:
        document = {"experiment_id": record.experiment_id, "status": record.state.status.value}
        print_json({**document, "steps": [step.to_json() for step in steps]})
        return
    say(f"{record.experiment_id}: {record.state.status.value}", style="bold")
    for step in steps:
        say()
        say(f"{step.at:%Y-%m-%d %H:%M:%S} UTC, {step.actor}: {step.headline}", style="bold")
        say_all(step.lines())
