"""Phrases of the observability domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="observability",
        name="request tracing",
        intent="See where a slow request spends its time",
        package="tracing",
        modules=("spans", "propagation", "sampling"),
        item="request",
        items="requests",
        risks=(
            "Traces can contain personal data in addresses and headers.",
            "A full collector must not slow the service down.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Carry the trace id through all services",
                evidence=(
                    "The traceparent header is read on the way in and set on each outgoing call."
                ),
                shortcoming="A random id is made on the way in and returned to the caller.",
                step="Pass the trace header on with each outgoing call",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Time every database query as a span",
                evidence="The driver's hooks open and close a child span around each statement.",
                shortcoming="The driver's pool reports how many connections are open.",
                step="Open a span around each statement",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Keep the overhead below two per cent",
                evidence=(
                    "A comparison under load gave 1.1 per cent more processor time with tracing on."
                ),
                shortcoming=(
                    "A comparison under load gave 14 per cent more processor time with tracing on."
                ),
                step="Lower the sampling rate and batch the export",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Always keep the traces of failures",
                evidence=(
                    "The sampler decides at the end and retains every request that ended in an "
                    "error."
                ),
                shortcoming=(
                    "The sampler decides at the start and retains one request in a hundred."
                ),
                step="Decide at the end of the request",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Remove tokens from recorded headers",
                evidence="Authorization and Cookie are blanked before a span leaves the process.",
                shortcoming="Headers are recorded in full when the debug switch is on.",
                step="Blank the sensitive headers before export",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Drop spans when the collector is down",
                evidence=(
                    "The buffer holds 2,000 spans and discards the oldest while the target is away."
                ),
                shortcoming="The buffer grows until the target is back and then sends the lot.",
                step="Bound the buffer and discard the oldest",
            ),
        ),
    ),
    Feature(
        category="observability",
        name="disk space alerts",
        intent="Hear about full disks before the customers do",
        package="alerts",
        modules=("probe", "thresholds", "notifier"),
        item="volume",
        items="volumes",
        risks=(
            "Too many alerts train people to ignore them.",
            "Network volumes report sizes late.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Warn a day before a disk is full",
                evidence=(
                    "A line is fitted to the last six hours, and a date within 24 hours raises the"
                    " alarm."
                ),
                shortcoming="A reading of 95 per cent or more raises the alarm.",
                step="Extrapolate the growth and compare with 24 hours",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Send one message for one problem",
                evidence="While an alarm is open, further readings are added to it quietly.",
                shortcoming="Each reading above the limit sends a mail, once a minute.",
                step="Keep an alarm open and add readings to it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Announce when the problem is over",
                evidence=(
                    "Below the limit for ten minutes, the alarm is closed and the channel is told."
                ),
                shortcoming="Below the limit, the lamp on the dashboard turns green.",
                step="Send a message when the alarm closes",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let teams set limits for their own disks",
                evidence="A file per team overrides the general limits by mount point.",
                shortcoming="A constant in the probe holds the general limit.",
                step="Read limits per team and mount point",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Alarm when a probe falls silent",
                evidence="No reading for five minutes counts as an alarm of its own.",
                shortcoming="No reading for five minutes leaves a gap in the chart.",
                step="Treat missing readings as an alarm",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Call the person on duty at night",
                evidence="Between 22:00 and 06:00 the pager service is used instead of mail.",
                shortcoming="At any hour a mail goes to the team's list.",
                step="Choose the pager by the time of day",
            ),
        ),
    ),
)
