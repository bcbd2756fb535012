"""Phrases of the concurrency domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="concurrency",
        name="the job queue",
        intent="Run background work reliably on several machines",
        package="jobs",
        modules=("worker", "leases", "scheduler"),
        item="job",
        items="jobs",
        risks=(
            "Workers of the old version may still hold jobs during the deploy.",
            "More workers mean more database connections.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Hand each job to exactly one worker",
                evidence=(
                    "Rows are claimed with SELECT FOR UPDATE SKIP LOCKED inside the taking "
                    "transaction."
                ),
                shortcoming=(
                    "Rows are read with status open, and the status is changed once the work has "
                    "begun."
                ),
                step="Claim the row in the statement that selects it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Give jobs of a dead worker to another one",
                evidence=(
                    "A lease of two minutes is renewed by heartbeat; an expired one returns the "
                    "row to the pool."
                ),
                shortcoming=(
                    "A column holds the worker's host name, and operators can clear it by hand."
                ),
                step="Add a lease with a heartbeat and take expired rows back",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Run urgent jobs first",
                evidence="The claim orders by priority and then by age.",
                shortcoming="The claim orders by the id that the sequence gave out.",
                step="Order the claim by priority, then by age",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Put a job aside after five failures",
                evidence="The fifth exception moves the row to the dead list with its traceback.",
                shortcoming="The exception puts the row back to the end of the line.",
                step="Count the failures and move the job to a dead list at five",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Stop workers without losing their jobs",
                evidence=(
                    "On SIGTERM a worker takes nothing new and finishes what it holds before it "
                    "leaves."
                ),
                shortcoming=(
                    "On SIGTERM a worker closes its connection and leaves in the same second."
                ),
                step="Finish the current job before leaving",
            ),
            Facet(
                kind=Kind.LOGGING,
                requirement="Publish the length of the queue",
                evidence="A gauge with the number of waiting rows is exported every ten seconds.",
                shortcoming=(
                    "A counter of the rows done since the start is exported every ten seconds."
                ),
                step="Export the number of waiting jobs as a gauge",
            ),
        ),
    ),
    Feature(
        category="concurrency",
        name="seat reservation",
        intent="Sell each seat once, even in the first minute of a popular concert",
        package="booking",
        modules=("seats", "holds", "payments"),
        item="seat",
        items="seats",
        risks=(
            "Long holds block sales; short holds annoy people who pay slowly.",
            "Retrying a payment is not free of risk.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Never sell a seat twice",
                evidence=(
                    "A unique constraint on (show, seat) lets the second insert fail, and the "
                    "buyer is told."
                ),
                shortcoming=(
                    "A query checks that the place is free, and the insert follows in the next "
                    "statement."
                ),
                step="Let a unique constraint decide and handle the conflict",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Release a held seat after ten minutes",
                evidence="Holds carry an expiry, and a query treats those past it as free.",
                shortcoming=(
                    "Holds carry the buyer's session, and the place stays theirs while that exists."
                ),
                step="Store an expiry with the hold and treat it as free afterwards",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Take locks in one order everywhere",
                evidence=(
                    "Places are sorted by number before they are locked, in booking and in "
                    "cancelling alike."
                ),
                shortcoming="Places are locked in the order in which the buyer clicked on them.",
                step="Sort the seats before locking them",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Keep the hold while a payment is under way",
                evidence=(
                    "Entering the payment step prolongs the expiry until the provider has answered."
                ),
                shortcoming=(
                    "Entering the payment step shows a countdown in the corner of the page."
                ),
                step="Prolong the hold when the payment starts",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Serve a thousand buyers a minute",
                evidence="The load test booked 1,240 places in 60 s with four processes.",
                shortcoming="The load test booked 150 places in 60 s with four processes.",
                step="Shorten the transaction and measure again under load",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Tell waiting buyers their place in the line",
                evidence=(
                    "Beside the spinner the number of people ahead is shown and falls as they go."
                ),
                shortcoming="Beside the spinner a sentence asks for patience.",
                step="Return the position in the line with each poll",
            ),
        ),
    ),
)
