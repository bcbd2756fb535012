"""Programs (database operations) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="database",
        pattern="database operations",
        language="Python",
        title="moving credit between two accounts",
        names={
            "f": ("transfer", "move_credit", "send_credit"),
            "c": ("connection", "db", "session"),
            "x": ("amount", "value", "cents"),
        },
        code="""
def $f($c, source, target, $x):
    with $c.transaction():
        row = $c.fetch_one(@1@, [source])
        if row.balance < $x:
            raise NotEnoughCredit(source)
        $c.execute("UPDATE account SET balance = balance - %s WHERE id = %s", [$x, source])
        $c.execute(@2@)
""",
        spots=(
            Spot(
                severity="major",
                family="concurrency",
                right='"SELECT balance FROM account WHERE id = %s FOR UPDATE"',
                wrong='"SELECT balance FROM account WHERE id = %s ORDER BY id"',
                issue=(
                    "The balance is read without a lock, so two transfers at once can spend the "
                    "same credit"
                ),
                praise="The row is locked before the balance is compared.",
            ),
            Spot(
                severity="major",
                family="security",
                right='"UPDATE account SET balance = balance + %s WHERE id = %s", [$x, target]',
                wrong="f\"UPDATE account SET balance = balance + {$x} WHERE id = '{target}'\"",
                issue=(
                    "The account id is pasted into the statement, which opens it to SQL injection"
                ),
                praise="Values reach the statements as parameters.",
            ),
        ),
    ),
    Program(
        category="database",
        pattern="database operations",
        language="Java",
        title="loading the newest orders of a customer",
        names={
            "f": ("newest", "recentOrders", "latest"),
            "c": ("jdbc", "template", "database"),
            "x": ("customer", "buyer", "client"),
        },
        code="""
List<Order> $f(long $x, int limit) {
    var orders = $c.query(
        "SELECT * FROM orders WHERE customer_id = ? ORDER BY @1@ LIMIT ?", MAPPER, $x, limit);
    @2@
    return orders;
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="created_at DESC, id DESC",
                wrong="created_at ASC, id ASC",
                issue="The orders come oldest first, so the limit cuts off the newest ones",
                praise="Newest orders come first and ties are broken by id.",
            ),
            Spot(
                severity="minor",
                family="performance",
                right="lines.loadFor(orders); // one query with all ids",
                wrong="orders.forEach(lines::loadFor); // one query each",
                issue=(
                    "Lines are fetched with one query for each order, which is slow for long lists"
                ),
                praise="One query fetches the lines of all orders.",
            ),
        ),
    ),
    Program(
        category="database",
        pattern="database operations",
        language="Go",
        title="deleting expired sessions in batches",
        names={
            "f": ("Purge", "DropExpired", "Sweep"),
            "c": ("db", "conn", "pool"),
            "x": ("batch", "size", "limit"),
        },
        code="""
func $f(ctx context.Context, $c *sql.DB, $x int) error {
    for {
        result, err := $c.ExecContext(ctx, `DELETE FROM sessions WHERE id IN (
            SELECT id FROM sessions WHERE expires_at @1@ now() LIMIT $1)`, $x)
        if err != nil { return err }
        count, err := result.RowsAffected()
        if err != nil || @2@ { return err }
    }
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="<",
                wrong=">",
                issue=(
                    "The comparison is turned round, so live sessions are deleted and expired ones"
                    " stay"
                ),
                praise="Sessions whose expiry has passed are chosen.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="count == 0",
                wrong="count == 1",
                issue=(
                    "The loop ends after a batch with a single row and goes on for ever when "
                    "nothing is left"
                ),
                praise="The loop ends when a batch deletes nothing.",
            ),
        ),
    ),
)
