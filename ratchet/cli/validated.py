"""Validation from the command line: signature by signature, against the store or without it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from ratchet import signatures
from ratchet.cli.arguments import load
from ratchet.cli.example_files import by_signature, write_examples
from ratchet.cli.terminal import working
from ratchet.cycle.batch import validate_with_store
from ratchet.examples import Example
from ratchet.files import write_json, write_text
from ratchet.quality.validation import validate
from ratchet.quality.validation_report import Rejection, ValidationReport


def validate_all(
    examples: Iterable[Example],
    *,
    store_url: str | None,
    threshold: float,
    now: datetime,
    keep: bool = True,
    quiet: bool = False,
) -> tuple[ValidationReport, ...]:
    """A report for each signature, by name.

    With a `store_url` the examples are compared with what the store holds and, when `keep`,
    stored with what became of them.

    Raises:
        ConfigurationError: an example's signature is unknown.
        StoreError: the store can not be read or written.
    """
    return tuple(
        _validate(name, found, store_url, threshold=threshold, now=now, keep=keep, quiet=quiet)
        for name, found in by_signature(examples).items()
    )


def write_reports(reports: Iterable[ValidationReport], folder: Path) -> None:
    """Leave `accepted/` and `rejected/` examples and the `reports/` below `folder`.

    Raises:
        StoreError: the folder can not be written.
    """
    for report in reports:
        name = report.signature
        write_examples(folder / "accepted" / f"{name}.jsonl", report.accepted)
        write_examples(folder / "rejected" / f"{name}.jsonl", (r.example for r in report.rejected))
        write_json(folder / "reports" / f"{name}.json", report.to_json())
        write_text(folder / "reports" / f"{name}.md", report.to_markdown())


def described(rejection: Rejection) -> str:
    """A rejected example in a line: where it was found, and why it was rejected."""
    example = rejection.example
    facts = example.provenance
    place = ""
    if "file" in facts:
        place = f"{facts['file']} (row {facts.get('row')}), "
    elif "sha" in facts:
        place = f"commit {str(facts['sha'])[:10]}, "
    return f"{place}{example.signature} {rejection.example_id[:8]}: {'; '.join(rejection.reasons)}"


def rejection_as_json(rejection: Rejection) -> dict[str, Any]:
    """A rejected example as JSON holds it."""
    example = rejection.example
    return {
        "file": example.provenance.get("file"),
        "row": example.provenance.get("row"),
        "signature": example.signature,
        "example_id": rejection.example_id,
        "reason": "; ".join(rejection.reasons),
    }


def _validate(
    name: str,
    examples: tuple[Example, ...],
    store_url: str | None,
    *,
    threshold: float,
    now: datetime,
    keep: bool,
    quiet: bool,
) -> ValidationReport:
    spec = signatures.get(name)
    reject_below = load().quality.reject_below
    with working(f"Validating {name}", quiet=quiet):
        if store_url is None:
            return validate(spec, examples, threshold=threshold, reject_below=reject_below, now=now)
        return validate_with_store(
            spec,
            examples,
            store_url=store_url,
            threshold=threshold,
            reject_below=reject_below,
            now=now,
            keep=keep,
        )
