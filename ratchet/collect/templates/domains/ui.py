"""Phrases of the ui domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="ui",
        name="the checkout form",
        intent="Make it quicker to pay on a small screen",
        package="checkout",
        modules=("form", "address", "summary"),
        item="order",
        items="orders",
        risks=(
            "Autofill behaves differently in each browser.",
            "The payment frame belongs to the provider and can not be styled.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Remember the delivery address of the last purchase",
                evidence=(
                    "On opening, street and town are filled from the newest order of that customer."
                ),
                shortcoming=(
                    "On opening, street and town carry grey sample text that shows the format."
                ),
                step="Load the newest address and fill the fields with it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Mark a wrong field beside the field itself",
                evidence=(
                    "The message appears under the input in question and the cursor jumps there."
                ),
                shortcoming="The messages appear together at the top of the page in a red box.",
                step="Put each message under its input and move the focus there",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Make every control reachable by keyboard",
                evidence=(
                    "Tab visits inputs, radio tiles and the pay button in reading order; Enter "
                    "submits."
                ),
                shortcoming=(
                    "Tab visits the inputs; radio tiles and the pay button react to a tap or a "
                    "click."
                ),
                step="Use native controls, or give the tiles a tab index and key handlers",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Keep what was typed when the connection drops",
                evidence=(
                    "Entries are saved in local storage as one types and restored after a reload."
                ),
                shortcoming=(
                    "Entries are cleared after an error page so that the next try starts clean."
                ),
                step="Save the entries locally and restore them on load",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Show the form within one second on a slow phone",
                evidence=(
                    "The bundle shrank to 70 kB; on a throttled device the first input appears "
                    "after 0.8 s."
                ),
                shortcoming=(
                    "The bundle grew to 640 kB; on a throttled device the first input appears "
                    "after 3.9 s."
                ),
                step="Split the bundle and load the payment code on demand",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Update the total when the delivery method changes",
                evidence="Choosing express recalculates shipping and the sum on the spot.",
                shortcoming=(
                    "Choosing express is stored, and the sum is worked out on the confirmation "
                    "page."
                ),
                step="Recalculate the sum in the change handler",
            ),
        ),
    ),
    Feature(
        category="ui",
        name="the results table",
        intent="Let analysts work through long result lists without leaving the page",
        package="results",
        modules=("table", "column_menu", "selection"),
        item="row",
        items="rows",
        risks=(
            "Screen readers announce each redraw of the table.",
            "Saved links contain the old column names.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Sort by any column with a click",
                evidence=(
                    "A header click orders by that column, a second one reverses it, an arrow "
                    "shows which."
                ),
                shortcoming="A header click opens a tooltip that explains what the column means.",
                step="Attach ordering to every header and show its direction",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let people hide columns and remember the choice",
                evidence="The menu toggles visibility, and the selection is saved in the profile.",
                shortcoming="The menu toggles visibility, and a reload brings every column back.",
                step="Save the visible columns in the profile",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Stay fluent with 50,000 rows",
                evidence=(
                    "The visible window is drawn and recycled while scrolling; 60 frames a second "
                    "were measured."
                ),
                shortcoming=(
                    "The whole list is drawn at once and hidden by overflow; 4 frames a second "
                    "were measured."
                ),
                step="Draw the visible window alone and recycle its elements",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Select several rows with the shift key",
                evidence="Holding shift extends the mark from the first to the clicked line.",
                shortcoming="Holding shift opens the clicked line in a second window.",
                step="Extend the selection between the two clicked rows",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Announce sorting to screen readers",
                evidence="aria-sort follows the order, and a live region speaks each change.",
                shortcoming=(
                    "The arrow beside the heading turns, and its colour has enough contrast."
                ),
                step="Set aria-sort and speak the change in a live region",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Show an empty state with advice",
                evidence=(
                    "Without hits, the page suggests removing the last filter and links to the "
                    "help."
                ),
                shortcoming="Without hits, the page shows the heading above a blank area.",
                step="Replace the blank area by a sentence and a link",
            ),
        ),
    ),
)
