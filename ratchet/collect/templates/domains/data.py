"""Phrases of the data domain: what is asked for and what an implementation says of it."""

from __future__ import annotations

from ratchet.collect.templates.grammar import Facet, Feature, Kind

FEATURES = (
    Feature(
        category="data",
        name="the CSV import",
        intent="Let customers bring their contacts from any spreadsheet",
        package="imports",
        modules=("reader", "column_map", "report"),
        item="row",
        items="rows",
        risks=(
            "Spreadsheets turn long numbers into scientific notation.",
            "A large import competes with normal traffic.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Detect the delimiter and the encoding",
                evidence=(
                    "The first 64 kB decide between comma, semicolon and tab, and between UTF-8 "
                    "and Windows-1252."
                ),
                shortcoming=(
                    "A comma and UTF-8 are assumed, and the help page explains how to save that "
                    "way."
                ),
                step="Look at the first kilobytes and choose both",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Import the good rows and report the bad ones",
                evidence=(
                    "Valid lines are stored, and the rest come back as a file with a reason in the"
                    " last column."
                ),
                shortcoming=(
                    "The first invalid line ends the run with its number, and what was stored "
                    "before is undone."
                ),
                step="Collect the bad rows with a reason and go on",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Let people match columns to fields",
                evidence="A screen pairs each heading with a field and proposes likely pairs.",
                shortcoming="Headings have to equal our field names, which a template file shows.",
                step="Add a step that maps headings to fields",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Update contacts that exist already",
                evidence="An e-mail address that is known updates that contact.",
                shortcoming="An e-mail address that is known produces a second contact.",
                step="Look up the address and update the contact",
            ),
            Facet(
                kind=Kind.SCALABILITY,
                requirement="Handle files of a million rows",
                evidence=(
                    "Lines are streamed in chunks of a thousand; a trial with 1.2 million took 70 "
                    "MB."
                ),
                shortcoming="Lines are loaded into a list; a trial with 20,000 took 900 MB.",
                step="Stream the file in chunks",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Neutralise formulas in cells",
                evidence="A leading =, +, - or @ gets an apostrophe in front before it is stored.",
                shortcoming="Leading and trailing blanks are cut before the cell is stored.",
                step="Prefix cells that begin like a formula",
            ),
        ),
    ),
    Feature(
        category="data",
        name="the accounting export",
        intent="Hand our bookings to the accountant without manual work",
        package="export",
        modules=("ledger_writer", "currency", "checksum"),
        item="posting",
        items="postings",
        risks=(
            "The accountant's software rejects the whole file for one bad line.",
            "Time zones decide on which day a booking falls.",
        ),
        facets=(
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Write amounts with the decimals of their currency",
                evidence="Yen come out without decimals and dinars with three, as ISO 4217 says.",
                shortcoming="All amounts come out with two decimals.",
                step="Look the number of decimals up by currency",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Export each posting once",
                evidence=(
                    "Written rows get the export's id, and the query takes rows that have none."
                ),
                shortcoming="Each export takes the rows of the last thirty days.",
                step="Mark exported rows and take the unmarked ones",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="End the file with a control total",
                evidence="The last line has the number of lines and the sum of amounts.",
                shortcoming="The last line has the date and the version of the program.",
                step="Add the number of lines and the sum as the last line",
            ),
            Facet(
                kind=Kind.FUNCTIONAL,
                requirement="Encode text in UTF-8",
                evidence=(
                    "Umlauts and accents survive; the receiver's test file was read without a "
                    "fault."
                ),
                shortcoming=(
                    "Umlauts and accents become question marks in the receiver's test file."
                ),
                step="Open the file with an explicit encoding",
            ),
            Facet(
                kind=Kind.ERROR_HANDLING,
                requirement="Refuse to export a period that does not balance",
                evidence=(
                    "If debit and credit differ, nothing is written and the difference is shown."
                ),
                shortcoming=(
                    "If debit and credit differ, the difference goes to a suspense account."
                ),
                step="Compare the two sums before writing",
            ),
            Facet(
                kind=Kind.SECURITY,
                requirement="Protect the file with the accountant's public key",
                evidence=(
                    "The result is encrypted for the key on record and the plain copy is erased."
                ),
                shortcoming="The result is packed into a zip archive with a long name.",
                step="Encrypt for the accountant's key and erase the plain copy",
            ),
        ),
    ),
)
