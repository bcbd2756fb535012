"""The options that several commands share, in one wording, and what they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ratchet.settings import Settings
    from ratchet.signatures.spec import SignatureSpec


def configured(key: str, **options: Any) -> Any:
    """An option whose default is a setting: that of `key`, dotted as in `ratchet config`."""

    def default() -> Any:
        value: Any = load()
        for name in key.split("."):
            value = getattr(value, name)
        return value

    return typer.Option(default_factory=default, show_default=f"{key} of the settings", **options)


SignatureName = Annotated[
    str, typer.Option("--signature", "-s", metavar="NAME", help="The signature.")
]
MaybeSignatureName = Annotated[
    str | None,
    typer.Option(
        "--signature", "-s", metavar="NAME", help="Of this signature only. [default: all]"
    ),
]
SignatureNames = Annotated[
    list[str] | None,
    typer.Option("--signature", "-s", metavar="NAME", help="Repeatable. [default: all signatures]"),
]
RowSignature = Annotated[
    str | None,
    typer.Option(
        "--signature", "-s", metavar="NAME", help="Of every row. [default: what each row says]"
    ),
]
Threshold = Annotated[
    float,
    configured(
        "collection.duplicate_threshold",
        min=0.5,
        max=1.0,
        metavar="RATIO",
        help="Likeness of inputs from which two are duplicates.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
PictureFile = Annotated[
    Path | None,
    typer.Option("--picture", metavar="FILE", help="Draw it too, as .svg or .png."),
]
Model = Annotated[
    str,
    typer.Option(
        "--lm",
        metavar="NAME",
        help="Language model, as provider/name. [default: Claude with ANTHROPIC_API_KEY, "
        "otherwise offline/in-context]",
    ),
]
ExampleFiles = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="FILE", help="JSON or JSONL files, or folders of them.", show_default=False
    ),
]


def load(*, half_restored: bool = False) -> Settings:
    """The settings; the user's own signatures are known from then on.

    Raises:
        StoreError: a restore has not ended, and the command is not made for that, which
            `half_restored` says.
    """
    from ratchet.backup.journal import refuse_half_restored
    from ratchet.settings import load_settings

    settings = load_settings()
    if not half_restored:
        refuse_half_restored(settings.home)
    return settings


def known_signature(name: str) -> SignatureSpec:
    """The contract of a signature.

    Raises:
        ConfigurationError: there is none of that name; the message says the nearest.
    """
    from ratchet import signatures

    load()
    return signatures.get(name)


def wanted_signatures(given: Sequence[str] | None) -> tuple[str, ...]:
    """The signatures asked for, each once; all but those on request when none is.

    Raises:
        ConfigurationError: one is unknown; the message says the nearest.
    """
    from ratchet import signatures

    load()
    for name in given or ():
        signatures.get(name)
    return tuple(dict.fromkeys(given)) if given else signatures.default_names()
