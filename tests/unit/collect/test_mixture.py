"""The cap on synthetic examples beside real ones."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ratchet import signatures
from ratchet.collect.mixture import Mixture, MixturePolicy, admit, measure_mixture
from ratchet.examples import Source, Status
from ratchet.store import Store
from tests.builders import completeness_example

SPEC = signatures.get("validate_completeness")
STRICT = MixturePolicy(max_share=0.5, always_admitted=0)


def mixture(*, real: int, synthetic: int, pending: int = 0) -> Mixture:
    """What a signature has."""
    return Mixture(signature=SPEC.name, real=real, synthetic=synthetic, pending=pending)


def test_the_share_caps_what_is_asked_for_and_says_so() -> None:
    """Ten real and eight synthetic examples admit two more at one half."""
    found = admit(SPEC, mixture(real=10, synthetic=8), 20, policy=STRICT)

    assert found.admitted == 2
    assert "2 of 20 synthetic examples are asked for" in found.reason
    assert "synthetic.max_share" in found.reason


def test_files_that_are_not_stored_yet_count() -> None:
    """What the last command wrote into its file is not asked for a second time."""
    found = admit(SPEC, mixture(real=10, synthetic=8, pending=2), 20, policy=STRICT)

    assert found.admitted == 0


def test_a_project_without_real_data_may_begin() -> None:
    """The first ones are admitted whatever the share, and no more than those."""
    policy = MixturePolicy(max_share=0.5, always_admitted=30)

    assert admit(SPEC, mixture(real=0, synthetic=0), 20, policy=policy).admitted == 20
    assert admit(SPEC, mixture(real=0, synthetic=25), 20, policy=policy).admitted == 5


def test_the_limit_of_the_gate_holds_beside_the_setting() -> None:
    """A laxer setting than the gate's share of one source buys nothing."""
    strict_gate = replace(SPEC, policy=replace(SPEC.policy, max_source_share=0.5))
    lax = MixturePolicy(max_share=0.9, always_admitted=0)

    found = admit(strict_gate, mixture(real=10, synthetic=0), 90, policy=lax)

    assert (found.max_share, found.admitted) == (0.5, 10)


@given(
    real=st.integers(0, 500),
    synthetic=st.integers(0, 500),
    wanted=st.integers(0, 500),
    share=st.floats(0.0, 0.8),
)
def test_what_is_admitted_never_passes_the_share(
    real: int, synthetic: int, wanted: int, share: float
) -> None:
    """After all admitted ones came, the share holds, unless it was broken before."""
    policy = MixturePolicy(max_share=share, always_admitted=0)

    admitted = admit(SPEC, mixture(real=real, synthetic=synthetic), wanted, policy=policy).admitted

    assert 0 <= admitted <= wanted
    if admitted:
        assert (synthetic + admitted) / (real + synthetic + admitted) <= share + 1e-6


def test_the_store_is_counted_without_what_was_refused(store: Store) -> None:
    """Rejected examples are in no set; candidates will be, so they count."""
    kinds = [
        (Source.SYNTHETIC, Status.CANDIDATE),
        (Source.SYNTHETIC, Status.REJECTED),
        (Source.GIT, Status.ACCEPTED),
        (Source.MANUAL, Status.APPROVED),
    ]
    store.examples.add(
        completeness_example(implementation=f"number {n}", source=source, status=status)
        for n, (source, status) in enumerate(kinds)
    )

    found = measure_mixture(store, SPEC.name)

    assert (found.real, found.synthetic) == (2, 1)
    assert found.share == 1 / 3
    assert found.ratio == 0.5
