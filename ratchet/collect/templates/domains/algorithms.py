"""Phrases of the algorithms domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="algorithms",
        name="the delivery route planner",
        intent="Give drivers the shortest day that keeps every promise to customers",
        package="routing",
        modules=("planner", "distances", "time_windows"),
        item="stop",
        items="stops",
        risks=(
            "Drivers know shortcuts that the map does not; let them reorder stops.",
            "Small changes of the input can turn the whole route around.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Visit every stop exactly once",
                evidence=(
                    "Each address is taken from the open set as it is appended, and a final check "
                    "compares the two sets."
                ),
                shortcoming=(
                    "Each address is the nearest neighbour of the one before, chosen from the full"
                    " list."
                ),
                step="Keep a set of open stops and take from it alone",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Respect the promised time window of each stop",
                evidence=(
                    "A candidate whose arrival falls outside the promised hours is thrown away."
                ),
                shortcoming="A candidate whose distance exceeds the day's average is thrown away.",
                step="Compute the arrival time and reject candidates outside the window",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Start and end at the depot",
                evidence=(
                    "The tour opens and closes with the warehouse, which optimisation never moves."
                ),
                shortcoming="The tour opens with the warehouse and closes at the last customer.",
                step="Fix the depot at both ends before optimising",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Plan 200 stops in under five seconds",
                evidence="2-opt with neighbour lists needs 2.8 s for two hundred addresses.",
                shortcoming="Full permutation with pruning needs 2.8 s for eleven addresses.",
                step="Replace the exhaustive search by 2-opt with neighbour lists",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Say which stop makes a plan impossible",
                evidence=(
                    "When no tour fits, the reply names the first address that can not be reached "
                    "in time."
                ),
                shortcoming="When no tour fits, the reply is an empty list with status 200.",
                step="Return the offending stop instead of an empty list",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Plan the same route for the same input",
                evidence="Ties are broken by the stop's id, and two runs give equal tours.",
                shortcoming=(
                    "Ties are broken by the order in which the hash set yields its members."
                ),
                step="Break ties by id",
            ),
        ),
    ),
    Feature(
        category="algorithms",
        name="duplicate detection",
        intent="Find customers who were entered twice",
        package="matching",
        modules=("blocking", "similarity", "clusters"),
        item="record",
        items="records",
        risks=(
            "A wrong merge is expensive to undo; prefer a missed pair.",
            "Names are written differently in every country.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Compare names whatever the order of their parts",
                evidence=(
                    'Tokens are sorted before the distance is taken, so "Ann Lee" equals "Lee, '
                    'Ann".'
                ),
                shortcoming=(
                    'Strings are trimmed before the distance is taken, so " Ann Lee" equals "Ann '
                    'Lee".'
                ),
                step="Sort the tokens of both names first",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Avoid comparing all pairs",
                evidence=(
                    "Candidates share a postcode prefix or a phonetic key; two million rows gave "
                    "nine million pairs."
                ),
                shortcoming=(
                    "Candidates are taken from a double loop over the table; two thousand rows "
                    "gave two million pairs."
                ),
                step="Block by postcode and phonetic key",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Merge chains of matches into one cluster",
                evidence="Union-find joins A-B and B-C so that all three come out together.",
                shortcoming="A list of pairs is written out, A-B on one line and B-C on the next.",
                step="Join the pairs with union-find",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Leave pairs in doubt to a person",
                evidence=(
                    "Scores between 0.80 and 0.92 go to the review list; above that they are "
                    "joined."
                ),
                shortcoming="Scores of 0.80 and above are joined in the nightly run.",
                step="Send the middle band to a review list",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Explain why two records match",
                evidence="Every result carries the fields that agreed and their single scores.",
                shortcoming="Every result carries a total score with two decimals.",
                step="Return the scores of the fields beside the total",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Skip records without a name and count them",
                evidence="Rows with an empty name are left out, and the summary says how many.",
                shortcoming="Rows with an empty name are compared as empty strings.",
                step="Leave nameless rows out and count them",
            ),
        ),
    ),
)
