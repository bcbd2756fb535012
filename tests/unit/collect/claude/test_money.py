"""Prices, the ledger and the agreement of labels: arithmetic that people rely on."""

from __future__ import annotations

import pytest
from anthropic.types import CacheCreation, Usage
from hypothesis import given
from hypothesis import strategies as st

from ratchet.collect.claude.agreement import wilson_rate
from ratchet.collect.claude.ledger import Ledger
from ratchet.collect.claude.prices import Price, TokenUse

PRICE = Price(input_usd=2.0, output_usd=10.0)


@pytest.mark.parametrize(
    ("use", "usd"),
    [
        (TokenUse(plain_input=1_000_000), 2.0),
        (TokenUse(cache_write=1_000_000), 2.5),
        (TokenUse(long_cache_write=1_000_000), 4.0),
        (TokenUse(cache_read=1_000_000), 0.2),
        (TokenUse(output=1_000_000), 10.0),
    ],
)
def test_each_kind_of_token_has_its_price(use: TokenUse, usd: float) -> None:
    """Writing to the cache costs a quarter more, or twice for an hour; reading a tenth."""
    assert PRICE.bill_usd(use) == pytest.approx(usd)
    assert PRICE.bill_usd(use, in_batch=True) == pytest.approx(usd / 2)


def test_the_usage_of_an_answer_is_told_apart() -> None:
    """What was written for an hour is not counted as written for five minutes, too."""
    usage = Usage(
        input_tokens=10,
        output_tokens=4,
        cache_read_input_tokens=300,
        cache_creation_input_tokens=50,
        cache_creation=CacheCreation(ephemeral_1h_input_tokens=30, ephemeral_5m_input_tokens=20),
    )

    found = TokenUse.of(usage)

    assert found == TokenUse(
        plain_input=10, cache_write=20, long_cache_write=30, cache_read=300, output=4
    )
    assert found.input == 360


@given(
    calls=st.lists(
        st.tuples(st.integers(0, 4_000), st.integers(1, 3_000), st.floats(0, 1)), max_size=30
    ),
    in_batch=st.booleans(),
)
def test_no_sequence_of_calls_passes_the_cap(
    calls: list[tuple[int, int, float]], in_batch: bool
) -> None:
    """Whatever fits is reserved at its most, so the bill can not be above the cap."""
    ledger = Ledger(price=PRICE, cap_usd=0.05, in_batch=in_batch)

    for length, most, part in calls:
        reserved = ledger.reserve("x" * length, most)
        if reserved is not None:
            written = TokenUse(cache_write=length // 2, output=int(most * part))
            ledger.settle(reserved, written)

    assert ledger.cost_usd is not None
    assert ledger.cost_usd <= 0.05 + 1e-9


@given(n=st.integers(1, 400), share=st.floats(0, 1))
def test_the_interval_holds_the_rate_and_stays_between_0_and_1(n: int, share: float) -> None:
    """Also at none and at all of them, where the normal interval has no width."""
    found = wilson_rate(round(n * share), n)

    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    assert 0 <= found.lower <= found.value + 1e-12
    assert found.value - 1e-12 <= found.upper <= 1
    assert found.upper > found.lower


def test_nothing_labelled_is_no_rate() -> None:
    """0 of 0 is unknown, not 0 %."""
    assert wilson_rate(0, 0).value is None
