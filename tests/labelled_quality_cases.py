"""Hand-written examples, each labelled good or bad, that the quality score must tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ratchet.examples import Difficulty, Example, Source
from tests.builders import NOON


@dataclass(frozen=True, kw_only=True)
class LabelledCase:
    """One example with the judgement of a person; `name` says what is good or bad about it."""

    name: str
    good: bool
    example: Example


def _case(
    name: str, signature: str, inputs: dict[str, Any], outputs: dict[str, Any], *, good: bool
) -> LabelledCase:
    example = Example(
        signature=signature,
        inputs=inputs,
        outputs=outputs,
        source=Source.MANUAL,
        difficulty=Difficulty.MEDIUM,
        category="general",
        group_id=name,
        created_at=NOON,
    )
    return LabelledCase(name=name, good=good, example=example)


def requirements_case(
    name: str, intent: str, context: str, *requirements: str, good: bool
) -> LabelledCase:
    """A case of extract_requirements; the requirements are ranked as given."""
    return _case(
        name,
        "extract_requirements",
        {"user_intent": intent, "context": context},
        {
            "requirements": list(requirements),
            "priorities": list(range(1, len(requirements) + 1)),
        },
        good=good,
    )


def completeness_case(
    name: str,
    implementation: str,
    requirements: list[str],
    missing: list[str],
    explanation: str,
    *,
    good: bool,
) -> LabelledCase:
    """A case of validate_completeness; complete when nothing is missing."""
    return _case(
        name,
        "validate_completeness",
        {"implementation": implementation, "requirements": requirements},
        {
            "is_complete": not missing,
            "missing_requirements": missing,
            "explanation": explanation,
        },
        good=good,
    )


def correctness_case(
    name: str,
    implementation: str,
    context: str,
    issues: list[str],
    explanation: str,
    *,
    good: bool,
) -> LabelledCase:
    """A case of validate_correctness; correct when there is no issue."""
    return _case(
        name,
        "validate_correctness",
        {"implementation": implementation, "execution_context": context},
        {"is_correct": not issues, "issues": issues, "explanation": explanation},
        good=good,
    )


def intent_case(  # noqa: PLR0917 - a case reads like a row of a table
    name: str,
    intent: str,
    work_item: str,
    implementation: str,
    requirements: list[str],
    missing: list[str],
    explanation: str,
    *,
    good: bool,
) -> LabelledCase:
    """A case of validate_intent; satisfied when no aspect is missing."""
    return _case(
        name,
        "validate_intent",
        {
            "user_intent": intent,
            "work_item": work_item,
            "implementation": implementation,
            "requirements": requirements,
        },
        {
            "intent_satisfied": not missing,
            "missing_aspects": missing,
            "explanation": explanation,
        },
        good=good,
    )


def guidance_case(  # noqa: PLR0917 - a case reads like a row of a table
    name: str,
    intent: str,
    requirements: list[str],
    issues: list[str],
    attempt: int,
    guidance: str,
    order: list[int],
    warnings: list[str],
    *,
    good: bool,
) -> LabelledCase:
    """A case of generate_guidance."""
    return _case(
        name,
        "generate_guidance",
        {
            "user_intent": intent,
            "requirements": requirements,
            "issues": issues,
            "attempt_number": attempt,
        },
        {"guidance": guidance, "priority_order": order, "warnings": warnings},
        good=good,
    )


def problem_case(  # noqa: PLR0917 - a case reads like a row of a table
    name: str,
    subject: str,
    topic: str,
    prompt: str,
    problem: str,
    answer: str,
    hints: list[str],
    solution: str,
    *,
    good: bool,
) -> LabelledCase:
    """A case of generate_problem."""
    return _case(
        name,
        "generate_problem",
        {
            "subject": subject,
            "topic": topic,
            "difficulty_level": "medium",
            "seed_prompt": prompt,
        },
        {
            "problem": problem,
            "answer": answer,
            "hints": {str(number): hint for number, hint in enumerate(hints)},
            "solution": solution,
        },
        good=good,
    )


IMPLEMENTATION = "Phase: implementation, Agent: coder, Status: done, Previous attempts: 1"

_GOOD_CASES = (
    requirements_case(
        "good: three wishes in one paragraph",
        "Let people reset a forgotten password",
        "Support gets twenty mails a week about lost passwords. We want a reset link sent by "
        "email. It must expire after one hour. Nobody should learn from the page whether an "
        "address is registered. We already have the mailer in app/mail.py.",
        "Send a reset link by email",
        "The reset link expires after one hour",
        "Do not reveal whether an address is registered",
        good=True,
    ),
    requirements_case(
        "good: a commit message with a list",
        "feat(cache): add a size limit to the response cache",
        "The cache grows without bound on long-running workers.\n\n- evict the least recently "
        "used entry when max_entries is reached\n- expose max_entries as a setting\n- count "
        "evictions in the metrics endpoint",
        "evict the least recently used entry when max_entries is reached",
        "expose max_entries as a setting",
        "count evictions in the metrics endpoint",
        good=True,
    ),
    requirements_case(
        "good: one requirement, plainly stated",
        "Export the monthly report as CSV",
        "Finance opens it in a spreadsheet, so the separator has to be a semicolon.",
        "Export the monthly report as CSV with a semicolon as the separator",
        good=True,
    ),
    requirements_case(
        "good: non-functional wishes",
        "Make search usable for the large tenants",
        "Searching orders takes 9 s for tenants with more than 2 million rows. It has to answer "
        "within 500 ms at the 95th percentile. Results must stay sorted by date. Add a load test "
        "so that it does not get slow again.",
        "Order search answers within 500 ms at the 95th percentile",
        "Results stay sorted by date",
        "A load test guards the search time",
        good=True,
    ),
    requirements_case(
        "good: a chatty issue",
        "dark mode pls",
        "hey, could we get a dark theme? it should follow the system preference by default, and "
        "there should be a toggle in the settings page. the choice has to survive a reload :)",
        "Offer a dark theme that follows the system preference by default",
        "Add a toggle for the theme to the settings page",
        "Remember the choice across a reload",
        good=True,
    ),
    completeness_case(
        "good: all covered, evidence named",
        "Added login() and lock_account() in auth.py (120 lines) and tests/test_auth.py with 9 "
        "tests. Failed logins are counted in Redis; the fifth locks the account for 15 minutes.",
        [
            "Log in with email and password",
            "Lock the account after five failed logins",
            "Cover login and locking with tests",
        ],
        [],
        "3 of 3 requirements are covered: login() handles the password, lock_account() locks "
        "after the fifth failed login, and tests/test_auth.py tests both.",
        good=True,
    ),
    completeness_case(
        "good: a subtle gap",
        "Added upload() in storage.py which streams the file to the bucket in 8 MB parts, and "
        "resume_upload() that continues after a dropped connection. Tests cover both.",
        [
            "Upload files in parts",
            "Resume an interrupted upload",
            "Reject files larger than 2 GB",
        ],
        ["Reject files larger than 2 GB: no size check anywhere"],
        "2 of 3 requirements are covered. upload() sends parts and resume_upload() continues, "
        "but nothing rejects files larger than 2 GB, so one user can fill the bucket.",
        good=True,
    ),
    completeness_case(
        "good: mostly missing",
        "Created models.py with an Invoice table and a migration 0007_invoice.py. No views yet.",
        [
            "Store invoices in the database",
            "List the invoices of a customer",
            "Download an invoice as PDF",
            "Send a reminder for unpaid invoices",
        ],
        [
            "List the invoices of a customer",
            "Download an invoice as PDF",
            "Send a reminder for unpaid invoices",
        ],
        "1 of 4 covered: the Invoice table stores invoices. Listing, the PDF download and the "
        "reminder for unpaid invoices are missing, so customers see nothing.",
        good=True,
    ),
    completeness_case(
        "good: mined from a commit, complete",
        "Changed 3 files (+84 -12): src/http/retry.py (retry_with_backoff, is_retryable), "
        "src/http/client.py (send), tests/http/test_retry.py (test_backoff_doubles, "
        "test_gives_up_after_max_retries).",
        ["retry on 429 and 503 with backoff", "give up after max_retries"],
        [],
        "Both requirements are covered: retry_with_backoff in src/http/retry.py retries with "
        "backoff, and test_gives_up_after_max_retries shows the limit of max_retries.",
        good=True,
    ),
    completeness_case(
        "good: mined from a commit, one part withheld",
        "Changed 2 files (+41 -3): cli/export.py (export_csv), docs/export.md.",
        ["export a table to CSV", "document the export command", "add tests for export_csv"],
        ["add tests for export_csv"],
        "2 of 3 covered: cli/export.py exports CSV and docs/export.md documents the command. "
        "No test file was touched, so tests for export_csv are missing.",
        good=True,
    ),
    correctness_case(
        "good: an off-by-one",
        "def last_page(total, size):\n    return total // size\n\nUsed by the pager to find the "
        "number of the last page; 100 rows and size 10 give page 10.",
        IMPLEMENTATION,
        ["last_page rounds down, so the rows of a partial last page are never shown"],
        "total // size rounds down: 101 rows with size 10 give 10 pages and the last row is lost. "
        "The partial last page needs rounding up.",
        good=True,
    ),
    correctness_case(
        "good: correct and tested",
        "Added binary_search(items, wanted) in search.py; it keeps low <= high, moves past the "
        "middle on both sides and returns -1 when the item is absent. Tests cover the empty "
        "list, one item, both ends and a missing item.",
        "Phase: review, Agent: reviewer, Status: tests passed, Previous attempts: 0",
        [],
        "The loop ends because low or high moves past the middle each time; the empty list and "
        "both ends are tested. binary_search is correct.",
        good=True,
    ),
    correctness_case(
        "good: SQL injection",
        'def find_user(db, name):\n    return db.execute(f"SELECT * FROM users WHERE name = '
        "'{name}'\").fetchone()",
        IMPLEMENTATION,
        ["SQL injection: the name is put into the query text unescaped in find_user"],
        "find_user builds the query from the name with an f-string, so a name with a quote "
        "changes the query. It needs a bound parameter; this is a security defect.",
        good=True,
    ),
    correctness_case(
        "good: a race",
        "Counter.increment() reads self.value, adds one and writes it back. Eight worker threads "
        "call it for each request; the total is shown on the dashboard.",
        "Phase: implementation, Agent: coder, Status: failing test, Previous attempts: 2",
        [
            "Counter.increment() is not atomic: two threads can read the same value and lose one",
        ],
        "Read, add and write are three steps without a lock, so threads that interleave lose "
        "increments and the dashboard shows too low a total.",
        good=True,
    ),
    correctness_case(
        "good: mined, fixed later",
        "Changed 1 file (+18 -4): src/parser/header.py (parse_header, split_charset): reads the "
        "charset from the content-type header.",
        "Phase: implementation, Agent: human, Status: merged, Previous attempts: 0",
        ["parse_header crashes when the content-type header has no charset"],
        "A later fix touched the same lines of src/parser/header.py: parse_header crashed when "
        "the content-type header had no charset.",
        good=True,
    ),
    correctness_case(
        "good: mined, survived",
        "Changed 2 files (+33 -9): pkg/config.py (load_config, merge_defaults), "
        "tests/test_config.py (test_defaults_are_merged).",
        "Phase: implementation, Agent: human, Status: merged, Previous attempts: 0",
        [],
        "The change to load_config and merge_defaults came with test_defaults_are_merged and its "
        "lines have not been touched by a fix in 210 days.",
        good=True,
    ),
    intent_case(
        "good: satisfied with evidence",
        "Show users why their upload was refused",
        "Display the reason of a refused upload next to the file name",
        "upload_view() now returns the validator's reason; FileRow.vue shows it in red under the "
        "file name; test_upload_view.py checks the reasons for size and type.",
        ["Return the reason from the upload endpoint", "Show the reason beside the file name"],
        [],
        "The endpoint returns the validator's reason and FileRow.vue shows it under the file "
        "name, so users see why an upload was refused. Nothing is missing.",
        good=True,
    ),
    intent_case(
        "good: half of it",
        "Notify the team when a nightly import fails",
        "Send a Slack message with the error and a link to the log when the import job fails",
        "import_job.py catches ImportFailed and posts the error text to the #data channel.",
        ["Post to Slack when the import fails", "Include a link to the log"],
        ["Include a link to the log"],
        "The Slack message has the error text of the failed import, but it lacks a link to the "
        "log, which the work item asks for.",
        good=True,
    ),
    intent_case(
        "good: the wrong thing was built",
        "Let admins deactivate a user without losing their data",
        "Add a deactivate action to the user page of the admin area",
        "Added delete_user() in admin/users.py with a confirmation dialog; it removes the user "
        "and, by cascade, their documents.",
        ["Deactivate a user from the admin page", "Keep the documents of a deactivated user"],
        ["Deactivate a user from the admin page", "Keep the documents of a deactivated user"],
        "delete_user() removes the user and their documents by cascade. The intent was to "
        "deactivate and keep the data; neither aspect is met.",
        good=True,
    ),
    intent_case(
        "good: mined, satisfied",
        "fix: do not lose the timezone when a schedule is copied",
        "Schedules copied between projects end up in UTC",
        "Changed 2 files (+15 -6): schedules/copy.py (copy_schedule), "
        "tests/test_copy.py (test_copy_keeps_timezone).",
        ["copy the timezone with the schedule", "test that a copied schedule keeps its timezone"],
        [],
        "copy_schedule copies the timezone and test_copy_keeps_timezone shows that a copied "
        "schedule keeps it: 2 of 2 requirements are evidenced.",
        good=True,
    ),
    guidance_case(
        "good: second attempt, two issues",
        "Rate limit the public API",
        ["Limit each key to 100 requests a minute", "Answer 429 with a Retry-After header"],
        [
            "The counter is kept per process, so four workers allow 400 requests",
            "The Retry-After header is missing from the 429 response",
        ],
        2,
        "1. Move the request counter from the worker process into Redis, keyed by API key and "
        "minute, so that all four workers share it. Check with two workers and 101 requests.\n"
        "2. Set Retry-After on every 429 response to the seconds until the minute ends. Check "
        "that a client which waits that long gets through.",
        [1, 2],
        ["If Redis is down, decide whether requests pass or are refused"],
        good=True,
    ),
    guidance_case(
        "good: one deep problem",
        "Speed up the product list page",
        ["The page loads within 300 ms"],
        ["Each product triggers its own query for the price (N+1 queries)"],
        3,
        "1. Load the prices of all products on the page in a single query before the loop, and "
        "look each price up in memory. Count the queries of the page in a test: it should be "
        "constant for 10 and for 100 products.",
        [1],
        ["Do not cache prices for longer than the price list is valid"],
        good=True,
    ),
    guidance_case(
        "good: debugging a flaky test",
        "Make the checkout tests reliable",
        ["test_checkout passes 100 times in a row"],
        [
            "test_checkout fails about one time in ten with a timeout",
            "The test waits two seconds for the mail worker",
        ],
        4,
        "1. Stop waiting for the mail worker by time: poll the outbox until the mail is there, "
        "and fail after 30 s with what the outbox held.\n2. Run test_checkout 100 times with "
        "random order to see whether the timeout came from shared state.",
        [1, 2],
        ["A longer sleep would only hide the timeout"],
        good=True,
    ),
    guidance_case(
        "good: architecture advice with headings",
        "Send webhooks to customers",
        ["Deliver each event at least once", "Retry failed deliveries for a day"],
        [
            "Events are posted inside the request, so a slow customer blocks checkout",
            "A failed delivery is dropped",
        ],
        1,
        "## Decouple delivery\n1. Write each event to an outbox table in the same transaction as "
        "the order; a separate worker posts it, so a slow customer no longer blocks checkout.\n"
        "## Retry\n2. Keep a failed delivery in the outbox with a next-attempt time, doubling "
        "the pause up to 24 hours. Test with an endpoint that answers 500 twice.",
        [1, 2],
        ["Customers may get an event twice: give each one an id"],
        good=True,
    ),
    guidance_case(
        "good: mined from a follow-up commit",
        "feat: stream large downloads",
        ["stream downloads instead of loading them into memory"],
        ["download() leaks the file handle when the client disconnects"],
        2,
        "1. Close the file handle of download() in a finally block, also when the client "
        "disconnects in the middle of the stream; add a test that aborts after the first chunk.",
        [1],
        [],
        good=True,
    ),
    guidance_case(
        "good: security hardening",
        "Harden the session handling",
        ["Sessions end after 30 minutes without activity", "A new id after login"],
        [
            "The session id stays the same after login (fixation)",
            "Cookies are sent without the Secure flag",
        ],
        2,
        "1. Issue a fresh session id right after login and drop the old one; try to reuse an id "
        "from before the login in a test.\n2. Set Secure and HttpOnly on the session cookie in "
        "settings, and check the response header over HTTPS.",
        [1, 2],
        ["Local development over plain HTTP needs the Secure flag switched off"],
        good=True,
    ),
    problem_case(
        "good: a quadratic with its way to the solution",
        "algebra",
        "quadratic equations",
        "A quadratic equation whose solutions are whole numbers, x^2 - 9x + 20.",
        "Find both solutions of the quadratic equation x^2 - 9x + 20 = 0.",
        "x = 4 or x = 5",
        [
            "Write the quadratic as a product of two factors.",
            "The constant 20 is the product of the solutions.",
            "The solutions add up to 9.",
        ],
        "The quadratic x^2 - 9x + 20 is the product of two linear factors. Each factor, set to "
        "zero, gives one of the solutions x = 4 or x = 5.",
        good=True,
    ),
    problem_case(
        "good: a word problem about combinations",
        "combinatorics",
        "combinations",
        "A club of 11 members chooses a committee of 4.",
        "A chess club has 11 members. In how many ways can it choose a committee of 4 members?",
        "330",
        [
            "The order in which members are chosen for the committee does not matter.",
            "Count ordered choices of 4 members first.",
            "Divide by the orders of 4 members.",
        ],
        "There are 7920 ordered choices of 4 members out of 11. Each committee is counted 24 "
        "times among them, so the club has 330 committees.",
        good=True,
    ),
    problem_case(
        "good: an integral by parts",
        "calculus",
        "integration by parts",
        "Integrate the product of x and an exponential function over 0 to 2.",
        "Compute the integral of the product x * exp(x) from x = 0 to x = 2.",
        "e^2 + 1",
        [
            "Integrate the exponential function and differentiate the other factor.",
            "Integration by parts leaves an integral of the exponential alone.",
            "Take the antiderivative at both ends, 0 and 2.",
        ],
        "Integration by parts of the product gives the antiderivative (x - 1) * exp(x). Its "
        "values at 2 and at 0 differ by e^2 + 1.",
        good=True,
    ),
)

AUTH = (
    "Added login() in auth.py with 40 lines and tests/test_auth.py with 5 tests; passwords are "
    "hashed with bcrypt."
)
AUTH_REQUIREMENTS = ["Log in with a password", "Lock the account after five failures"]
LOCK_MISSING = ["Lock the account after five failures"]
LIMIT_ISSUES = [
    "The counter is kept per process, so four workers allow 400 requests",
    "The Retry-After header is missing from the 429 response",
]
LIMIT = ("Rate limit the public API", ["Limit each key to 100 requests a minute"], LIMIT_ISSUES, 2)

_BAD_CASES = (
    problem_case(
        "bad: a placeholder for a problem",
        "algebra",
        "quadratic equations",
        "A quadratic equation with whole solutions.",
        "TODO: write problem here",
        "x = 4",
        ["Hint one about the equation", "Hint two about factors", "Hint three about solutions"],
        "TBD",
        good=False,
    ),
    problem_case(
        "bad: mashed keys",
        "algebra",
        "linear equations",
        "A linear equation with x on both sides.",
        "asdfgh qwertz sdfghj wrtpsd xcvbnm fghjkl",
        "x = 4",
        ["sdfghjk xcvbn", "wrtzps dfghj", "qwrtzp fghjk"],
        "xcvbnm sdfghj qwertz wrtpsd",
        good=False,
    ),
    problem_case(
        "bad: the prompt copied as the problem",
        "geometry",
        "areas of triangles",
        "Ask for the area of a triangle with a base of 12 cm and a height of 7 cm.",
        "Ask for the area of a triangle with a base of 12 cm and a height of 7 cm.",
        "42",
        ["Half a rectangle.", "Multiply base and height.", "Divide the product by two."],
        "A triangle is half of a rectangle, so base times height is divided by two.",
        good=False,
    ),
    problem_case(
        "bad: a problem and hints about something else",
        "probability",
        "conditional probability",
        "Use a medical test with a sensitivity of 95 percent.",
        "Which shipping carrier omits Swiss customs fees on its holiday calendar?",
        "none of them",
        ["Ask the printer.", "Look at the mutex.", "Restart the spooler."],
        "The carriers differ in their customs paperwork and in nothing else.",
        good=False,
    ),
    requirements_case(
        "bad: lorem ipsum",
        "Let people reset a forgotten password",
        "Send a reset link by email that expires after an hour.",
        "Lorem ipsum dolor sit amet",
        "consectetur adipiscing elit",
        good=False,
    ),
    requirements_case(
        "bad: placeholders for requirements",
        "Let people reset a forgotten password",
        "Send a reset link by email that expires after an hour.",
        "TODO",
        "TBD",
        good=False,
    ),
    requirements_case(
        "bad: numbered placeholder items",
        "Let people reset a forgotten password",
        "Send a reset link by email that expires after an hour.",
        "[requirement 1]",
        "[requirement 2]",
        good=False,
    ),
    requirements_case(
        "bad: unrelated to the intent",
        "Let people reset a forgotten password",
        "Send a reset link by email that expires after an hour.",
        "Render the map tiles on the GPU",
        "Support right-to-left scripts in the invoice footer",
        good=False,
    ),
    requirements_case(
        "bad: the whole context copied as one requirement",
        "Let people reset a forgotten password",
        "Support gets twenty mails a week about lost passwords. Send a reset link by email. It "
        "must expire after one hour. Do not reveal whether an address is registered.",
        "Support gets twenty mails a week about lost passwords. Send a reset link by email. It "
        "must expire after one hour. Do not reveal whether an address is registered.",
        good=False,
    ),
    requirements_case(
        "bad: the intent copied, the context unread",
        "Let people reset a forgotten password",
        "A link is sent by email and expires after one hour. Nobody learns from the page whether "
        "an address is registered. Old links stop working when a new one is requested.",
        "Let people reset a forgotten password",
        good=False,
    ),
    requirements_case(
        "bad: requirements of any project",
        "Import bank statements in CAMT format",
        "Booking lines of several accounts come in one XML file; duplicates must be skipped.",
        "Write good code",
        "Make it work properly",
        "Fix all issues",
        good=False,
    ),
    requirements_case(
        "bad: the same requirement four times",
        "Export the monthly report as CSV",
        "Finance opens it in a spreadsheet. Use a semicolon. Add a header row with column names.",
        "Export the report as CSV",
        "Export the report as CSV.",
        "export the report as csv",
        "Export the report as  CSV",
        good=False,
    ),
    requirements_case(
        "bad: keyboard mash",
        "asdfgh qwertz uiop",
        "sdfg hjkl wertzx cvbnm qwrtpsd fghjk",
        "xcvbnm sdfghj",
        "qwrtzp dfghjk",
        good=False,
    ),
    requirements_case(
        "bad: nothing extracted",
        "Export the monthly report as CSV",
        "Finance opens it in a spreadsheet, so the separator has to be a semicolon.",
        good=False,
    ),
    requirements_case(
        "bad: broken encoding",
        "Exportiere den Bericht",
        "Der Bericht fÃ¼r die BuchfÃ¼hrung enthÃ¤lt UmsÃ¤tze, ZuschlÃ¤ge und GebÃ¼hren.",
        "Bericht fÃ¼r die BuchfÃ¼hrung \ufffd\ufffd\ufffd",
        "GebÃ¼hren und ZuschlÃ¤ge\ufffd\ufffd",
        good=False,
    ),
    completeness_case(
        "bad: incomplete, yet the explanation praises",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "All requirements are fully covered: login and the account lock are implemented.",
        good=False,
    ),
    completeness_case(
        "bad: complete, yet the explanation lists a gap",
        AUTH,
        AUTH_REQUIREMENTS,
        [],
        "1 of 2 covered: login() handles the password, the account lock after five failures is "
        "missing.",
        good=False,
    ),
    completeness_case(
        "bad: complete, yet the explanation doubts in other words",
        AUTH,
        AUTH_REQUIREMENTS,
        [],
        "The password login in auth.py is there, however locking the account after failures was "
        "not implemented.",
        good=False,
    ),
    completeness_case(
        "bad: an explanation of nothing",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "It does not do what it should and needs more work.",
        good=False,
    ),
    completeness_case(
        "bad: an explanation of something else",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "The shipping calculator omits Swiss customs fees and the carrier's holiday calendar.",
        good=False,
    ),
    completeness_case(
        "bad: the implementation copied as explanation",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        AUTH,
        good=False,
    ),
    completeness_case(
        "bad: cut off in the explanation",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "1 of 2 covered: login() in auth.py checks the password. What is missing is to lock the "
        "account after the",
        good=False,
    ),
    completeness_case(
        "bad: an unfilled template",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "{{covered}} of {{total}} covered; missing: {{missing}}",
        good=False,
    ),
    completeness_case(
        "bad: shouting",
        "ADDED LOGIN WITH PASSWORD IN AUTH MODULE AND TESTS FOR LOGIN",
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "THE ACCOUNT LOCK IS MISSING!!! LOCK THE ACCOUNT AFTER FIVE FAILURES WAS ASKED FOR!!!",
        good=False,
    ),
    completeness_case(
        "bad: an implementation of dots",
        "........ !!! ----- ??? ///",
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "The account lock after five failures is missing.",
        good=False,
    ),
    completeness_case(
        "bad: a generator's refusal",
        AUTH,
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "As an AI language model I am not able to judge whether the account lock is missing.",
        good=False,
    ),
    completeness_case(
        "bad: nothing given",
        "",
        [],
        [],
        "All requirements are covered.",
        good=False,
    ),
    completeness_case(
        "bad: the answer in another language",
        "Added login() in auth.py, which checks the password and is covered by the tests in "
        "tests/test_auth.py; it was not made to lock the account.",
        AUTH_REQUIREMENTS,
        LOCK_MISSING,
        "Die Anmeldung ist mit dem Passwort umgesetzt, aber die Sperre nach fünf Versuchen wird "
        "nicht von der Funktion und den Tests abgedeckt.",
        good=False,
    ),
    correctness_case(
        "bad: correct, yet a bug is described",
        "def last_page(total, size):\n    return total // size",
        IMPLEMENTATION,
        [],
        "last_page is wrong for a partial page: total // size rounds down, which is a bug.",
        good=False,
    ),
    correctness_case(
        "bad: issues of another program",
        "def last_page(total, size):\n    return total // size",
        IMPLEMENTATION,
        ["The mutex is never released when the printer is offline"],
        "When the printer is offline the mutex stays locked, so jobs pile up in the spooler.",
        good=False,
    ),
    correctness_case(
        "bad: HTML instead of code",
        '<div class="a"><span id="x">&nbsp;</span><br/><br/><p></p><a href="#">x</a></div>',
        IMPLEMENTATION,
        ["<li><b>page</b></li><li></li>"],
        "<p><b>last</b></p><br/><div><span>page</span></div><br/><br/>",
        good=False,
    ),
    correctness_case(
        "bad: a secret in the code",
        "Connects with aws_key = AKIAIOSFODNN7EXAMPLE and uploads the nightly backup in parts.",
        IMPLEMENTATION,
        [],
        "The upload of the nightly backup in parts is correct.",
        good=False,
    ),
    correctness_case(
        "bad: garbage bytes",
        "\x00\x01\x02PK\x03\x04\x14\x00\x06\x08\x00\x00!\x00\x7f\x1b\x1c binary",
        IMPLEMENTATION,
        ["binary \x00\x01\x02\x03"],
        "\x00\x01\x02\x03\x04 binary \x0e\x0f",
        good=False,
    ),
    correctness_case(
        "bad: one phrase over and over",
        "Adds retry to the client in client.py with three attempts and a pause between them.",
        IMPLEMENTATION,
        ["retry retry client"],
        "the retry of the client the retry of the client the retry of the client the retry of "
        "the client the retry of the client the retry of the client is wrong",
        good=False,
    ),
    intent_case(
        "bad: unsatisfied, yet said to be satisfied",
        "Notify the team when a nightly import fails",
        "Send a Slack message with the error and a link to the log",
        "import_job.py catches ImportFailed and posts the error text to the #data channel.",
        ["Post to Slack when the import fails", "Include a link to the log"],
        ["Include a link to the log"],
        "The Slack message for a failed import with a link to the log is complete and the intent "
        "is satisfied.",
        good=False,
    ),
    intent_case(
        "bad: test data that nobody filled in",
        "test",
        "string",
        "foo bar",
        ["foo", "bar"],
        ["foo"],
        "test",
        good=False,
    ),
    intent_case(
        "bad: missing aspects from nowhere",
        "Notify the team when a nightly import fails",
        "Send a Slack message with the error and a link to the log",
        "import_job.py catches ImportFailed and posts the error text to the #data channel.",
        ["Post to Slack when the import fails", "Include a link to the log"],
        ["Quantum-safe certificates", "Offline maps for hikers"],
        "Certificates and offline maps for hikers are absent.",
        good=False,
    ),
    intent_case(
        "bad: the yes of a machine",
        "Notify the team when a nightly import fails",
        "Send a Slack message with the error and a link to the log",
        "import_job.py catches ImportFailed and posts the error and the log link to Slack.",
        ["Post to Slack when the import fails", "Include a link to the log"],
        [],
        "Yes.",
        good=False,
    ),
    guidance_case(
        "bad: vague encouragement",
        *LIMIT,
        "1. Fix the issues and make the code better. 2. Be sure that everything works properly "
        "and the quality is good.",
        [1, 2],
        [],
        good=False,
    ),
    guidance_case(
        "bad: writes the code itself (C11)",
        *LIMIT,
        "1. Replace the counter per process:\n```python\nredis.incr(key)\nif redis.get(key) > "
        "100:\n    return Response(429, headers={'Retry-After': 60})\n```\nso that the four "
        "workers share the 429 response and its header.",
        [1],
        [],
        good=False,
    ),
    guidance_case(
        "bad: the issues read back",
        *LIMIT,
        "The counter is kept per process, so four workers allow 400 requests. The Retry-After "
        "header is missing from the 429 response.",
        [1, 2],
        [],
        good=False,
    ),
    guidance_case(
        "bad: advice for another task",
        *LIMIT,
        "1. Normalise the address table into street and town, then backfill the old rows in "
        "batches of 500 during the night.",
        [1],
        [],
        good=False,
    ),
    guidance_case(
        "bad: empty guidance",
        *LIMIT,
        "",
        [],
        [],
        good=False,
    ),
    guidance_case(
        "bad: a bracketed blank",
        *LIMIT,
        "1. [describe how to share the counter between workers] 2. [insert advice on the header]",
        [1, 2],
        [],
        good=False,
    ),
    guidance_case(
        "bad: cut off by the token limit",
        *LIMIT,
        "1. Move the counter from the worker process into Redis, so that all four workers share "
        "it.\n2. Set the Retry-After header on every 429 response to the seconds until the",
        [1, 2],
        [],
        good=False,
    ),
    guidance_case(
        "bad: stacked accents",
        *LIMIT,
        "1. M̷̡̧ö̵̢́v̶̨̛e̴̢͝ ̸̧͊t̷̡̛h̶̨́e̵̢͝ c̷̡̈́ö̵̢́ù̶̧n̴̨͝t̷̡̛e̶̢͝r̵̨̈ ì̷̡n̴̢͝t̶̨̛ö̵̢́ ̷̧̈R̶̨͝e̴̢͝d̵̡̛ì̶̧s̷̨̈ for the workers.",
        [1],
        [],
        good=False,
    ),
)

LATER_CASES = (
    requirements_case(
        "good: a plain issue",
        "add pagination to /orders",
        "The list returns everything, 40k rows for some shops. Return 50 per page. Include next "
        "and prev links. Keep the old behaviour for clients that send Accept-Version: 1.",
        "Return 50 orders per page",
        "Include next and prev links",
        "Keep returning everything to clients that send Accept-Version: 1",
        good=True,
    ),
    requirements_case(
        "good: a bare commit subject",
        "Fix crash on empty config",
        "",
        "Do not crash when the config file is empty",
        good=True,
    ),
    requirements_case(
        "bad: buzzwords",
        "add pagination to /orders",
        "The list returns everything, 40k rows for some shops. Return 50 per page.",
        "Users should be able to have a great experience",
        "The system must be scalable, robust and maintainable",
        good=False,
    ),
    requirements_case(
        "bad: counted blanks",
        "add pagination to /orders",
        "The list returns everything. Return 50 per page.",
        "requirement one",
        "requirement two",
        good=False,
    ),
    requirements_case(
        "bad: blah",
        "blah blah blah",
        "blah blah blah blah blah blah blah blah blah blah blah",
        "blah blah",
        good=False,
    ),
    completeness_case(
        "good: praise in other words",
        "Implemented PasswordHasher with argon2id (memory 64 MB) and migrated existing bcrypt "
        "hashes on next login. Unit tests for both.",
        ["Hash passwords with argon2id", "Migrate old hashes transparently"],
        [],
        "Everything asked for is there: PasswordHasher uses argon2id, and bcrypt hashes are "
        "migrated at the next login.",
        good=True,
    ),
    completeness_case(
        "good: a small documentation change",
        "Touched 1 file: README.md (+3)",
        ["Support Windows paths", "Explain the change in the readme"],
        ["Support Windows paths"],
        "Only the readme was changed; no code handles Windows paths.",
        good=True,
    ),
    completeness_case(
        "bad: a careless reviewer",
        "Touched 1 file: README.md (+3)",
        ["Support Windows paths", "Explain the change in the readme"],
        ["Support Windows paths"],
        "Looks good to me! Everything done, Windows paths and readme are complete.",
        good=False,
    ),
    completeness_case(
        "bad: a refusal",
        "Touched 1 file: README.md (+3)",
        ["Support Windows paths", "Explain the change in the readme"],
        ["Support Windows paths"],
        "I cannot assist with that request.",
        good=False,
    ),
    completeness_case(
        "bad: cut off in the middle of a word",
        "Touched 1 file: README.md (+3)",
        ["Support Windows paths", "Explain the change in the readme"],
        ["Support Windows paths"],
        "No code in README.md supports Windows paths; the only changed fil",
        good=False,
    ),
    completeness_case(
        "bad: things",
        "Added the thing",
        ["Do the thing", "Do the other thing"],
        ["Do the other thing"],
        "The other thing is missing.",
        good=False,
    ),
    correctness_case(
        "good: sequential awaits",
        "async def fetch_all(urls):\n    return [await fetch(u) for u in urls]",
        IMPLEMENTATION,
        ["fetch_all awaits each url in turn, so nothing runs concurrently"],
        "The comprehension awaits fetch(u) before it starts the next, so ten urls take ten times "
        "as long.",
        good=True,
    ),
    correctness_case(
        "good: a safe loader",
        "Replaced yaml.load by yaml.safe_load in settings/loader.py and added a test with a "
        "python/object tag.",
        "Phase: review, Agent: reviewer, Status: passed, Previous attempts: 0",
        [],
        "safe_load refuses python/object tags, which the test shows; no defect found in loader.py.",
        good=True,
    ),
    correctness_case(
        "bad: correct, yet said to fail",
        "async def fetch_all(urls):\n    return [await fetch(u) for u in urls]",
        IMPLEMENTATION,
        [],
        "fetch_all fails to run the urls concurrently, which is incorrect.",
        good=False,
    ),
    correctness_case(
        "bad: issues without content",
        "async def fetch_all(urls):\n    return [await fetch(u) for u in urls]",
        IMPLEMENTATION,
        ["issue", "problem"],
        "There are issues and problems in the code.",
        good=False,
    ),
    correctness_case(
        "bad: one letter",
        "async def fetch_all(urls):\n    return [await fetch(u) for u in urls]",
        IMPLEMENTATION,
        ["fetch_all is sequential"],
        "aaaaaaaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa",
        good=False,
    ),
    intent_case(
        "good: a flag for scripts",
        "Make the CLI usable in scripts",
        "Add a --json flag to every list command",
        "list_cmd.py and show_cmd.py accept --json and print one document; exit codes unchanged; "
        "12 tests.",
        ["--json on list commands", "Stable exit codes"],
        [],
        "list_cmd.py prints JSON with --json and the exit codes are stable, as the 12 tests show.",
        good=True,
    ),
    intent_case(
        "bad: the wish pasted as explanation",
        "Make the CLI usable in scripts",
        "Add a --json flag to every list command",
        "list_cmd.py and show_cmd.py accept --json and print one document.",
        ["--json on list commands", "Stable exit codes"],
        ["Stable exit codes"],
        "Make the CLI usable in scripts. Add a --json flag to every list command.",
        good=False,
    ),
    intent_case(
        "bad: a shrug",
        "Make the CLI usable in scripts",
        "Add a --json flag to every list command",
        "¯\\_(ツ)_/¯ ¯\\_(ツ)_/¯",
        ["--json on list commands"],
        ["--json on list commands"],
        "¯\\_(ツ)_/¯",
        good=False,
    ),
    guidance_case(
        "good: a parser bug",
        "Import contacts from a CSV file",
        ["Skip duplicates by email", "Report bad rows"],
        ["Rows with a quoted comma are split wrongly"],
        2,
        "1. Parse the rows with the csv module instead of split(','), which breaks at a quoted "
        'comma; add a test row with the name "Doe, Jane".',
        [1],
        [],
        good=True,
    ),
    guidance_case(
        "bad: encouragement in many words",
        "Import contacts from a CSV file",
        ["Skip duplicates by email"],
        ["Rows with a quoted comma are split wrongly"],
        2,
        "You should really consider thinking about what went wrong and try again with more care "
        "and attention to detail next time.",
        [1],
        ["Be careful"],
        good=False,
    ),
    guidance_case(
        "bad: code without a fence (C11)",
        "Import contacts from a CSV file",
        ["Skip duplicates by email"],
        ["Rows with a quoted comma are split wrongly"],
        2,
        "    import csv\n    with open(path) as f:\n        for row in csv.reader(f):\n          "
        "  contacts.append(Contact(*row))\n    return contacts",
        [1],
        [],
        good=False,
    ),
    guidance_case(
        "bad: the issue as its own guidance",
        "Import contacts from a CSV file",
        ["Skip duplicates by email"],
        ["Rows with a quoted comma are split wrongly"],
        2,
        "Rows with a quoted comma are split wrongly",
        [1],
        [],
        good=False,
    ),
)
"""Written after the score and first judged unseen: 19 of 23 were right."""

CASES = (*_GOOD_CASES, *_BAD_CASES, *LATER_CASES)
GOOD_CASES = tuple(case for case in CASES if case.good)
BAD_CASES = tuple(case for case in CASES if not case.good)
