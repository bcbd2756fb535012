"""Starts improvement cycles for `ratchet increments`, and reads what it shows of examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ratchet.examples import Example
    from ratchet.increments.contributions import SourceScore, Suspect
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec
    from ratchet.store import Store
    from ratchet.store.ablations import AblationRecord

FLOW = "improve-programs"
EVALUATIONS = 50  # the newest ones say which examples keep being missed


@dataclass(frozen=True, kw_only=True)
class Started:
    """What became of the wish; one that a deployment takes up is a success."""

    message: str
    is_success: bool


def start_improvement(names: tuple[str, ...], *, quiet: bool) -> Started:
    """Improve some signatures: through the deployment when there is one, or here and now."""
    from ratchet.cli.run import prepare_prefect
    from ratchet.settings import load_settings

    load_settings()
    prepare_prefect(verbose=False)
    name = _deployed(names)
    if name:
        message = f"The deployment has taken it up as flow run {name}."
        return Started(message=message, is_success=True)
    from ratchet.cli.run import run_flow
    from ratchet.cycle.options import ImprovementOptions

    summary, path = run_flow(ImprovementOptions.of(signatures=names), None, quiet=quiet)
    verdicts = ", ".join(
        f"{each.signature}: {each.verdict or each.error}" for each in summary.signatures.values()
    )
    return Started(message=f"{verdicts}. Run folder: {path}", is_success=summary.success)


def _deployed(names: tuple[str, ...]) -> str:
    """The name of the flow run that the deployment has made; "" without a server or deployment."""
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        return ""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName
    from prefect.client.schemas.sorting import DeploymentSort

    with get_client(sync_client=True) as client:
        found = client.read_deployments(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW])),
            limit=1,
            sort=DeploymentSort.NAME_ASC,
        )
        if not found:
            return ""
        made = client.create_flow_run_from_deployment(
            found[0].id, parameters={"options": {"signatures": list(names)}}
        )
    return str(made.name)


def read_contributions(
    spec: SignatureSpec, settings: Settings
) -> tuple[tuple[SourceScore, ...], tuple[Suspect, ...]]:
    """What the sources bring and which examples are suspected, from the newest evaluations."""
    from ratchet.increments.contributions import kept_scores, scores_by_source, suspects
    from ratchet.store import USABLE, open_store

    with open_store(settings.store_url) as store:
        examples = tuple(store.examples.find(spec.name, statuses=USABLE))
        evaluations = store.evaluations.list(signature=spec.name, limit=EVALUATIONS)
        newest = next((e for e in evaluations if kept_scores(e)), None)
        shown = _demonstrated(store, spec, settings, examples)
    return scores_by_source(examples, newest, shown), suspects(examples, evaluations)


def read_ablation(spec: SignatureSpec, settings: Settings) -> AblationRecord | None:
    """The newest measurement of what the sources are worth; None before the first."""
    from ratchet.store import open_store

    with open_store(settings.store_url) as store:
        return next(iter(store.ablations.list(spec.name, limit=1)), None)


def _demonstrated(
    store: Store, spec: SignatureSpec, settings: Settings, examples: tuple[Example, ...]
) -> set[str]:
    """The examples in the prompts of the champion, or else of the newest candidate."""
    from ratchet.canonical import sha256_of
    from ratchet.lineage.demonstrations import demonstrations_of
    from ratchet.programs import find_program, read_state

    champion = store.programs.champion(spec.name)
    programs = store.programs.list(spec.name)
    version = champion.version if champion else next((p.version for p in programs), None)
    if version is None:
        return set()
    root = settings.programs_folder
    state = read_state(root, find_program(root, spec.name, version))
    asked = {sha256_of(demo.inputs(spec)) for demo in demonstrations_of(state)}
    return {e.example_id for e in examples if sha256_of(dict(e.inputs)) in asked}
