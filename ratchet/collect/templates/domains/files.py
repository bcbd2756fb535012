"""Phrases of the files domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="files",
        name="resumable upload",
        intent="Let people upload large videos over bad connections",
        package="uploads",
        modules=("chunks", "session", "assembly"),
        item="upload",
        items="uploads",
        risks=(
            "Half-finished uploads fill the disk.",
            "Proxies limit the size of one request.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Resume after the connection breaks",
                evidence="The client asks for the last byte stored and goes on from there.",
                shortcoming="The client shows what failed and offers to start over.",
                step="Return the stored length and continue from it",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Check the file against its checksum",
                evidence="The assembled file's SHA-256 has to equal what the sender declared.",
                shortcoming="The assembled file's length has to equal what the sender declared.",
                step="Compare digests after assembly",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Delete unfinished uploads after two days",
                evidence=(
                    "A job each hour removes sessions that were idle for 48 hours with their parts."
                ),
                shortcoming="A page for administrators lists sessions with their age and size.",
                step="Remove idle sessions and their parts on a schedule",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Refuse types other than video",
                evidence=(
                    "The first bytes are inspected, and anything but MP4, WebM or MOV gets 415."
                ),
                shortcoming="The name has to end in .mp4, .webm or .mov.",
                step="Decide by the first bytes instead of the name",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Upload parts in parallel",
                evidence="Up to four parts travel at once, and their order does not matter.",
                shortcoming="Parts travel one after another, each when the one before has arrived.",
                step="Send several parts at once and sort them at assembly",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Say so early when the disk is full",
                evidence=(
                    "Free space is compared with the declared size before the first part is "
                    "accepted."
                ),
                shortcoming="A write error in the last part is passed to the sender.",
                step="Compare free space with the declared size first",
            ),
        ),
    ),
    Feature(
        category="files",
        name="photo thumbnails",
        intent="Show photo albums without sending full-size pictures",
        package="photos",
        modules=("resize", "orientation", "storage_paths"),
        item="photo",
        items="photos",
        risks=(
            "Old browsers can not show WebP.",
            "Regenerating all thumbnails takes a night.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Turn pictures upright by their EXIF orientation",
                evidence="The orientation tag is applied and then removed before scaling.",
                shortcoming="The pixels are scaled as they lie in the file.",
                step="Apply the orientation tag before scaling",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Keep the aspect ratio",
                evidence="The longer side becomes 320 pixels, and the other follows in proportion.",
                shortcoming="Both sides become 320 pixels.",
                step="Scale by the longer side",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Remove the place where a photo was taken",
                evidence=(
                    "Location fields are dropped from the copy, which is tested with a phone "
                    "picture."
                ),
                shortcoming="Location fields are copied so that albums can show a map.",
                step="Drop the location fields when writing the copy",
            ),
            Facet(
                kind=Kind.PERFORMANCE,
                requirement="Create thumbnails outside the request",
                evidence=(
                    "The upload answers at once, and a worker scales the picture from a queue."
                ),
                shortcoming="The upload answers when the three sizes are ready.",
                step="Hand the scaling to a worker",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Cope with broken pictures",
                evidence=(
                    "An undecodable file gets a grey placeholder and a line in the error report."
                ),
                shortcoming="An undecodable file makes the worker exit and start again.",
                step="Catch the decoding error and store a placeholder",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Spread files over many folders",
                evidence=(
                    "Paths begin with two bytes of the content hash, which gives 65,536 folders."
                ),
                shortcoming="Paths consist of one folder and the upload's number.",
                step="Derive the folder from the content hash",
            ),
        ),
    ),
)
