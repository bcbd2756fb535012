"""Programs (concurrency) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="concurrency",
        pattern="concurrency",
        language="Java",
        title="a counter of requests per client",
        names={
            "f": ("count", "register", "add"),
            "c": ("counts", "totals", "hits"),
            "x": ("client", "caller", "key"),
        },
        code="""
private final ConcurrentMap<String, @1@> $c = new ConcurrentHashMap<>();
void $f(String $x) {
    @2@
}
long of(String $x) {
    var value = $c.get($x);
    return value == null ? 0 : value.longValue();
}
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="Long",
                wrong="Short",
                issue="The counter is a Short, which turns negative after 32,767 requests",
                praise="A 64-bit counter does not overflow in practice.",
            ),
            Spot(
                severity="major",
                family="concurrency",
                right="$c.merge($x, one(), this::sum);",
                wrong="$c.put($x, sum($c.getOrDefault($x, zero()), one()));",
                issue=(
                    "Reading and writing are two steps, so increments of parallel threads are lost"
                ),
                praise="The map adds in one atomic step.",
            ),
        ),
    ),
    Program(
        category="concurrency",
        pattern="concurrency",
        language="Go",
        title="fetching many addresses in parallel",
        names={
            "f": ("FetchAll", "Collect", "LoadAll"),
            "c": ("urls", "addresses", "links"),
            "x": ("body", "page", "text"),
        },
        code="""
func $f($c []string) map[string]string {
    var group sync.WaitGroup
    var mutex sync.Mutex
    found := map[string]string{}
    for _, url := range $c {
        @1@
        go func(url string) {
            defer group.Done()
            $x := fetch(url)
            @2@
        }(url)
    }
    group.Wait()
    return found
}
""",
        spots=(
            Spot(
                severity="major",
                family="concurrency",
                right="group.Add(1)",
                wrong="defer group.Add(1)",
                issue=(
                    "The group is raised when the function returns, so Wait ends at once and Done "
                    "panics"
                ),
                praise="The group is raised before each goroutine starts.",
            ),
            Spot(
                severity="major",
                family="concurrency",
                right="mutex.Lock(); found[url] = $x; mutex.Unlock()",
                wrong="if mutex.TryLock() { found[url] = $x; mutex.Unlock() }",
                issue=(
                    "A result is thrown away when another goroutine holds the lock at that moment"
                ),
                praise="Each write to the map waits for the lock.",
            ),
        ),
    ),
    Program(
        category="concurrency",
        pattern="concurrency",
        language="Python",
        title="moving stock between two warehouses",
        names={
            "f": ("move", "shift_stock", "relocate"),
            "c": ("left", "origin", "source"),
            "x": ("right", "target", "destination"),
        },
        code="""
def $f($c, $x, quantity):
    first, second = @1@
    with first.lock, second.lock:
        if $c.stock < quantity:
            raise OutOfStock($c.name)
        $c.stock -= quantity
        @2@
""",
        spots=(
            Spot(
                severity="major",
                family="concurrency",
                right="sorted(($c, $x), key=lambda w: w.id)",
                wrong="($c, $x) if $c.stock else ($x, $c)",
                issue=(
                    "Locks are taken in the caller's order, so two opposite moves can block each "
                    "other for ever"
                ),
                praise="Both locks are always taken in the order of the ids.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="$x.stock += quantity",
                wrong="$x.stock = quantity",
                issue=(
                    "The target's stock is overwritten with the moved amount instead of raised by "
                    "it"
                ),
                praise="The target gains what the source loses.",
            ),
        ),
    ),
    Program(
        category="concurrency",
        pattern="concurrency",
        language="Rust",
        title="a cache that fills itself on first use",
        names={
            "f": ("lookup", "get_or_load", "resolve"),
            "c": ("cache", "memo", "table"),
            "x": ("key", "name", "id"),
        },
        code="""
pub fn $f(&self, $x: &str) -> Arc<Profile> {
    let mut $c = self.$c.lock().unwrap();
    if let Some(entry) = $c.get($x) {
        if @1@ {
            return entry.profile.clone();
        }
    }
    let profile = Arc::new(self.load($x));
    $c.insert(@2@, Entry::new(profile.clone()));
    profile
}
""",
        spots=(
            Spot(
                severity="minor",
                family="logic",
                right="entry.age() < self.max_age",
                wrong="entry.age() > self.max_age",
                issue=(
                    "Fresh entries are loaded again and stale ones are served, as the comparison "
                    "is turned round"
                ),
                praise="An entry is served while it is younger than the limit.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="$x.to_string()",
                wrong="profile.name.clone()",
                issue=(
                    "Entries are stored under the profile's name but looked up by another key, so "
                    "the cache never hits"
                ),
                praise="The key of the lookup is the key of the entry.",
            ),
        ),
    ),
    Program(
        category="infrastructure",
        pattern="concurrency",
        language="Go",
        title="draining a server before it stops",
        names={
            "f": ("Drain", "Shutdown", "StopGently"),
            "c": ("server", "srv", "web"),
            "x": ("grace", "patience", "timeout"),
        },
        code="""
func $f($c *http.Server, jobs *sync.WaitGroup, $x time.Duration) error {
    ctx, cancel := context.WithTimeout(context.Background(), @1@)
    defer cancel()
    if err := @2@; err != nil {
        return fmt.Errorf("draining: %w", err)
    }
    jobs.Wait()
    return nil
}
""",
        spots=(
            Spot(
                severity="minor",
                family="logic",
                right="$x",
                wrong="$x/time.Second",
                issue="The grace period is divided by a second, so it lasts a few nanoseconds",
                praise="The whole grace period is granted.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="$c.Shutdown(ctx)",
                wrong="$c.Close()",
                issue=(
                    "Open connections are cut at once, because the server is closed instead of "
                    "drained"
                ),
                praise="Open requests may finish.",
            ),
        ),
    ),
)
