"""Qualities that can be asked of any feature, with slots for its name and its records."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Kind

QUALITIES = (
    Facet(
        kind=Kind.TESTING,
        requirement="Cover {name} with unit tests, the case without any {item} included",
        evidence="{tests} has {n} cases, and one of them starts from zero {items}.",
        shortcoming="{tests} has {n} cases, and each of them starts from a few typical {items}.",
        step="Add a unit test that starts without any {item} and states what must happen",
    ),
    Facet(
        kind=Kind.TESTING,
        requirement="Test a failure half-way through",
        evidence=(
            "A test breaks off in the middle of the work and asserts that the second run completes"
            " it."
        ),
        shortcoming=(
            "A test runs the work from start to end on a healthy system and asserts the outcome."
        ),
        step="Add a test that breaks off in the middle and runs again",
    ),
    Facet(
        kind=Kind.TESTING,
        requirement="Run the integration tests against a real database",
        evidence="The suite starts PostgreSQL for {name} and throws it away afterwards.",
        shortcoming="The suite replaces the tables behind {name} by dictionaries.",
        step="Start a real database in the integration tests",
    ),
    Facet(
        kind=Kind.TESTING,
        requirement="Test {name} with generated input",
        evidence=(
            "Property tests feed thousands of random {items} into {module} and hold five "
            "properties."
        ),
        shortcoming="A table of {n} hand-picked {items} is fed into {module}.",
        step="Write properties and let a generator choose the input",
    ),
    Facet(
        kind=Kind.ERROR_HANDLING,
        requirement="Give a clear error for a malformed {item}",
        evidence=(
            "A broken {item} is refused with a message that says which field is wrong and why."
        ),
        shortcoming='A broken {item} is refused with the words "internal error".',
        step="Validate each {item} on entry and name the field that is wrong",
    ),
    Facet(
        kind=Kind.ERROR_HANDLING,
        requirement="Retry temporary failures with growing pauses",
        evidence=(
            "Time-outs are tried again after one, two and four seconds before they count as lost."
        ),
        shortcoming=(
            "Time-outs are tried again five times in the same second before they count as lost."
        ),
        step="Double the pause between tries and stop after a few",
    ),
    Facet(
        kind=Kind.ERROR_HANDLING,
        requirement="Leave the data unchanged when a step fails",
        evidence="All writes share one transaction, and an exception undoes them together.",
        shortcoming="Each write is committed by itself, and an exception keeps those already made.",
        step="Put the writes into one transaction",
    ),
    Facet(
        kind=Kind.LOGGING,
        requirement="Log every failure with the id of the {item}",
        evidence=(
            "Each exception is written out together with the identifier of the {item} concerned."
        ),
        shortcoming="Each exception is written out together with the hour and the host.",
        step="Put the identifier of the {item} into each log line about a failure",
    ),
    Facet(
        kind=Kind.LOGGING,
        requirement="Log how long each run takes",
        evidence="The elapsed milliseconds are written at the end of every run.",
        shortcoming="The number of {items} is written at the end of every run.",
        step="Measure the run and write the milliseconds at its end",
    ),
    Facet(
        kind=Kind.DOCUMENTATION,
        requirement="Document {name} in the README",
        evidence="The README gained a section on {name} with a worked case and its limits.",
        shortcoming="The README gained a badge and a shorter list of contributors.",
        step="Write a section with a worked case and the limits",
    ),
    Facet(
        kind=Kind.DOCUMENTATION,
        requirement="Explain how to roll the change back",
        evidence=(
            "The runbook has a new page with the way back to the release before, step by step."
        ),
        shortcoming=(
            "The runbook has a new page with the way to install this release, step by step."
        ),
        step="Write the steps that lead back and try them once",
    ),
    Facet(
        kind=Kind.DOCUMENTATION,
        requirement="Add an entry to the changelog",
        evidence="CHANGELOG.md says under Unreleased what users of {name} will notice.",
        shortcoming="The version in the package file went from 2.{n}.0 to 2.{n}.1.",
        step="Tell the users in a line of the changelog what changed for them",
    ),
    Facet(
        kind=Kind.PERFORMANCE,
        requirement="Answer within 200 milliseconds for a thousand {items}",
        evidence="A benchmark with 1,000 {items} gives a median of {fast} ms.",
        shortcoming="A benchmark with 1,000 {items} gives a median of {slow} ms.",
        step="Profile the run with a thousand {items} and remove the slowest step",
    ),
    Facet(
        kind=Kind.PERFORMANCE,
        requirement="Keep memory flat as the number of {items} grows",
        evidence="The {items} pass through in chunks of 500, and the peak stays at {fast} MB.",
        shortcoming="The {items} are collected in a list first, and the peak follows their number.",
        step="Pass the {items} through in chunks",
    ),
    Facet(
        kind=Kind.SCALABILITY,
        requirement="Let several workers share the load",
        evidence=(
            "Any number of processes may run, and a hash of the id decides whose turn {a_item} is."
        ),
        shortcoming="One process does everything, and a second stands by in case the first dies.",
        step="Divide the {items} by a hash of their id",
    ),
    Facet(
        kind=Kind.SCALABILITY,
        requirement="Prepare for ten times as many {items}",
        evidence="A trial with tenfold volume passed; the work is divided by id.",
        shortcoming="A trial with today's volume passed; the work is done in one go.",
        step="Try tenfold volume and divide the work where it breaks",
    ),
    Facet(
        kind=Kind.SECURITY,
        requirement="Let the owner alone change {a_item}",
        evidence="Before a write the caller is compared with the owner on record; others get 403.",
        shortcoming="Before a write the caller has to be signed in; visitors get 401.",
        step="Compare the caller with the owner before each write",
    ),
    Facet(
        kind=Kind.SECURITY,
        requirement="Encrypt {items} at rest",
        evidence="What lies on disk is sealed with AES-256 under a key from the key service.",
        shortcoming="What travels between the servers is carried over TLS 1.3.",
        step="Encrypt before writing, with a key from the key service",
    ),
    Facet(
        kind=Kind.SECURITY,
        requirement="Keep personal data out of the log",
        evidence="Names and addresses are replaced by a short hash before a line is written.",
        shortcoming="Names and addresses are written so that support can search for them.",
        step="Replace personal fields by a hash before logging",
    ),
    Facet(
        kind=Kind.FUNCTIONAL,
        requirement="Let administrators switch {name} off",
        evidence="A switch on the admin page takes {name} out of service within a minute.",
        shortcoming="A line on the admin page tells since when {name} has been in service.",
        step="Put a switch on the admin page and read it before the work begins",
    ),
)

AMBIGUOUS = (
    Facet(
        kind=Kind.PERFORMANCE,
        requirement="Make {name} fast enough for daily use",
        evidence=(
            "The slowest of fifty everyday runs took 0.{n} s, which the support team called "
            "instant."
        ),
        shortcoming=(
            "The slowest of fifty everyday runs took {n} s, which the support team called a coffee"
            " break."
        ),
        step="Agree on a number with the support team and measure fifty everyday runs",
    ),
    Facet(
        kind=Kind.FUNCTIONAL,
        requirement="Make {name} pleasant for people who use it all day",
        evidence=(
            "Three members of the support team worked with it for a week and had nothing left to "
            "change."
        ),
        shortcoming=(
            "Three members of the support team worked with it for a day and went back to the old "
            "way."
        ),
        step="Watch members of the support team for a day and remove what slows them down",
    ),
    Facet(
        kind=Kind.ERROR_HANDLING,
        requirement="Make {name} robust",
        evidence=(
            "A day of injected time-outs, restarts and broken {items} left neither losses nor "
            "stuck work."
        ),
        shortcoming=(
            "A day of injected time-outs, restarts and broken {items} left several {items} stuck."
        ),
        step="Inject time-outs and restarts and repair what gets stuck",
    ),
    Facet(
        kind=Kind.DOCUMENTATION,
        requirement="Give {name} decent documentation",
        evidence=(
            "The guide has a page with a tutorial, all options and answers to common questions."
        ),
        shortcoming='The guide has a heading with the words "to be written" under it.',
        step="Write a tutorial and describe the options",
    ),
)
"""Wishes that leave open how much is enough; the evidence settles it."""
