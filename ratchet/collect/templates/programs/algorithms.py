"""Programs (algorithms) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="algorithms",
        pattern="algorithms",
        language="Python",
        title="a binary search for the first price at or above a limit",
        names={
            "f": ("first_at_least", "lower_bound", "find_price"),
            "c": ("prices", "amounts", "values"),
            "x": ("limit", "target", "wanted"),
        },
        code="""
def $f($c, $x):
    low, high = 0, len($c)
    while @1@:
        middle = (low + high) // 2
        if $c[middle] < $x:
            low = @2@
        else:
            high = middle
    return low
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="low < high",
                wrong="low <= high",
                issue=(
                    "The loop also runs when both bounds are equal, so it never ends once it has "
                    "found the place"
                ),
                praise="The loop ends when the bounds meet.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="middle + 1",
                wrong="middle - 1",
                issue=(
                    "The lower bound moves back instead of past the middle, so the search goes the"
                    " wrong way"
                ),
                praise="Each round moves a bound past the middle.",
            ),
        ),
    ),
    Program(
        category="algorithms",
        pattern="algorithms",
        language="Go",
        title="a breadth-first search for the shortest chain of followers",
        names={
            "f": ("Distance", "Hops", "ChainLength"),
            "c": ("follows", "edges", "graph"),
            "x": ("goal", "target", "to"),
        },
        code="""
func $f($c map[string][]string, from, $x string) int {
    seen := map[string]bool{from: true}
    queue, steps := []string{from}, 0
    for len(queue) > 0 {
        next := []string{}
        for _, user := range queue {
            if user == $x { return @1@ }
            for _, other := range $c[user] {
                @2@
            }
        }
        queue, steps = next, steps+1
    }
    return -1
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="steps",
                wrong="len(seen)",
                issue=(
                    "The function returns how many people were seen instead of how many steps it "
                    "took"
                ),
                praise="The answer is the number of layers walked.",
            ),
            Spot(
                severity="major",
                family="edge case",
                right="if !seen[other] { seen[other] = true; next = append(next, other) }",
                wrong="if other != user { seen[other] = true; next = append(next, other) }",
                issue=(
                    "Visited people are queued again, so two who follow each other keep the search"
                    " going for ever"
                ),
                praise="Everybody is queued once.",
            ),
        ),
    ),
    Program(
        category="algorithms",
        pattern="algorithms",
        language="TypeScript",
        title="merging overlapping opening hours",
        names={
            "f": ("mergeHours", "mergeSpans", "joinIntervals"),
            "c": ("hours", "spans", "intervals"),
            "x": ("span", "item", "entry"),
        },
        code="""
export function $f($c: Span[]): Span[] {
  const sorted = [...$c].sort((a, b) => @1@);
  const merged: Span[] = [];
  for (const $x of sorted) {
    const last = merged.at(-1);
    if (last && $x.start <= last.end) last.end = @2@;
    else merged.push({ ...$x });
  }
  return merged;
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right="a.start - b.start",
                wrong="a.end - b.end",
                issue=(
                    "The list is ordered by end, so the early start of a long span is lost when it"
                    " is joined with one inside it"
                ),
                praise="The spans are visited by their start.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="Math.max(last.end, $x.end)",
                wrong="Math.min($x.end, 24 * 60)",
                issue=(
                    "A span that lies inside the one before shortens it, because its end replaces "
                    "the later end"
                ),
                praise="The later of the two ends is kept.",
            ),
        ),
    ),
    Program(
        category="algorithms",
        pattern="algorithms",
        language="Java",
        title="choosing the k cheapest offers from a stream",
        names={
            "f": ("lowest", "bestOffers", "cheapest"),
            "c": ("offers", "bids", "quotes"),
            "x": ("offer", "bid", "quote"),
        },
        code="""
List<Offer> $f(Iterator<Offer> $c, int k) {
    var heap = new PriorityQueue<Offer>(Comparator.comparing(Offer::price)@1@);
    while ($c.hasNext()) {
        var $x = $c.next();
        heap.add($x);
        if (heap.size() @2@ k) heap.poll();
    }
    return List.copyOf(heap);
}
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right=".reversed()",
                wrong="",
                issue=(
                    "The heap drops the cheapest offer whenever it is full, so the dearest ones "
                    "are returned"
                ),
                praise="The dearest offer is the one that leaves the heap.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right=">",
                wrong=">=",
                issue="One offer too few is kept, because the heap is cut when it reaches k",
                praise="The heap is cut when it exceeds k.",
            ),
        ),
    ),
)
