"""Whether the sections of the settings agree with each other."""

from __future__ import annotations

from collections.abc import Iterator

from ratchet.configuration.bootstrap import BootstrapSettings
from ratchet.configuration.collection import LEAST_EXAMPLES, CollectionSettings
from ratchet.configuration.optimisation import OptimisationSettings


def disagreements(
    collection: CollectionSettings,
    bootstrap: BootstrapSettings,
    optimisation: OptimisationSettings,
) -> Iterator[str]:
    """A sentence for each combination that could never work, with what is allowed."""
    most, enabled = collection.max_examples_per_domain, optimisation.auto_enable_threshold
    if enabled > most:
        yield (
            f"optimisation.auto_enable_threshold is {enabled}, and a domain has at most "
            f"collection.max_examples_per_domain = {most}: it would never be enabled. Allowed: "
            f"{LEAST_EXAMPLES}..{most}"
        )
    wanted = sum((collection.git_target, collection.synthetic_target, collection.telemetry_target))
    if wanted < LEAST_EXAMPLES:
        yield (
            f"collection.git_target, synthetic_target and telemetry_target ask for {wanted} "
            f"examples together; an optimiser refuses fewer than {LEAST_EXAMPLES}. Allowed: a "
            f"sum of at least {LEAST_EXAMPLES}"
        )
    targets = {"bootstrap.target_examples_per_domain": bootstrap.target_examples_per_domain}
    for name, table in bootstrap.domains.items():
        if table.target_examples is not None:
            targets[f"bootstrap.domains.{name}.target_examples"] = table.target_examples
    for path, target in targets.items():
        if not enabled <= target <= max(most, enabled):
            yield (
                f"{path} is {target}; allowed: {enabled}..{most} (between "
                "optimisation.auto_enable_threshold and collection.max_examples_per_domain)"
            )
