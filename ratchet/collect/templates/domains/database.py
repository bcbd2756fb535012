"""Phrases of the database domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="database",
        name="the order archive",
        intent="Move old orders out of the main table so that it stays small",
        package="archive",
        modules=("mover", "partitions", "restore"),
        item="order",
        items="orders",
        risks=(
            "Long locks on the main table stop the shop; move small batches.",
            "Reports that join on the main table have to read the archive as well.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Move orders older than two years every night",
                evidence=(
                    "A job at 02:00 copies rows placed more than 730 days ago and then deletes "
                    "them."
                ),
                shortcoming="A job at 02:00 sets a flag on rows placed more than 730 days ago.",
                step="Copy rows past the limit to the archive and delete them from the main table",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Keep each order together with its lines",
                evidence=(
                    "Parent and positions are moved in a single transaction and land in matching "
                    "partitions."
                ),
                shortcoming=(
                    "Parents are moved in the first run of the night, positions in a second run an"
                    " hour later."
                ),
                step="Move an order and its lines in the same transaction",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Lock the main table for less than a second",
                evidence=(
                    "Rows go over in batches of 500 with a pause between; the longest lock "
                    "measured was 0.2 s."
                ),
                shortcoming=(
                    "Rows go over in one statement per month; the longest lock measured was 48 s."
                ),
                step="Move small batches with a pause between them",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let support restore a single order",
                evidence=(
                    "The command `restore <id>` brings one record and its positions back from the "
                    "archive."
                ),
                shortcoming=(
                    "The command `restore <month>` brings a whole partition back from the archive."
                ),
                step="Add a restore that takes an id and copies one order with its lines",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Show archived orders in the customer's history",
                evidence=(
                    "The history page reads a view that unites live and archived rows, newest "
                    "first."
                ),
                shortcoming=(
                    "The history page reads the live table, newest first, twenty rows a page."
                ),
                step="Read the history from a view over both tables",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Go on where the last run stopped after a crash",
                evidence=(
                    "Progress is kept as the last moved id, and the next start begins right after "
                    "it."
                ),
                shortcoming=(
                    "Progress is shown in the terminal, and the next start begins with the oldest "
                    "row."
                ),
                step="Store the last moved id and begin after it",
            ),
        ),
    ),
    Feature(
        category="database",
        name="the customer search index",
        intent="Let support find a customer from any scrap of information",
        package="search",
        modules=("indexer", "query", "synonyms"),
        item="customer",
        items="customers",
        risks=(
            "Building the index on a live table needs disk space for a second copy.",
            "Old clients send the raw search text; keep the former endpoint for a release.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Find customers by part of their name",
                evidence=(
                    'A trigram index serves the lookup, so "mey" brings up Meyer and Niemeyer.'
                ),
                shortcoming='A B-tree index serves the lookup, so "Meyer" brings up Meyer.',
                step="Add a trigram index and match any part of the name",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Ignore accents when searching",
                evidence="Both sides pass through unaccent, so Munoz and Muñoz are equal.",
                shortcoming="Both sides pass through lower, so MUÑOZ and muñoz are equal.",
                step="Remove accents from the stored text and from the query",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Rank exact matches first",
                evidence=(
                    "Results are ordered by similarity, and a full hit scores above every fragment."
                ),
                shortcoming="Results are ordered by the date on which the record was created.",
                step="Order by similarity and put equality at the top",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Pass search text as a bound parameter",
                evidence="The words typed by the agent reach the statement through a placeholder.",
                shortcoming=(
                    "The words typed by the agent are escaped by doubling quotes and joined into "
                    "the statement."
                ),
                step="Use placeholders for everything that a person types",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Answer a search in under 100 milliseconds",
                evidence=(
                    "With two million rows the plan uses the index; the 95th percentile is 41 ms."
                ),
                shortcoming=(
                    "With two million rows the plan scans the table; the 95th percentile is 870 ms."
                ),
                step="Read the plan and add the index that it lacks",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Update the index without stopping writes",
                evidence=(
                    "The build runs CONCURRENTLY, and orders kept coming in during the trial on "
                    "staging."
                ),
                shortcoming=(
                    "The build runs inside the migration, and the shop showed its maintenance page"
                    " on staging."
                ),
                step="Build the index concurrently, outside the migration's transaction",
            ),
        ),
    ),
)
