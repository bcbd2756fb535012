"""The history of a shop, from which every signature has something to learn."""

from __future__ import annotations

from tests.repositories import Planned

WORDS = (
    "invoice",
    "discount",
    "warehouse",
    "courier",
    "ledger",
    "voucher",
    "basket",
    "refund",
    "customs",
    "parcel",
    "tariff",
    "supplier",
    "pallet",
    "barcode",
    "receipt",
)
DAYS = 88.0  # from the first commit of the shop to its last
SENTENCES = (
    "Round prices to whole cents",
    "Refuse heavy packages at checkout",
    "Send letters when stock runs low",
    "Close tills before midnight",
    "Translate greetings into French",
    "Count returned bottles twice",
    "Remember recent searches",
    "Blur photos of customers",
    "Sort shelves alphabetically",
    "Warn drivers about snow",
    "Archive complaints every winter",
    "Highlight seasonal vegetables",
)
_WRONG = (
    "def share_of(total, parts):\n    remainder = total - sum(parts)\n"
    "    return remainder / len(parts)\n"
)


def feature(word: str, day: float, *, number: int = 0) -> Planned:
    """A commit that adds something about one word, with a test."""
    code = "".join(
        f"def {verb}_{word}(order):\n    return {word}_registry.{verb}(order, {number})\n\n\n"
        for verb in ("create", "cancel", "print")
    )
    test = f"def test_{word}_is_created():\n    assert create_{word}(example_order({number}))\n"
    return Planned(
        message=f"Add {word} handling for orders",
        files={f"src/shop/{word}.py": code, f"tests/test_{word}.py": test},
        day=day,
    )


def long_history(*, until: float) -> list[Planned]:
    """The shop, and works with a sentence of their own: enough for each signature on any day."""
    begun = until - DAYS - 2
    works = [_work(sentence, begun + DAYS + n / 10) for n, sentence in enumerate(SENTENCES)]
    return [*shop_history(begun), *works]


def _work(sentence: str, day: float) -> Planned:
    """A commit whose code speaks of what its message says."""
    name = sentence.lower().replace(" ", "_")
    code = f"def {name}(order):\n    return order.{name}()\n\n\nSAID = {sentence!r}\n"
    test = f"def test_{name}():\n    assert {name}(example_order())\n"
    return Planned(
        message=sentence,
        files={f"src/shop/{name}.py": code, f"tests/test_{name}.py": test},
        day=day,
    )


def shop_history(begun: float = 0.0) -> list[Planned]:
    """A shop that grew feature by feature, with a defect that was mended.

    Args:
        begun: Day of the first commit, counted from the epoch of `tests.repositories`.
    """
    right = _WRONG.replace("len(parts)\n", "max(1, len(parts))\n")
    return [
        *(feature(word, day=begun + 2.0 * n, number=n) for n, word in enumerate(WORDS)),
        Planned(
            message="Add shares of a total",
            files={
                "src/shop/shares.py": _WRONG,
                "tests/test_shares.py": "assert share_of(4, [1])\n",
            },
            day=begun + 31,
        ),
        Planned(
            message="Fix division by zero when there are no parts (#41)\n\n"
            "This is a breaking change for callers that catch the error.",
            files={"src/shop/shares.py": right, "tests/test_shares.py": "assert share_of(4, [])\n"},
            day=begun + 40,
        ),
        Planned(
            message="Add a till for the shop\n\n- Open the till with a key\n"
            "- Print a daily report, optional\n- Tills must be locked at night\n",
            files={"src/shop/till.py": "def open_till(key):\n    return key.turn_to(1)\n"},
            day=begun + 41,
        ),
        *(feature(f"late{word}", day=begun + 80.0 + n) for n, word in enumerate(WORDS[:8])),
    ]
