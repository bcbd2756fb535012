"""Phrases of the api domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="api",
        name="webhook delivery",
        intent="Tell partner systems about new orders the moment they happen",
        package="webhooks",
        modules=("sender", "signing", "subscriptions"),
        item="event",
        items="events",
        risks=(
            "Partners may take hours to answer; do not tie up request threads.",
            "A partner that gets events twice may charge a customer twice.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Deliver each event at least once",
                evidence=(
                    "An event leaves the outbox table after the receiver answered with a 2xx "
                    "status."
                ),
                shortcoming=(
                    "An event leaves the outbox table when the request to the receiver has been "
                    "sent off."
                ),
                step="Delete an event from the outbox after a 2xx answer",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Sign every delivery with the subscriber's secret",
                evidence=(
                    "The body's HMAC-SHA256 travels in X-Signature, made with a secret kept per "
                    "subscriber."
                ),
                shortcoming=(
                    "A header carries the subscriber's public id so that the receiver knows who is"
                    " meant."
                ),
                step="Add an HMAC of the body made with a secret per subscriber",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let subscribers choose the kinds of event they get",
                evidence=(
                    "A subscription holds a list of types, and the dispatcher passes over the "
                    "others."
                ),
                shortcoming=(
                    "A subscription holds an address, and the dispatcher posts whatever happens."
                ),
                step="Store the wanted types with the subscription and filter on them",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Switch a dead subscriber off after a day of failures",
                evidence=(
                    "When 24 hours pass without a success, the subscription is paused and its "
                    "owner gets a mail."
                ),
                shortcoming=(
                    "When a call fails, the subscription keeps its place and the next event "
                    "follows it."
                ),
                step="Keep the time of the last success and pause the subscription after 24 hours",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Offer a button that sends a test event",
                evidence=(
                    "The settings page can fire a sample payload and shows the receiver's answer."
                ),
                shortcoming="The settings page shows a sample payload that the owner can copy.",
                step="Post a sample payload on demand and show the answer",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Keep one slow subscriber from delaying the others",
                evidence=(
                    "Every subscriber has a queue of its own with at most two calls in flight."
                ),
                shortcoming="All subscribers share a queue with a pool of twenty calls in flight.",
                step="Give each subscriber a queue and a limit of its own",
            ),
        ),
    ),
    Feature(
        category="api",
        name="the order listing endpoint",
        intent="Let partners read their orders page by page",
        package="orders",
        modules=("listing", "filters", "cursors"),
        item="order",
        items="orders",
        risks=(
            "Existing clients rely on the default page size.",
            "Totals over a large table are slow; do not compute them for each page.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Page through results with a stable cursor",
                evidence=(
                    "The next link encodes the last id seen, so rows that arrive in between shift "
                    "nothing."
                ),
                shortcoming=(
                    "The next link encodes an offset, so each page starts a fixed number of rows "
                    "later."
                ),
                step="Encode the last id in the link and select what follows it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Filter by status and by date range",
                evidence="The parameters status, from and to are turned into WHERE conditions.",
                shortcoming="The parameter status is turned into a WHERE condition.",
                step="Support both ends of the date range beside the status",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Show each partner its own orders and no others",
                evidence=(
                    "The partner id is taken from the access token and added to every statement."
                ),
                shortcoming=(
                    "The partner id is taken from the query string and added to every statement."
                ),
                step="Take the partner from the access token, never from the request",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Refuse a page size above 200 with a helpful message",
                evidence='A limit of 201 or more gets 422 and the text "limit must be 1..200".',
                shortcoming=(
                    "A limit of 201 or more is passed to the database, which decides what to do."
                ),
                step="Check the limit before the query and answer 422",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Limit each client to 60 calls a minute",
                evidence=(
                    "A token bucket in Redis, keyed by client, answers 429 with Retry-After from "
                    "the 61st."
                ),
                shortcoming=(
                    "A counter in the process is raised by each call and shown on the status page."
                ),
                step="Put a token bucket per client into shared storage",
            ),
            Facet(
                kind=Kind.DOCUMENTATION,
                requirement="Describe the endpoint in the OpenAPI file",
                evidence="openapi.yaml has the path with its parameters, answers and two samples.",
                shortcoming="openapi.yaml has a new version number and an updated contact address.",
                step="Add the path with parameters and answers to the OpenAPI file",
            ),
        ),
    ),
)
