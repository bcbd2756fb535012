"""Phrases of the configuration domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="configuration",
        name="feature flags",
        intent="Switch features on for some customers without a release",
        package="flags",
        modules=("evaluator", "store", "admin"),
        item="flag",
        items="flags",
        risks=(
            "Flags that nobody removes pile up; give each an owner.",
            "Two flags that depend on each other need a test for each combination.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Turn a flag on for a share of customers",
                evidence=(
                    "A hash of customer and flag is compared with the percentage, so the same "
                    "people stay in."
                ),
                shortcoming="A random number is compared with the percentage on each page view.",
                step="Decide by a stable hash instead of a random number",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Apply a change within ten seconds",
                evidence="Servers listen on a channel and swap their copy when a message arrives.",
                shortcoming="Servers read the table at start and keep their copy.",
                step="Push changes to the servers",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Use the safe default when the store is unreachable",
                evidence="A failed lookup yields the value that the flag declares as its fallback.",
                shortcoming="A failed lookup raises, and the request ends with 500.",
                step="Declare a fallback per flag and use it on failure",
            ),
            Facet(
                kind=Kind.LOGGING,
                requirement="Keep a history of who changed which flag",
                evidence="flag_changes stores person, old value, new value and time.",
                shortcoming="flags stores the current value and the time of the last change.",
                step="Write each change into a history table",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Let product managers change flags and nobody else",
                evidence='The admin page asks for the role "product" and answers 403 otherwise.',
                shortcoming="The admin page has an address that is known to the product team.",
                step="Check the role on the server",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Show where a flag is used",
                evidence=(
                    "The page lists source lines that mention the flag, refreshed by the nightly "
                    "build."
                ),
                shortcoming="The page lists the flags by name, with a search box.",
                step="Scan the sources for each flag and list the places",
            ),
        ),
    ),
    Feature(
        category="configuration",
        name="settings loading",
        intent="Make it obvious which setting is in force and why",
        package="settings",
        modules=("loader", "schema", "precedence"),
        item="setting",
        items="settings",
        risks=(
            "Operators have scripts that write the old file format.",
            "Environment variables are visible to other processes of the user.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let environment variables win over the file",
                evidence=(
                    "Values are read from the file first and then overlaid with APP_ variables."
                ),
                shortcoming=(
                    "Values are read from APP_ variables first and then overlaid with the file."
                ),
                step="Reverse the two layers so that the environment comes last",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Name the wrong key and the nearest right one",
                evidence=(
                    'An unknown key stops the start with \'unknown "timout"; did you mean '
                    '"timeout"?\'.'
                ),
                shortcoming='An unknown key stops the start with "invalid configuration".',
                step="Report the key itself with the closest known name",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Hide secret values when settings are printed",
                evidence="Fields typed as secret are shown as six stars.",
                shortcoming="Fields are shown in alphabetical order with their values.",
                step="Mark secret fields and print stars for them",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Tell where each value came from",
                evidence="`settings show` has a column with file, environment or default.",
                shortcoming="`settings show` has the name, the value and its type.",
                step="Keep the source beside each value and print it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Accept durations such as 30s or 5m",
                evidence="The parser understands s, m and h and stores seconds.",
                shortcoming="The parser understands whole numbers and stores seconds.",
                step="Parse the unit and convert to seconds",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Reload on request without a restart",
                evidence="SIGHUP reads everything again and swaps the record if it is valid.",
                shortcoming="SIGHUP writes the current values to the log.",
                step="Read and check the file on the signal, then swap it",
            ),
        ),
    ),
)
