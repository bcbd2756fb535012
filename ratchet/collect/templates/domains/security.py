"""Phrases of the security domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="security",
        name="comment sanitising",
        intent="Stop visitors from running their own scripts through comments",
        package="comments",
        modules=("sanitizer", "policy", "preview"),
        item="comment",
        items="comments",
        risks=(
            "Comments that are already stored went through the old filter; clean them once.",
            "A stricter policy can break links that people rely on.",
        ),
        facets=(
            Facet(
                kind=Kind.SECURITY,
                requirement="Strip scripts and event handlers from comments",
                evidence=(
                    "The cleaner keeps a list of allowed tags, so script elements and onclick "
                    "attributes disappear."
                ),
                shortcoming=(
                    "The cleaner deletes the text between script tags and leaves the attributes of"
                    " other tags alone."
                ),
                step=(
                    "Work from a list of allowed tags and attributes instead of a list of bad ones"
                ),
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Allow links to web addresses and nothing else",
                evidence=(
                    "An href survives when its scheme is http or https; anything else is dropped."
                ),
                shortcoming="An href survives when its text holds a dot and at least four letters.",
                step="Check the scheme of each link after decoding it and drop the others",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Show the author a preview that equals the published text",
                evidence=(
                    "Draft and final page are rendered by one and the same function on the server."
                ),
                shortcoming=(
                    "The draft is rendered by a JavaScript library, the final page by the server."
                ),
                step="Render the draft with the function that renders the published page",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Send a content security policy with each page",
                evidence=(
                    "Responses carry a header that permits scripts from our own origin with a "
                    "per-request nonce."
                ),
                shortcoming=(
                    "Responses carry a header that forbids other sites to put the page into a "
                    "frame."
                ),
                step="Add a policy header that allows our own origin and a nonce",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Clean a comment of 10,000 characters in under 20 milliseconds",
                evidence=(
                    "The parser works in one pass; the longest permitted text takes 6 ms on the "
                    "build machine."
                ),
                shortcoming=(
                    "The parser applies 40 regular expressions in turn; the longest permitted text"
                    " takes 95 ms."
                ),
                step="Replace the chain of expressions by a parser that works in one pass",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Tell the author which parts were removed",
                evidence="Under the preview a list names every element that the filter took out.",
                shortcoming="Under the preview a line says how many characters the text has.",
                step="Return the removed elements from the cleaner and list them under the preview",
            ),
        ),
    ),
    Feature(
        category="security",
        name="secret rotation",
        intent="Change our signing keys every month without an outage",
        package="vault",
        modules=("rotation", "key_ring", "audit_trail"),
        item="key",
        items="keys",
        risks=(
            "Old backups can be read with retired keys alone; keep those in escrow.",
            "Clock differences between servers matter while two keys are valid.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Accept the old key for a day after a change",
                evidence=(
                    "Verification tries the current one, then its predecessor while that is under "
                    "24 hours old."
                ),
                shortcoming=(
                    "Verification tries the current one, and callers with an older signature fetch"
                    " a new token."
                ),
                step="Keep the predecessor in the ring for 24 hours and try it second",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Read secrets from the vault and never from files",
                evidence=(
                    "At start the process fetches its credentials over the vault's API and holds "
                    "them in memory."
                ),
                shortcoming=(
                    "At start the process copies its credentials from the vault into a file under "
                    "/etc."
                ),
                step="Fetch the credentials at start and hold them in memory",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Rotate keys without a restart",
                evidence=(
                    "The ring is reloaded every minute, and requests in flight finish with what "
                    "they began with."
                ),
                shortcoming=(
                    "The ring is built at start, and the rollout script restarts each server in "
                    "turn."
                ),
                step="Reload the ring on a timer and swap it in one assignment",
            ),
            Facet(
                kind=Kind.LOGGING,
                requirement="Record who rotated which key and when",
                evidence=(
                    "Each change appends the operator, the fingerprint and the time to a "
                    "write-once trail."
                ),
                shortcoming="Each change appends the fingerprint to a write-once trail.",
                step="Write operator, fingerprint and time to the trail in the same step",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Generate keys with at least 256 bits of entropy",
                evidence="Material is 32 bytes from the operating system's random source.",
                shortcoming=(
                    "Material is the hex digest of the host name joined with the time of day."
                ),
                step="Draw 32 bytes from the operating system's random source",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Go on with the last known keys when the vault is down",
                evidence=(
                    "If the fetch fails, the ring in memory stays in use and a warning goes to the"
                    " operators."
                ),
                shortcoming=(
                    "If the fetch fails, the process exits and the supervisor starts it again."
                ),
                step="Keep the ring in memory on a failed fetch and warn the operators",
            ),
        ),
    ),
)
