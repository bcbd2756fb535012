"""Phrases of the cli domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="cli",
        name="the backup command",
        intent="Make backups that somebody has tried to restore",
        package="backup",
        modules=("snapshot", "restore", "retention"),
        item="snapshot",
        items="snapshots",
        risks=(
            "A restore into the wrong folder overwrites live data.",
            "Open database files need a snapshot, not a copy.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Restore into another folder than the original",
                evidence="`restore --to DIR` unpacks there and leaves the source tree alone.",
                shortcoming="`restore` unpacks over the source tree after asking twice.",
                step="Take a target folder and refuse the original one",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Verify a backup after writing it",
                evidence=(
                    "The archive is read back, and its SHA-256 list is compared with the files."
                ),
                shortcoming="The archive's size is printed, and the exit code is 0.",
                step="Read the archive back and compare the checksums",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Keep seven daily and four weekly backups",
                evidence=(
                    "After each run the older ones are thinned out to a week of days and a month "
                    "of weeks."
                ),
                shortcoming="After each run the total size of all archives is shown.",
                step="Delete what falls outside the two series",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Show progress and the time that remains",
                evidence=(
                    "A bar with percentage and minutes left is drawn when the output is a terminal."
                ),
                shortcoming="A line with the file name is printed for every file.",
                step="Draw a bar from bytes done and bytes in total",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Exit with a code that tells scripts what happened",
                evidence=(
                    "0 means done, 1 means some files were skipped, 2 means nothing was written."
                ),
                shortcoming="0 is returned whenever the command line was understood.",
                step="Give each outcome its own exit code",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Protect the archive with a passphrase",
                evidence="The content is sealed with XChaCha20 under a key derived by scrypt.",
                shortcoming="The content is compressed with zstd at level 19.",
                step="Encrypt the archive with a key derived from the passphrase",
            ),
        ),
    ),
    Feature(
        category="cli",
        name="the log search command",
        intent="Find the log lines of one request in seconds",
        package="logsearch",
        modules=("scanner", "time_range", "output"),
        item="line",
        items="lines",
        risks=(
            "Compressed logs can not be searched backwards.",
            "Log files rotate while they are read.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Search a time range given in plain words",
                evidence='"since yesterday 14:00" and "last 20m" are turned into two timestamps.',
                shortcoming="Two timestamps in ISO format are expected.",
                step="Parse the common phrases into two timestamps",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Read compressed files as well",
                evidence="Files that end in .gz or .zst are decoded on the fly.",
                shortcoming=(
                    "Files that end in .log are opened; the rest of the folder is passed over."
                ),
                step="Decode by file ending while reading",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Print matches as JSON on request",
                evidence="With --json each hit is an object on a line of its own.",
                shortcoming="With --colour each hit has the matching words in red.",
                step="Add an output format with an object a line",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Search ten gigabytes in under a minute",
                evidence="Memory-mapped chunks on four threads: 10 GB took 38 s.",
                shortcoming="Line by line on one thread: 10 GB took 6 minutes.",
                step="Map the file and search chunks in parallel",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Go on when a file can not be read",
                evidence="A file without permission is named on stderr and the search continues.",
                shortcoming="A file without permission ends the search with its traceback.",
                step="Catch the error per file and go on",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Follow new lines as they arrive",
                evidence="With --follow the scanner waits at the end and survives rotation.",
                shortcoming="With --tail the scanner shows the last hundred hits and exits.",
                step="Wait at the end of the file and reopen it on rotation",
            ),
        ),
    ),
)
