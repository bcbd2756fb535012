"""Templates of generate_guidance: one step for each issue, ordered by the words of severity."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.collect.templates.advice import (
    CHECKS,
    FIRST_ATTEMPT,
    LATER_ATTEMPT,
    LATER_BY_KIND,
    REPEATED,
    REPORTS,
    SECOND_ATTEMPT,
    SECOND_BY_KIND,
    Severity,
)
from ratchet.collect.templates.change import draw_facets
from ratchet.collect.templates.domains import FEATURES
from ratchet.collect.templates.draft import Draft, Grammar
from ratchet.collect.templates.grammar import Facet, Feature, Kind, Language, capitalised, lowered
from ratchet.collect.templates.plan import Cell
from ratchet.examples import Difficulty

ISSUE_COUNTS = {Difficulty.EASY: (1, 1), Difficulty.MEDIUM: (2, 3), Difficulty.HARD: (4, 5)}
REQUIREMENT_COUNTS = {Difficulty.EASY: (3, 4), Difficulty.MEDIUM: (4, 6), Difficulty.HARD: (6, 8)}
COMPLEXITY = {
    Difficulty.EASY: "simple fix",
    Difficulty.MEDIUM: "moderate refactoring",
    Difficulty.HARD: "major redesign",
}
ATTEMPT_WEIGHTS = {1: 0.30, 2: 0.40, 3: 0.15, 4: 0.10, 5: 0.05}
LATER = 3  # from this attempt on, guidance is about debugging


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A requirement that the last attempt did not meet, as it was reported."""

    facet: Facet
    severity: Severity
    report: str


def write(feature: Feature, cell: Cell, rng: random.Random) -> Draft:
    """Write issues of an attempt at `feature`, with the guidance that deals with each."""
    language = rng.choice(feature.languages)
    size = rng.randint(*REQUIREMENT_COUNTS[cell.difficulty])
    asked = draw_facets(feature, size, language=language, rng=rng)
    broken = rng.sample(asked, rng.randint(*ISSUE_COUNTS[cell.difficulty]))
    issues = [_issue(facet, rng) for facet in broken]
    (attempt,) = rng.choices(list(ATTEMPT_WEIGHTS), weights=list(ATTEMPT_WEIGHTS.values()))
    steps = [_step(issue, attempt, feature, language, rng) for issue in issues]
    order = sorted(range(len(issues)), key=lambda index: issues[index].severity)
    return Draft(
        inputs={
            "user_intent": f"{feature.intent}.",
            "requirements": [facet.requirement for facet in asked],
            "issues": [issue.report for issue in issues],
            "attempt_number": attempt,
        },
        outputs={
            "guidance": "\n".join(f"{n}. {step}" for n, step in enumerate(steps, start=1)),
            "priority_order": [index + 1 for index in order],
            "warnings": _warnings(issues, attempt, feature),
        },
        category=feature.category,
        notes=(
            f"Attempt {attempt} at {feature.name} with {len(issues)} open "
            f"issue{'s' if len(issues) > 1 else ''}: {COMPLEXITY[cell.difficulty]}."
        ),
        facts={
            "complexity": COMPLEXITY[cell.difficulty],
            "attempt": attempt,
            "severities": [issue.severity.name.lower() for issue in issues],
            "language": language.name,
        },
    )


def _issue(facet: Facet, rng: random.Random) -> Issue:
    severity = rng.choice(list(Severity))
    report = rng.choice(REPORTS[severity]).format(goal=facet.requirement, found=facet.shortcoming)
    return Issue(facet=facet, severity=severity, report=report)


def _step(
    issue: Issue, attempt: int, feature: Feature, language: Language, rng: random.Random
) -> str:
    """What to do about one issue: general at first, then specific, then about debugging."""
    facet, module = issue.facet, rng.choice(feature.modules)
    phrase = rng.choice(_phrases(facet.kind, attempt))
    advice = phrase.format(
        name=feature.name,
        package=feature.package,
        item=feature.item,
        step=lowered(facet.step),
        Step=capitalised(facet.step),
        path=language.source_path(feature.package, module),
        tests=language.test_path(feature.package, module),
    )
    return f"{facet.requirement}. {advice} {CHECKS[facet.kind]}"


def _phrases(kind: Kind, attempt: int) -> tuple[str, ...]:
    if attempt == 1:
        return (FIRST_ATTEMPT[kind],)
    if attempt < LATER:
        return SECOND_BY_KIND.get(kind, SECOND_ATTEMPT)
    return LATER_BY_KIND.get(kind, LATER_ATTEMPT)


def _warnings(issues: Sequence[Issue], attempt: int, feature: Feature) -> list[str]:
    """The feature's risks: one, or all when something blocks; and a word on repetition."""
    blocked = any(issue.severity is Severity.BLOCKER for issue in issues)
    risks = list(feature.risks) if blocked else list(feature.risks[:1])
    return [*risks, REPEATED] if attempt >= LATER else risks


GRAMMAR = Grammar(parents=FEATURES, parent_name=lambda feature: feature.package, write=write)
