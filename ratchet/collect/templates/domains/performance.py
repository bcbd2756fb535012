"""Phrases of the performance domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="performance",
        name="the product page cache",
        intent="Make product pages fast again during sales",
        package="catalog",
        modules=("page_cache", "invalidation", "warmup"),
        item="product",
        items="products",
        risks=(
            "A cold cache after the deploy sends all traffic to the database.",
            "Prices differ by country; the cache key has to know.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Show a new price within a minute of the change",
                evidence="A price update publishes an event that drops the page's entry at once.",
                shortcoming="An entry lives for six hours and is then built afresh.",
                step="Drop the entry when the price changes",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Serve cached pages in under 20 milliseconds",
                evidence="Hits come straight from memory; the 99th percentile over a day is 11 ms.",
                shortcoming=(
                    "Hits pass through the template engine; the 99th percentile over a day is 140 "
                    "ms."
                ),
                step="Store the rendered page instead of its data",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Build an expired page once, however many ask for it",
                evidence=(
                    "The first request takes a short lock and the rest are served the stale copy "
                    "meanwhile."
                ),
                shortcoming=(
                    "Every request that finds an expired entry renders the page and stores it."
                ),
                step="Let one request rebuild while the others get the stale copy",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Keep separate entries for each country",
                evidence="The key is made of product, language and the shipping country.",
                shortcoming="The key is made of product and language.",
                step="Add the country to the key",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Go on without the cache when Redis is down",
                evidence=(
                    "A connection error is caught, the page is rendered directly and a counter "
                    "goes up."
                ),
                shortcoming=(
                    "A connection error travels to the framework, which shows the error page."
                ),
                step="Catch the connection error and render directly",
            ),
            Facet(
                kind=Kind.LOGGING,
                requirement="Report the hit rate",
                evidence="Hits and misses are counted and appear on the catalogue dashboard.",
                shortcoming="Start and stop of the cache server appear in the system journal.",
                step="Count hits and misses and put the rate on the dashboard",
            ),
        ),
    ),
    Feature(
        category="performance",
        name="the monthly report",
        intent="Have the monthly report ready before the meeting at nine",
        package="reports",
        modules=("aggregation", "rollups", "scheduler"),
        item="booking",
        items="bookings",
        risks=(
            "Rounding differs between SQL and the application.",
            "Late bookings change months that are already reported.",
        ),
        facets=(
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Finish within ten minutes",
                evidence="Sums come from daily roll-ups; the run over December took 4 minutes.",
                shortcoming="Sums come from the raw rows; the run over December took 75 minutes.",
                step="Aggregate per day and build the month from that",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Include bookings that arrive late",
                evidence=(
                    "A booking dated in a closed month marks that month, and the next run computes"
                    " it again."
                ),
                shortcoming=(
                    "A booking dated in a closed month is added to the month in which it came in."
                ),
                step="Mark the month of a late booking for recalculation",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Use all processor cores",
                evidence="Branches are split over a process pool; eight cores ran at 90 per cent.",
                shortcoming="Branches are handled one after another; one core ran at 100 per cent.",
                step="Spread the branches over a process pool",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Match the ledger to the cent",
                evidence=(
                    "Amounts are decimals from end to end, and a check compares the sum with the "
                    "ledger."
                ),
                shortcoming=(
                    "Amounts are floats with two digits shown, and differences of a few cents are "
                    "tolerated."
                ),
                step="Use decimals and compare with the ledger",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Send the report as PDF to the branch managers",
                evidence=(
                    "At 08:30 every manager gets a mail with the file for that branch attached."
                ),
                shortcoming="At 08:30 the files for all branches lie on the shared drive.",
                step="Mail each file to its manager",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Warn when a branch sent no bookings",
                evidence=(
                    "A branch without rows is named in a mail to the controllers before the run."
                ),
                shortcoming="A branch without rows appears with zeros.",
                step="Look for silent branches and name them in a warning",
            ),
        ),
    ),
)
