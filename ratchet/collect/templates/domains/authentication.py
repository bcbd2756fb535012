"""Phrases of the authentication domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="authentication",
        name="password sign-in",
        intent="Let customers sign in with a password that attackers can not guess",
        package="accounts",
        modules=("sign_in", "lockout", "password_hash"),
        item="account",
        items="accounts",
        risks=(
            "Sessions that are open during the deploy must stay valid.",
            "A changed hash cost makes sign-in slower; watch the response time.",
        ),
        facets=(
            Facet(
                kind=Kind.SECURITY,
                requirement="Lock the account after five failed sign-ins",
                evidence=(
                    "Wrong passwords are counted per customer in the database, and the sixth try "
                    "is refused for an hour."
                ),
                shortcoming=(
                    "Wrong passwords are counted in the browser cookie, and a fresh cookie starts "
                    "again at zero."
                ),
                step=(
                    "Count failures per account on the server and refuse further tries for an hour"
                ),
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Store passwords with a slow salted hash",
                evidence=(
                    "Credentials go through Argon2id with 16 random bytes per user before they "
                    "reach the table."
                ),
                shortcoming=(
                    "Credentials go through one round of SHA-256 before they reach the table."
                ),
                step=(
                    "Replace the fast digest by Argon2id and rehash each password at the next "
                    "sign-in"
                ),
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let people sign in with their e-mail address in any case",
                evidence=(
                    "Addresses are folded to lower case before the lookup, so Ann@Example.com "
                    "finds ann@example.com."
                ),
                shortcoming=(
                    "Addresses are stripped of blanks before the lookup and compared byte for byte."
                ),
                step="Fold the address to lower case at registration and at lookup",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Send people back to the page they came from",
                evidence=(
                    "After success the browser is redirected to the address kept in the signed "
                    "state parameter."
                ),
                shortcoming=(
                    "After success the browser is redirected to the dashboard with a welcome "
                    "message."
                ),
                step=(
                    "Keep the wanted address in a signed parameter and redirect there after success"
                ),
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="End all other sessions when the password changes",
                evidence=(
                    "A new password raises the token generation, which invalidates every earlier "
                    "cookie of that user."
                ),
                shortcoming=(
                    "A new password issues a fresh cookie to the current browser and sends a "
                    "confirmation mail."
                ),
                step=(
                    "Store a token generation per user, raise it on change and refuse older tokens"
                ),
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Keep the hash check below 300 milliseconds",
                evidence=(
                    "The work factor was tuned on the smallest server; one verification takes 240 "
                    "ms there."
                ),
                shortcoming=(
                    "The work factor was set to the library's maximum; one verification takes 1.9 "
                    "s on the smallest server."
                ),
                step=(
                    "Measure the hash on the slowest server and lower the work factor until it fits"
                ),
            ),
        ),
    ),
    Feature(
        category="authentication",
        name="single sign-on",
        intent="Let employees use their company identity instead of another password",
        package="identity",
        modules=("callback", "claims", "directory_sync"),
        item="user",
        items="users",
        risks=(
            "The identity provider caches its metadata for a day; plan the key change around it.",
            "A wrong group mapping locks everybody out; keep one local administrator.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Create a local user at the first visit",
                evidence=(
                    "An unknown subject gets a row in users with the name and e-mail taken from "
                    "the claims."
                ),
                shortcoming=(
                    "An unknown subject is shown a page that asks them to contact the help desk."
                ),
                step="Insert a user from the claims when the subject is unknown",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Map directory groups to our roles",
                evidence=(
                    "The groups claim is looked up in a table that says which role each directory "
                    "group receives."
                ),
                shortcoming=(
                    "Everybody who arrives through the provider receives the role of a reader."
                ),
                step="Read the groups claim and translate it through an editable table",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Check the signature and the audience of every token",
                evidence=(
                    "Tokens are verified against the provider's published keys, and aud has to be "
                    "our client id."
                ),
                shortcoming=(
                    "Tokens are decoded, and the expiry date inside has to lie in the future."
                ),
                step=(
                    "Verify the signature with the published keys and compare the audience with "
                    "our client id"
                ),
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Refuse a login response that was used before",
                evidence=(
                    "The nonce is kept for ten minutes and struck out on first use; a replay ends "
                    "with 400."
                ),
                shortcoming=(
                    "The nonce is generated with a secure random source and sent along with the "
                    "request."
                ),
                step="Store each nonce for ten minutes and strike it out on first use",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Sign people out everywhere at once",
                evidence=(
                    "Leaving also calls the provider's end-session endpoint and drops the "
                    "server-side session."
                ),
                shortcoming="Leaving removes the cookie of this browser and shows the start page.",
                step="Call the provider's end-session endpoint as well as dropping our own session",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Remove the access of people who left the company",
                evidence=(
                    "A nightly sync compares the directory with our table and disables those who "
                    "are gone."
                ),
                shortcoming=(
                    "A nightly sync compares the directory with our table and adds those who are "
                    "new."
                ),
                step="Disable users whom the nightly sync no longer finds in the directory",
            ),
        ),
    ),
)
