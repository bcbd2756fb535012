"""Programs (algorithms) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="performance",
        pattern="algorithms",
        language="TypeScript",
        title="finding customers who placed two orders on one day",
        names={
            "f": ("repeatBuyers", "doubleOrders", "sameDayBuyers"),
            "c": ("orders", "purchases", "sales"),
            "x": ("order", "purchase", "sale"),
        },
        code="""
export function $f($c: Order[]): Set<string> {
  const seen = @1@;
  const repeated = new Set<string>();
  for (const $x of $c) {
    const key = @2@;
    if (seen.has(key)) repeated.add($x.customer);
    seen.add(key);
  }
  return repeated;
}
""",
        spots=(
            Spot(
                severity="minor",
                family="performance",
                right="new Set<string>()",
                wrong="new ArraySet<string>()",
                issue=(
                    "Membership is tested in an array-backed list, so the time grows with the "
                    "square of the orders"
                ),
                praise="Membership is tested in constant time.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="`${$x.customer}|${$x.day}`",
                wrong="`${$x.day}|${$x.total}`",
                issue=(
                    "The key has the total in place of the customer, so different people count as "
                    "one"
                ),
                praise="Customer and day form the key.",
            ),
        ),
    ),
    Program(
        category="configuration",
        pattern="algorithms",
        language="Python",
        title="reading a duration such as 5m from the settings",
        names={
            "f": ("to_seconds", "parse_duration", "seconds_of"),
            "c": ("text", "raw", "setting"),
            "x": ("number", "amount", "count"),
        },
        code="""
UNITS = {"s": 1, "m": 60, "h": @1@}
def $f($c: str) -> int:
    $x, unit = $c[:-1], $c[-1:]
    if unit not in UNITS or not @2@:
        raise SettingError(f"{$c!r} is no duration; write 30s, 5m or 2h")
    return int($x) * UNITS[unit]
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="3600",
                wrong="360",
                issue="An hour counts as 360 seconds, a tenth of what it should",
                praise="An hour has 3,600 seconds.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="$x.isdecimal()",
                wrong="$x.strip()",
                issue="A word before the unit passes the check and ends in a bare ValueError",
                praise="Everything but digits is refused with a helpful message.",
            ),
        ),
    ),
    Program(
        category="infrastructure",
        pattern="algorithms",
        language="Python",
        title="waiting for a new server to become healthy",
        names={
            "f": ("wait_until_healthy", "await_ready", "hold_until_up"),
            "c": ("probe", "check", "ping"),
            "x": ("deadline", "limit", "until"),
        },
        code="""
def $f($c, clock, pause, seconds=120, needed=5):
    $x = clock() + seconds
    streak = 0
    while clock() < $x:
        streak = streak + 1 if $c() else @1@
        if streak >= needed:
            return True
        pause(1)
    return @2@
""",
        spots=(
            Spot(
                severity="minor",
                family="logic",
                right="0",
                wrong="streak",
                issue=(
                    "A failed check does not reset the streak, so a server that fails every second"
                    " time passes"
                ),
                praise="A failed check starts the streak again.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="False",
                wrong="streak > 0",
                issue="A server that was up once counts as healthy when the time is over",
                praise="When the time is over, the answer is no.",
            ),
        ),
    ),
    Program(
        category="observability",
        pattern="algorithms",
        language="Python",
        title="the forecast of a full disk",
        names={
            "f": ("hours_left", "time_to_full", "forecast"),
            "c": ("samples", "readings", "points"),
            "x": ("slope", "growth", "rate"),
        },
        code="""
def $f($c, capacity):
    if len($c) < @1@:
        return None
    (t0, used0), (t1, used1) = $c[0], $c[-1]
    $x = (used1 - used0) / (t1 - t0)
    if @2@:
        return None
    return (capacity - used1) / $x / 3600
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="2",
                wrong="1",
                issue=(
                    "A single reading passes the check, and the time difference of zero ends in a "
                    "division error"
                ),
                praise="Two readings are needed for a rate.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="$x <= 0",
                wrong="$x is None",
                issue=(
                    "A disk whose use shrinks gives negative hours, and a constant one a division "
                    "by zero"
                ),
                praise="A disk that does not grow gives no forecast.",
            ),
        ),
    ),
    Program(
        category="ui",
        pattern="algorithms",
        language="TypeScript",
        title="the sum of a shopping basket",
        names={
            "f": ("basketTotal", "sumUp", "orderTotal"),
            "c": ("lines", "items", "positions"),
            "x": ("line", "item", "position"),
        },
        code="""
export function $f($c: Line[], voucherCents: number): number {
  let cents = 0;
  for (const $x of $c) {
    cents += @1@;
  }
  return @2@;
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="$x.quantity * $x.priceCents",
                wrong="$x.quantity + $x.priceCents",
                issue="Quantity and price are added instead of multiplied",
                praise="Each line counts price times quantity.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="Math.max(0, cents - voucherCents)",
                wrong="Math.abs(cents - voucherCents)",
                issue=(
                    "A voucher above the sum makes the total positive again, so the customer pays "
                    "the difference"
                ),
                praise="A voucher never takes the total below zero.",
            ),
        ),
    ),
    Program(
        category="cli",
        pattern="algorithms",
        language="Rust",
        title="choosing which backups to keep",
        names={
            "f": ("expired", "to_delete", "outdated"),
            "c": ("backups", "snapshots", "archives"),
            "x": ("backup", "snapshot", "archive"),
        },
        code="""
pub fn $f($c: &[Backup], keep: usize) -> Vec<Backup> {
    let mut sorted = $c.to_vec();
    sorted.sort_by_key(|$x| @1@);
    sorted.into_iter().skip(keep).filter(|$x| @2@).collect()
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="Reverse($x.taken_at)",
                wrong="$x.taken_at.clone()",
                issue=(
                    "The oldest backups are kept and the newest are deleted, as the order is "
                    "ascending"
                ),
                praise="The newest backups come first and are kept.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="!$x.pinned",
                wrong="$x.pinned",
                issue=(
                    "Pinned backups are deleted and the others stay, since the condition is turned"
                    " round"
                ),
                praise="Pinned backups are never deleted.",
            ),
        ),
    ),
)
