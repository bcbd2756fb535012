"""Phrases of guidance: how an issue is reported, and what to do at which attempt."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

from ratchet.collect.templates.grammar import Kind


class Severity(IntEnum):
    """How bad an issue is; smaller is worse."""

    BLOCKER = 1
    MAJOR = 2
    MINOR = 3


REPORTS: Mapping[Severity, tuple[str, ...]] = {
    Severity.BLOCKER: (
        'Blocker: "{goal}" is not met. {found}',
        'Critical, asked for was "{goal}". {found}',
        '"{goal}" failed in the review. {found} This blocks the release.',
    ),
    Severity.MAJOR: (
        'Major: "{goal}" is not met. {found}',
        'Important, asked for was "{goal}". {found}',
        '"{goal}" failed in the review. {found} Several users are affected.',
    ),
    Severity.MINOR: (
        'Minor: "{goal}" is not met. {found}',
        'Cosmetic, asked for was "{goal}". {found}',
        '"{goal}" failed in the review. {found} This can wait.',
    ),
}

FIRST_ATTEMPT: Mapping[Kind, str] = {
    Kind.FUNCTIONAL: "Settle which part of {name} is responsible, then {step}.",
    Kind.SECURITY: "Write down what an attacker could try against {name}, then {step}.",
    Kind.PERFORMANCE: "Agree on a target, measure {name} as it is, then {step}.",
    Kind.SCALABILITY: "Decide how the work of {name} can be divided, then {step}.",
    Kind.TESTING: "Choose at which level {name} is tested best, then {step}.",
    Kind.DOCUMENTATION: "Think of a reader who does not know {name}, then {step}.",
    Kind.ERROR_HANDLING: "List the ways in which {name} can fail, then {step}.",
    Kind.LOGGING: "Ask the operators what they need to know of {name}, then {step}.",
}
"""Advice for a first attempt: general, about the structure of the work."""

SECOND_ATTEMPT: tuple[str, ...] = (
    "In `{path}`: {step}. Cover it with a case in `{tests}`.",
    "{Step}; the place for it is `{path}`. Let a test in `{tests}` show the difference.",
    "Change `{path}` as follows: {step}. Extend `{tests}` by a case that fails today.",
)
"""Advice for a second attempt: specific, with the file and the test."""

LATER_ATTEMPT: tuple[str, ...] = (
    "Reproduce it first, with a failing case in `{tests}`. Then turn to `{path}`: {step}.",
    "Earlier tries missed the cause. Debug `{path}` with one {item} at hand, then {step}.",
    "Compare the logs of a good and a bad run of `{path}`, then {step}. Keep a case in `{tests}`.",
)
"""Advice for a third or later attempt: debugging."""

SECOND_BY_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.TESTING: (
        "In `{tests}`: {step}.",
        "{Step}; `{tests}` is the place for it.",
    ),
    Kind.DOCUMENTATION: (
        "{Step}. Link it from `docs/{package}.md`.",
        "Start from `docs/{package}.md`: {step}.",
    ),
}
LATER_BY_KIND: Mapping[Kind, tuple[str, ...]] = {
    Kind.TESTING: (
        "Break `{path}` on purpose and see whether `{tests}` notices, then {step}.",
        "Find out why `{tests}` has missed it so far, then {step}.",
    ),
    Kind.DOCUMENTATION: (
        "Watch a colleague work from `docs/{package}.md` and note where it fails, then {step}.",
        "Ask the reviewer which sentence of `docs/{package}.md` was unclear, then {step}.",
    ),
}
"""Tests and texts are not mended in the source file; they have advice of their own."""

CHECKS = {
    Kind.FUNCTIONAL: "Done when you can show it to a user.",
    Kind.SECURITY: "Done when an attack on it fails.",
    Kind.PERFORMANCE: "Done when a measurement confirms it.",
    Kind.SCALABILITY: "Done when a load test confirms it.",
    Kind.TESTING: "Done when the new test fails without the change.",
    Kind.DOCUMENTATION: "Done when a colleague can follow it.",
    Kind.ERROR_HANDLING: "Done when a forced failure shows it.",
    Kind.LOGGING: "Done when an operator can read it off.",
}

REPEATED = "The same kind of issue was reported after the last attempt; do not patch the symptom."
