"""`ratchet bootstrap`, `ratchet readiness` and `ratchet collect captured`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from ratchet.cli import EXIT_NOT_REACHED
from ratchet.cli.arguments import AsJson, known_signature, load
from ratchet.cli.terminal import (
    counted,
    number_of,
    print_json,
    print_table,
    progress_bar,
    say,
    say_all,
)
from ratchet.examples import Difficulty

if TYPE_CHECKING:
    from ratchet.collect.problems.bootstrap import Bootstrapped
    from ratchet.collect.problems.captured import CaptureReport
    from ratchet.collect.problems.ledger import Ledger
    from ratchet.collect.problems.novelty import KnownProblems
    from ratchet.collect.problems.pipeline import Pipeline
    from ratchet.collect.readiness import Readiness
    from ratchet.examples import Example
    from ratchet.settings import Settings
    from ratchet.store import Store

SHOWN = 20  # refused results on the screen
_BY_DOMAIN = "[default: that of the domain in bootstrap of the settings]"

Domain = Annotated[str, typer.Option(metavar="NAME", help="The domain.")]


@dataclass(frozen=True, kw_only=True)
class _Wanted:
    """What a bootstrap is to bring, with the settings of its domain taken into account."""

    domain: str
    target: int
    max_attempts: int
    levels: tuple[Difficulty, ...]
    seed: int


def _role(what: str) -> object:
    return typer.Option(metavar="NAME", help=what)


def bootstrap(
    *,
    domain: Domain = "mathematics",
    target: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Problems wanted. {_BY_DOMAIN}"),
    ] = None,
    max_attempts: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help=f"Attempts for each topic in its turn. {_BY_DOMAIN}"),
    ] = None,
    difficulty: Annotated[
        list[Difficulty] | None,
        typer.Option(help=f"Difficulties that are asked for. Repeatable. {_BY_DOMAIN}"),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Another seed gives other problems.")] = 1,
    engineer: Annotated[str, _role("Model that writes them. [default: the library]")] = "",
    checker: Annotated[str, _role("Model that checks them. [default: rules]")] = "",
    solver: Annotated[str, _role("Model that solves what algebra can not read.")] = "",
    target_lm: Annotated[str, _role("Model that is to fail some. [default: simulated]")] = "",
    max_cost_usd: Annotated[
        float | None, typer.Option(min=0.0, metavar="USD", help="Stop when this is spent.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make the first examples of a domain: written, checked, verified, tried on a target.

    Walks topics and difficulties. When a round brings nothing, thresholds are relaxed once;
    no answer goes unverified. Leaves with 1 when the target was not reached.
    """
    from ratchet.collect.problems.ledger import Ledger
    from ratchet.collect.problems.models import RoleModels, build_pipeline
    from ratchet.optimize.meter import Budget, Meter
    from ratchet.store import open_store

    settings = load()
    plan = settings.bootstrap.of(domain)
    wanted = _Wanted(
        domain=domain,
        target=target or plan.target_examples_per_domain,
        max_attempts=max_attempts or plan.max_attempts_per_example,
        levels=tuple(difficulty or map(Difficulty, plan.difficulty_levels)),
        seed=seed,
    )
    models = RoleModels(
        engineer=engineer,
        checker=checker,
        solver=solver,
        target=target_lm,
        api_base=settings.api_base or None,
    )
    ledger = Ledger(meter=Meter(name="problems", budget=Budget(max_cost_usd=max_cost_usd)))
    pipeline = build_pipeline(models, seed=seed, ledger=ledger)
    with open_store(settings.store_url) as store:
        _remember(store, pipeline.known)
        found = _bootstrapped(store, pipeline, wanted, quiet=as_json)
    ready = _validated(found, settings)
    if as_json:
        print_json(_as_json(found, ledger, ready))
    else:
        _show_bootstrap(found, ledger, ready)
    raise typer.Exit(0 if found.is_whole else EXIT_NOT_REACHED)


def readiness(
    *,
    signature: Annotated[
        str | None, typer.Option("--signature", "-s", metavar="NAME", help="Of this signature.")
    ] = None,
    domain: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of the problems of this domain.")
    ] = None,
    required: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Examples that enable optimisation. "
            "[default: optimisation.auto_enable_threshold of the settings]",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say whether there is data enough to optimise on, and what would make it better.

    Without options, of every signature. Leaves with 1 when something asked for is not ready.
    """
    from ratchet import signatures
    from ratchet.store import open_store

    settings = load()
    with open_store(settings.store_url) as store:
        if domain is not None:
            found = [_of_domain(store, domain, required)]
        else:
            names = [known_signature(signature).name] if signature else signatures.names()
            found = [_of_signature(store, name, required) for name in names]
    if as_json:
        print_json([each.to_json() for each in found])
    else:
        _show_readiness(found)
    raise typer.Exit(0 if all(each.ready for each in found) else EXIT_NOT_REACHED)


def collect_captured(*, as_json: AsJson = False) -> None:
    """Take in what apps have captured with ratchet.capture().

    Every answer is verified anew. Refused results are listed with their reason. While the
    store is away the files with the results stay where they are.
    """
    report = _taken_in(load())
    if as_json:
        print_json(
            {
                "types": dict(report.types),
                "statuses": dict(report.statuses),
                "refused": report.refused,
                "unreadable": report.unreadable,
            }
        )
        return
    say(f"Results: {counted(report.types) or 'none'}.")
    say(f"Examples: {counted(report.statuses) or 'none'}.")
    if report.unreadable:
        say(f"Not read: {number_of(report.unreadable, 'line')}.")
    say_all(report.refused, at_most=SHOWN)


def _taken_in(settings: Settings) -> CaptureReport:
    """Take in what is in the spool.

    Raises:
        StoreError: the store can not be reached or written; the message says what waits.
    """
    from ratchet.collect.problems.captured import take_in
    from ratchet.errors import StoreError
    from ratchet.serving.capture import CAPTURE
    from ratchet.serving.places import SPOOL
    from ratchet.store import open_store

    spool, most = settings.home.absolute() / CAPTURE / SPOOL, settings.collection
    try:
        with open_store(settings.store_url) as store:
            return take_in(spool, store, max_per_domain=most.max_examples_per_domain)
    except StoreError as error:
        raise StoreError(
            f"{error} Nothing is lost: what was captured stays in {spool}, where apps go on "
            "writing. Run the same command again when the store is back."
        ) from error


def _remember(store: Store, known: KnownProblems) -> None:
    from ratchet.collect.problems.records import SIGNATURE

    for example in store.examples.find(SIGNATURE):
        known.add(str(example.outputs["problem"]))


def _bootstrapped(
    store: Store, pipeline: Pipeline, wanted: _Wanted, *, quiet: bool
) -> Bootstrapped:
    """Run the bootstrap; each accepted problem is in the store before the next is written."""
    from ratchet.collect.problems.bootstrap import bootstrap as walk
    from ratchet.errors import ModelError
    from ratchet.examples import Status
    from ratchet.optimize.meter import RunStopped

    def keep(example: Example) -> None:
        store.examples.add([example.evolve(status=Status.ACCEPTED)])

    with progress_bar(f"Bootstrapping {wanted.domain}", quiet=quiet) as move:
        try:
            return walk(
                pipeline,
                domain=wanted.domain,
                target=wanted.target,
                seed=wanted.seed,
                now=datetime.now(UTC),
                max_attempts=wanted.max_attempts,
                levels=wanted.levels,
                keep=keep,
                watch=lambda done, last: move(
                    done,
                    wanted.target,
                    f"{last.order.topic}, {last.order.difficulty}: {last.reason}",
                ),
            )
        except RunStopped as stop:
            raise ModelError(f"{stop} What was accepted is in the store.") from stop


def _validated(found: Bootstrapped, settings: Settings) -> Readiness:
    """Validate what came together as a set, and say how ready the domain is now."""
    from ratchet import signatures
    from ratchet.collect.problems.records import SIGNATURE
    from ratchet.cycle.batch import validate_with_store
    from ratchet.store import open_store

    spec = signatures.get(SIGNATURE)
    if found.examples:
        report = validate_with_store(
            spec,
            found.examples,
            store_url=settings.store_url,
            threshold=settings.collection.duplicate_threshold,
            reject_below=settings.quality.reject_below,
            now=datetime.now(UTC),
        )
        if report.rejected:
            reasons = Counter(r.reasons[0].partition(":")[0] for r in report.rejected)
            found.notes.append(f"Validation of the whole set refused some: {counted(reasons)}.")
    with open_store(settings.store_url) as store:
        return _of_domain(store, found.domain, None)


def _of_domain(store: Store, domain: str, required: int | None) -> Readiness:
    from ratchet import signatures
    from ratchet.collect.problems.domains import domain_of
    from ratchet.collect.problems.records import SIGNATURE
    from ratchet.collect.readiness import assess
    from ratchet.store import USABLE

    examples = store.examples.find(SIGNATURE, statuses=USABLE)
    own = [e for e in examples if domain_of(str(e.inputs["subject"])) == domain]
    least = required or signatures.get(SIGNATURE).policy.min_examples
    return assess(domain, own, required=least, enabling=_enabling(required))


def _of_signature(store: Store, name: str, required: int | None) -> Readiness:
    from ratchet import signatures
    from ratchet.collect.readiness import assess
    from ratchet.store import USABLE

    least = required or signatures.get(name).policy.min_examples
    usable = store.examples.find(name, statuses=USABLE)
    return assess(name, usable, required=least, enabling=_enabling(required))


def _enabling(required: int | None) -> int:
    """From how many examples on an optimisation may start."""
    return required or load().optimisation.auto_enable_threshold


def _as_json(found: Bootstrapped, ledger: Ledger, ready: Readiness) -> dict[str, object]:
    return {
        "domain": found.domain,
        "target": found.target,
        "accepted": len(found.examples),
        "attempts": found.attempts,
        "reasons": dict(found.reasons),
        "relaxed": found.relaxed,
        "notes": found.notes,
        "ledger": [asdict(line) for line in ledger.lines()],
        "readiness": ready.to_json(),
    }


def _show_bootstrap(found: Bootstrapped, ledger: Ledger, ready: Readiness) -> None:
    say(
        f"{len(found.examples)} of {found.target} problems accepted after "
        f"{number_of(found.attempts, 'attempt')}: {counted(found.reasons)}.",
        style="bold",
    )
    say_all(found.notes, indent="Note: ")
    columns = ("role", "played by", "uses", "seconds", "calls", "USD")
    rows = [
        (line.role, line.name, line.uses, line.seconds, line.calls, line.cost_usd)
        for line in ledger.lines()
    ]
    print_table("Ledger", columns, rows)
    _show_readiness([ready])
    if ready.ready:
        from ratchet.collect.problems.records import SIGNATURE

        say(f"Next: ratchet run --signature {SIGNATURE}")


def _show_readiness(found: Sequence[Readiness]) -> None:
    columns = ("name", "ready", "examples", "required", "quality", "topics", "difficulties")
    rows = [
        (
            each.name,
            each.ready,
            each.current_examples,
            each.required_examples,
            each.avg_quality,
            len(each.topic_coverage),
            counted(each.difficulties),
        )
        for each in found
    ]
    print_table("Readiness", columns, rows)
    for each in found:
        say_all(each.recommendations, indent=f"{each.name}: ")
        state = "enabled" if each.optimization_enabled else "not enabled"
        say(f"{each.name}: optimisation is {state}.")
