"""Programs (APIs) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="security",
        pattern="APIs",
        language="Python",
        title="the check of a webhook signature",
        names={
            "f": ("is_genuine", "verify", "check_signature"),
            "c": ("body", "payload", "content"),
            "x": ("signature", "header", "received"),
        },
        code="""
def $f($c: bytes, $x: str, secret: bytes, sent_at: int, now: int) -> bool:
    if abs(now - sent_at) > @1@:
        return False
    message = b"%d." % sent_at + $c
    expected = hmac.new(secret, message, hashlib.sha256).hexdigest()
    return @2@
""",
        spots=(
            Spot(
                severity="minor",
                family="security",
                right="300",
                wrong="300_000",
                issue="The window of 300,000 seconds lets an old request be replayed for days",
                praise="Requests older than five minutes are refused.",
            ),
            Spot(
                severity="major",
                family="security",
                right="hmac.compare_digest(expected, $x)",
                wrong="expected.startswith($x.strip())",
                issue="Any prefix of the signature is accepted, the empty text included",
                praise="The whole signature is compared in constant time.",
            ),
        ),
    ),
    Program(
        category="security",
        pattern="APIs",
        language="TypeScript",
        title="rendering the name of a visitor into a page",
        names={
            "f": ("greeting", "welcome", "renderName"),
            "c": ("visitor", "guest", "person"),
            "x": ("text", "name", "label"),
        },
        code="""
export function $f($c: Visitor, next: string): string {
  const $x = @1@;
  const target = @2@;
  return `<p>Hello ${$x}, <a href="${encodeURI(target)}">go on</a>.</p>`;
}
""",
        spots=(
            Spot(
                severity="major",
                family="security",
                right="escapeHtml($c.displayName)",
                wrong="String($c.displayName)",
                issue=(
                    "The name is put into the page as it is, so a visitor can store a script in it"
                ),
                praise="Markup in the name is escaped.",
            ),
            Spot(
                severity="minor",
                family="security",
                right=r'next.match(/^\/(?!\/)/) ? next : "/"',
                wrong='next.match(/^https?:/) ? next : "/"',
                issue=(
                    "The link accepts any web address, so the page can send people to a foreign "
                    "site"
                ),
                praise="Only paths of this site are accepted.",
            ),
        ),
    ),
    Program(
        category="authentication",
        pattern="APIs",
        language="Java",
        title="the reset of a forgotten password",
        names={
            "f": ("reset", "changePassword", "redeem"),
            "c": ("tokens", "requests", "tickets"),
            "x": ("token", "ticket", "code"),
        },
        code="""
void $f(String $x, String password) {
    var request = $c.findByHash(sha256($x)).orElseThrow(InvalidToken::new);
    if (request.createdAt().isBefore(clock.instant().minus(@1@))) throw new InvalidToken();
    users.setPasswordHash(request.userId(), @2@);
    $c.delete(request);
}
""",
        spots=(
            Spot(
                severity="minor",
                family="security",
                right="Duration.ofMinutes(30)",
                wrong="Duration.ofDays(30)",
                issue=(
                    "A reset link stays valid for thirty days, far longer than such a link should"
                ),
                praise="A link is good for half an hour.",
            ),
            Spot(
                severity="major",
                family="security",
                right="argon2.hash(password.toCharArray())",
                wrong="sha256(password + request.userId())",
                issue=(
                    "The new password is stored under a fast digest that can be guessed by brute "
                    "force"
                ),
                praise="The password is stored under a slow salted hash.",
            ),
        ),
    ),
    Program(
        category="authentication",
        pattern="APIs",
        language="Go",
        title="the limit on wrong passwords",
        names={
            "f": ("Attempt", "TryPassword", "SignIn"),
            "c": ("failures", "misses", "strikes"),
            "x": ("account", "user", "login"),
        },
        code="""
func (g *Guard) $f($x string, check func() bool) (bool, error) {
    g.mutex.Lock()
    defer g.mutex.Unlock()
    if g.$c[$x] >= @1@ { return false, ErrLocked }
    if check() {
        @2@
        return true, nil
    }
    g.$c[$x]++
    return false, nil
}
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="g.limit",
                wrong="g.limit+1",
                issue="One try more than the limit is allowed, since the comparison adds one",
                praise="The account is locked at the limit.",
            ),
            Spot(
                severity="minor",
                family="logic",
                right="delete(g.$c, $x)",
                wrong="g.$c[$x]++",
                issue=(
                    "A correct password counts as a failure, so regular users lock themselves out"
                ),
                praise="Success clears the counter.",
            ),
        ),
    ),
)
