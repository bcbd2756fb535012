"""Phrases of the infrastructure domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="infrastructure",
        name="the blue-green deployment",
        intent="Release at noon without anybody noticing",
        package="deploy",
        modules=("switcher", "health", "rollback"),
        item="release",
        items="releases",
        risks=(
            "Both colours use one database; migrations have to suit the old code too.",
            "Connections that stay open for minutes keep the old colour busy.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Switch traffic after the new servers pass their health check",
                evidence=(
                    "The balancer is pointed at green once /ready answered 200 ten times in a row."
                ),
                shortcoming=(
                    "The balancer is pointed at green thirty seconds after its processes were "
                    "started."
                ),
                step="Wait for a run of good health checks and only then switch",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Return to the previous release with one command",
                evidence="`switcher back` points the balancer at the colour that was live before.",
                shortcoming="`switcher status` shows which colour was live before and since when.",
                step="Offer a command that points the balancer back",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let open requests finish before a server stops",
                evidence=(
                    "Old servers leave the pool, wait until their connections are closed, then "
                    "exit."
                ),
                shortcoming="Old servers leave the pool and receive SIGKILL in the same second.",
                step="Drain the connections before ending the process",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Keep registry credentials out of the repository",
                evidence="The pipeline asks the secret store for a token that lives ten minutes.",
                shortcoming=(
                    "The pipeline reads a token from deploy/settings.env, which is under version "
                    "control."
                ),
                step="Fetch a token that lives for minutes from the secret store",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Stop the rollout when a migration fails",
                evidence="A failing migration ends the job before any server is replaced.",
                shortcoming=(
                    "A failing migration is reported in the summary after all servers are replaced."
                ),
                step="Run the migration first and end the job when it fails",
            ),
            Facet(
                kind=Kind.LOGGING,
                requirement="Post each switch to the team channel",
                evidence="The bot writes version, colour and operator into #releases.",
                shortcoming="The job log on the build server has version, colour and operator.",
                step="Send version, colour and operator to the channel",
            ),
        ),
    ),
    Feature(
        category="infrastructure",
        name="the container image",
        intent="Ship one small image that runs everywhere",
        package="image",
        modules=("layers", "entrypoint", "scan"),
        item="image",
        items="images",
        risks=(
            "Native libraries differ between the base images.",
            "A changed user id makes existing volumes unreadable.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Build for ARM and x86 alike",
                evidence="buildx produces amd64 and arm64 manifests under a single tag.",
                shortcoming="buildx produces an amd64 manifest under a tag with the commit.",
                step="Build both platforms and publish one manifest",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Run as a user without root rights",
                evidence=(
                    "The last stage switches to uid 10001 and the file system is mounted read-only."
                ),
                shortcoming="The last stage installs sudo and starts the server as uid 0.",
                step="Create a user in the last stage and switch to it",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Keep the image below 150 megabytes",
                evidence="Compilers stay behind in the first stage; the result weighs 118 MB.",
                shortcoming="Compilers are part of the only stage; the result weighs 910 MB.",
                step="Split the build in stages and copy the result alone",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Fail the build on known critical vulnerabilities",
                evidence="The scanner runs on each push and a critical finding turns the job red.",
                shortcoming=(
                    "The scanner runs on each push and its findings are attached as a file."
                ),
                step="Make a critical finding end the job",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Pin every base image by digest",
                evidence="FROM lines name sha256 digests, and a bot proposes newer ones weekly.",
                shortcoming="FROM lines name the tag latest, and the cache is emptied weekly.",
                step="Write digests into the FROM lines",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Pass stop signals to the application",
                evidence=(
                    "exec replaces the shell in the entrypoint, so SIGTERM reaches the server."
                ),
                shortcoming="The shell in the entrypoint starts the server as its child and waits.",
                step="Replace the shell by the server in the entrypoint",
            ),
        ),
    ),
)
