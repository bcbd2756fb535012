"""Between runs: what message batches have brought is fetched, before Claude forgets it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from ratchet.collect.claude import ClaudeSettings, Commission
from ratchet.cycle.batch_terms import BatchTerms
from ratchet.cycle.collect import claude_settings
from ratchet.cycle.options import ImprovementOptions
from ratchet.cycle.synthetic import SyntheticPolicy
from ratchet.cycle.workspace import Workspace
from ratchet.errors import RatchetError
from ratchet.settings import Settings


def fetch_batches(
    workspace: Workspace, options: ImprovementOptions, settings: Settings, *, now: datetime
) -> tuple[str, ...]:
    """Fetch the answers of the batches that runs have left, and send the labels that follow.

    Claude keeps answers for 29 days, and a month can be longer. Nothing is waited for, and what
    is fetched is taken by the next run. Returns a sentence for each signature with such
    batches; what goes wrong is a sentence too, as the next day tries again.
    """
    terms = BatchTerms.outside_of_runs(settings)
    names = [name for name in options.signature_names if terms.has_jobs(name)]
    claude = claude_settings(workspace.model, max_cost_usd=options.max_cost_usd)
    if claude is None or not names:
        return ()
    claude = replace(claude, min_agreement=SyntheticPolicy.of(settings).min_agreement)
    return tuple(_fetched(names, claude, terms, now=now))


def _fetched(
    names: Iterable[str], claude: ClaudeSettings, terms: BatchTerms, *, now: datetime
) -> Iterator[str]:
    from ratchet.cycle.writing import take_home

    for name in names:
        commission = Commission(signature=name, count=0, settings=claude, seed=0, now=now)
        try:
            found = take_home(commission, terms, round_=None)
        except RatchetError as error:
            yield f"{name}: its batches could not be asked after: {error}"
            continue
        if found.ordered:
            yield (
                f"{name}: {len(found.examples)} of {found.ordered} examples that batches were "
                "asked for are here; the next run takes them."
            )
