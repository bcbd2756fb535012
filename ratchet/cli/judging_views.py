"""`ratchet quality report`, `calibrate`, `compare`: what judges found, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, SignatureName, SignatureNames, load, wanted_signatures
from ratchet.cli.terminal import print_json, print_table, say

if TYPE_CHECKING:
    from ratchet.configuration.quality import QualitySettings
    from ratchet.quality.judges.banding import Banding
    from ratchet.quality.judges.calibration import Calibration
    from ratchet.quality.judges.comparison import JudgeComparison
    from ratchet.quality.judges.recalibration import Recalibration
    from ratchet.quality.judges.report import QualityReport
    from ratchet.quality.judges.scorecard import Scorecard
    from ratchet.store import Store
    from ratchet.store.dimension_scores import CalibrationRecord

JudgeName = Annotated[
    str | None,
    typer.Option(
        "--judge", metavar="NAME", help="The judge, by full name. [default: the last to judge]"
    ),
]


def report(
    *,
    signature: SignatureNames = None,
    judge: JudgeName = None,
    worst: Annotated[
        int, typer.Option(min=0, metavar="N", help="How many of the worst to list.")
    ] = 10,
    picture: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Also draw it, as .svg or .png; of one signature at a time."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how the scores of a judge are distributed, by source, and the worst examples.

    Leaves with 1 when nothing was judged yet.
    """
    from ratchet.store import open_store

    names, settings = wanted_signatures(signature), load()
    if picture is not None and len(names) != 1:
        raise typer.BadParameter("--picture needs one --signature")
    with open_store(settings.store_url) as store:
        reports = [_report(store, name, judge, settings.quality, worst=worst) for name in names]
    if as_json:
        print_json({"reports": [_report_json(one) for one in reports]})
    else:
        for one in reports:
            _show_report(one)
    if picture is not None:
        from ratchet.quality.judges.picture import draw_report

        draw_report(reports[0], picture, settings=settings.quality)
        if not as_json:
            say(f"Picture: {picture}")
    raise typer.Exit(0 if any(one.n for one in reports) else EXIT_NOT_REACHED)


def calibrate(
    *,
    signature: SignatureNames = None,
    judge: JudgeName = None,
    person: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Who else decides beside the curators. Repeatable."),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Show the calibrations there were; learn nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Hold judges against what people decided: agreement, kappa, threshold, table.

    Every judge that scored examples is calibrated, or the one that is named. Leaves with 1
    when there are too few decisions for all of them.
    """
    from ratchet.quality.judges.recalibration import recalibrate
    from ratchet.store import open_store

    names, settings, now = wanted_signatures(signature), load(), datetime.now(UTC)
    with open_store(settings.store_url) as store:
        if history:
            _show_history(store, names, judge, as_json=as_json)
            return
        found = [
            recalibrate(
                store.dimension_scores,
                one,
                name,
                min_decisions=settings.quality.min_decisions,
                now=now,
                people=person or (),
            )
            for name in names
            for one in ([judge] if judge else store.dimension_scores.judges(name))
        ]
    if as_json:
        print_json({"calibrations": [calibration_json(one) for one in found]})
    else:
        _show_calibrations(found)
    is_any = any(calibration_of(one) is not None for one in found)
    raise typer.Exit(0 if is_any else EXIT_NOT_REACHED)


def compare(
    *,
    signature: SignatureName,
    first: Annotated[str, typer.Argument(metavar="JUDGE", help="A judge, by full name.")],
    second: Annotated[str, typer.Argument(metavar="JUDGE", help="Another judge.")],
    as_json: AsJson = False,
) -> None:
    """Compare two judges on the examples that both scored.

    Leaves with 1 when there is no such example.
    """
    from ratchet.quality.judges.comparison import compare_judges
    from ratchet.quality.judges.recalibration import stored_cards
    from ratchet.store import open_store

    (name,) = wanted_signatures([signature])
    with open_store(load().store_url) as store:
        cards = [stored_cards(store.dimension_scores, one, name) for one in (first, second)]
        _require_scores(store, name, {first: cards[0], second: cards[1]})
    comparison = compare_judges(*cards)
    if as_json:
        print_json({"signature": name, **asdict(comparison)})
    else:
        _show_comparison(name, comparison)
    raise typer.Exit(0 if comparison.n else EXIT_NOT_REACHED)


def calibration_of(held: Recalibration) -> Calibration | None:
    """The calibration, or None when there are too few decisions."""
    from ratchet.quality.judges.calibration import Calibration

    return held.found if isinstance(held.found, Calibration) else None


def calibration_line(held: Recalibration) -> str:
    """How far people agree with a judge, in a line."""
    from ratchet.quality.judges.calibration import TooFew

    unjudged = f" {held.unjudged} decisions are on unjudged examples." if held.unjudged else ""
    if isinstance(held.found, TooFew):
        return f"Not calibrated for {held.signature}: {held.found.message}.{unjudged}"
    agreement, kappa = held.found.agreement, held.found.kappa
    return (
        f"People agree with {held.judge} on {held.signature} in {agreement.estimate:.0%} "
        f"({agreement.lower:.0%}-{agreement.upper:.0%}) of {held.found.n} decisions, kappa "
        f"{kappa.estimate:.2f} ({kappa.lower:.2f}-{kappa.upper:.2f}), taken from "
        f"{held.found.threshold:g} on.{unjudged}"
    )


def calibration_json(held: Recalibration) -> dict[str, Any]:
    """A recalibration as plain values, whatever came of it."""
    found = calibration_of(held)
    whole = {"judge": held.judge, "signature": held.signature, "unjudged": held.unjudged}
    if found is None:
        return {**whole, "calibrated": False, "lacking": calibration_line(held)}
    return {**whole, "calibrated": True, "is_new": held.is_new, **found.to_json()}


def banding_json(banding: Banding) -> dict[str, Any]:
    """Which score the bands act on, as plain values."""
    return {
        "score": banding.kind,
        "judge": banding.judge,
        "is_stale": banding.is_stale,
        "sentence": banding.sentence,
    }


def card_json(card: Scorecard) -> dict[str, Any]:
    """A scorecard as plain values."""
    dimensions = {d.name: {"value": d.value, "reason": d.reason} for d in card.dimensions}
    return {"overall": card.overall, **dimensions}


def _report(
    store: Store, signature: str, judge: str | None, settings: QualitySettings, *, worst: int
) -> QualityReport:
    from ratchet.quality.judges.banding import read_banding
    from ratchet.quality.judges.recalibration import stored_cards
    from ratchet.quality.judges.report import report_on

    banding = read_banding(store.dimension_scores, signature, judge=judge)
    return report_on(
        signature,
        banding.judge,
        stored_cards(store.dimension_scores, banding.judge, signature),
        {example.example_id: example for example in store.examples.find(signature)},
        settings=settings,
        banding=banding,
        worst=worst,
    )


def _report_json(report: QualityReport) -> dict[str, Any]:
    whole = {**asdict(report), "banding": banding_json(report.banding)}
    for distribution in whole["distributions"]:
        del distribution["values"]
    return whole


def _show_report(report: QualityReport) -> None:
    if not report.n:
        say(
            f"{report.signature}: no scores{f' by {report.judge}' if report.judge else ''} yet. "
            f"Next: ratchet quality judge --signature {report.signature}"
        )
        return
    print_table(
        f"{report.signature}: {report.n} examples judged by {report.judge}",
        ("dimension", "mean", "worst tenth", "median", "best tenth"),
        ((d.dimension, d.mean, d.low, d.median, d.high) for d in report.distributions),
    )
    counts = ", ".join(f"{band} {report.bands.get(band, 0)}" for band in _bands())
    say(f"Bands: {counts}")
    say(report.banding.sentence)
    say()
    columns = tuple(report.sources[0].means)
    print_table(
        "By source",
        ("source", "examples", *columns),
        ((one.source, one.n, *(one.means[name] for name in columns)) for one in report.sources),
    )
    print_table(
        "The worst",
        ("example", "source", "overall", "dimension", "value", "reason"),
        ((w.example_id, w.source, w.overall, w.dimension, w.value, w.reason) for w in report.worst),
    )


def _bands() -> tuple[Any, ...]:
    from typing import get_args

    from ratchet.quality.judges.bands import Band

    return get_args(Band)


def _show_calibrations(found: Sequence[Recalibration]) -> None:
    if not found:
        say("No judge has scored an example yet. Next: ratchet quality judge --signature NAME")
    for held in found:
        say(calibration_line(held))
        calibration = calibration_of(held)
        if calibration is None:
            continue
        table = calibration.confusion
        print_table(
            f"At {calibration.threshold:g}, on decisions it was not chosen on",
            ("judge", "approved by people", "rejected by people"),
            (
                ("takes", table.taken_approved, table.taken_rejected),
                ("refuses", table.refused_approved, table.refused_rejected),
            ),
        )
        chances = ", ".join(f"{s}: {calibration.chance(s):.0%}" for s in (30, 50, 70, 90))
        say(
            f"It ranks an approved example above a rejected one in {calibration.area:.0%}. "
            f"Chance of approval by score ({calibration.curve.kind}): {chances}."
        )


def _show_history(store: Store, names: Sequence[str], judge: str | None, *, as_json: bool) -> None:
    records = [
        record
        for name in names
        for record in store.dimension_scores.calibrations(name, judge=judge)
    ]
    if as_json:
        print_json({"calibrations": [asdict(record) for record in records]})
        return
    print_table(
        "Calibrations, the newest first",
        ("judge", "signature", "at", "decisions", "agreement", "lower", "upper", "threshold"),
        (
            (
                r.judge,
                r.signature,
                r.at,
                r.n,
                r.agreement,
                r.lower,
                r.upper,
                r.document["threshold"],
            )
            for r in records
        ),
    )


def _threshold(record: CalibrationRecord) -> Any:
    return record.document.get("threshold")


def _require_scores(store: Store, signature: str, cards: dict[str, tuple[Scorecard, ...]]) -> None:
    """Refuse to compare with a judge that has scored nothing."""
    from ratchet.errors import InputError

    known = ", ".join(store.dimension_scores.judges(signature)) or "none yet"
    for judge, found in cards.items():
        if not found:
            raise InputError(
                f"{judge!r} has scored no example of {signature}; judges are: {known}."
            )


def _show_comparison(signature: str, found: JudgeComparison) -> None:
    print_table(
        f"{found.first} against {found.second} on {found.n} examples of {signature}",
        ("dimension", "rank correlation", "mean difference"),
        ((d.dimension, d.rank_correlation, d.mean_difference) for d in found.dimensions),
    )
    print_table(
        "Where they part most",
        ("example", found.first, found.second),
        ((parting.example_id, parting.first, parting.second) for parting in found.partings),
    )
