"""Programs (data structures) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="performance",
        pattern="data structures",
        language="Python",
        title="a cache that forgets the entry used longest ago",
        names={
            "f": ("get", "fetch", "read"),
            "c": ("entries", "items", "slots"),
            "x": ("key", "name", "address"),
        },
        code="""
def $f(self, $x):
    if $x in self.$c:
        @1@
        return self.$c[$x]
    value = self.load($x)
    self.$c[$x] = value
    if len(self.$c) > self.capacity:
        self.$c.popitem(@2@)
    return value
""",
        spots=(
            Spot(
                severity="minor",
                family="performance",
                right="self.$c.move_to_end($x)",
                wrong="self.$c.setdefault($x)",
                issue=(
                    "A hit does not renew the entry, so popular entries are dropped as early as "
                    "forgotten ones"
                ),
                praise="A hit moves the entry to the young end.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="last=False",
                wrong="last=True",
                issue=(
                    "The entry just loaded is dropped when the cache is full, so nothing new is "
                    "ever kept"
                ),
                praise="The entry at the old end is dropped.",
            ),
        ),
    ),
    Program(
        category="data",
        pattern="data structures",
        language="Python",
        title="reading amounts from a German spreadsheet export",
        names={
            "f": ("parse_amount", "read_amount", "to_decimal"),
            "c": ("text", "cell", "raw"),
            "x": ("amount", "number", "value"),
        },
        code=r"""
def $f($c: str) -> Decimal:
    $x = $c.strip().replace("\u00a0", "")
    if "," in $x:
        $x = @1@
    if $x.startswith("(") and $x.endswith(")"):
        $x = @2@
    return Decimal($x)
""",
        spots=(
            Spot(
                severity="major",
                family="logic",
                right='$x.replace(".", "").replace(",", ".")',
                wrong='$x.replace(",", "").replace(".", "")',
                issue=(
                    "The decimal comma is deleted with the separators, so 1.234,50 becomes 123450"
                ),
                praise="Points are removed and the decimal comma becomes a point.",
            ),
            Spot(
                severity="minor",
                family="logic",
                right='"-" + $x.strip("()")',
                wrong='"0" + $x.strip("()")',
                issue="Amounts in brackets, which are negative in accounting, are read as positive",
                praise="Amounts in brackets come out negative.",
            ),
        ),
    ),
    Program(
        category="data",
        pattern="data structures",
        language="Rust",
        title="splitting a file without quoted fields into records",
        names={
            "f": ("records", "split_records", "parse"),
            "c": ("input", "bytes", "source"),
            "x": ("line", "row", "record"),
        },
        code="""
pub fn $f($c: &str) -> Vec<Vec<String>> {
    $c.lines()
        .filter(|$x| @1@)
        .map(|$x| $x.split(';').map(|field| @2@).collect())
        .collect()
}
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="!$x.trim().is_empty()",
                wrong="!$x.starts_with('#')",
                issue=(
                    "Blank lines, such as the one at the end of many files, become records with "
                    "one empty field"
                ),
                praise="Blank lines are skipped.",
            ),
            Spot(
                severity="minor",
                family="logic",
                right="field.trim().to_string()",
                wrong="field.trim_end().to_string()",
                issue="Leading blanks stay in the fields, so the same key appears in two spellings",
                praise="Fields are trimmed at both ends.",
            ),
        ),
    ),
    Program(
        category="files",
        pattern="data structures",
        language="Go",
        title="writing a settings file safely",
        names={
            "f": ("WriteSettings", "Save", "Persist"),
            "c": ("settings", "config", "values"),
            "x": ("temporary", "draft", "scratch"),
        },
        code="""
func $f(name string, $c []byte) error {
    $x, err := os.CreateTemp(@1@, "settings-*")
    if err != nil { return err }
    defer os.Remove($x.Name())
    if _, err := $x.Write($c); err != nil { return err }
    if err := @2@; err != nil { return err }
    if err := $x.Close(); err != nil { return err }
    return os.Rename($x.Name(), name)
}
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="filepath.Dir(name)",
                wrong="os.TempDir()",
                issue="The temporary file may lie on another file system, where renaming fails",
                praise="The temporary file lies beside its target.",
            ),
            Spot(
                severity="minor",
                family="edge case",
                right="$x.Sync()",
                wrong="$x.Chmod(0o600)",
                issue=(
                    "The data is not flushed before the rename, so a power cut can leave an empty "
                    "file"
                ),
                praise="The data is on the disk before the name changes.",
            ),
        ),
    ),
    Program(
        category="observability",
        pattern="data structures",
        language="Java",
        title="a histogram of response times",
        names={
            "f": ("record", "observe", "add"),
            "c": ("bounds", "limits", "edges"),
            "x": ("millis", "duration", "elapsed"),
        },
        code="""
private final long[] $c = {10, 50, 100, 500, 1000};
private final LongAdder[] buckets = adders(@1@);
void $f(long $x) {
    int index = 0;
    while (index < $c.length && $x @2@ $c[index]) index++;
    buckets[index].increment();
}
""",
        spots=(
            Spot(
                severity="major",
                family="edge case",
                right="$c.length + 1",
                wrong="$c.length",
                issue=(
                    "There is no bucket for the slowest responses, so one above 1,000 ms ends in "
                    "an exception"
                ),
                praise="The last bucket takes everything above the highest bound.",
            ),
            Spot(
                severity="major",
                family="logic",
                right=">",
                wrong="<",
                issue=(
                    "The comparison is turned round, so a fast response lands in a bucket for slow"
                    " ones"
                ),
                praise="A response is counted in the first bucket that holds it.",
            ),
        ),
    ),
    Program(
        category="ui",
        pattern="data structures",
        language="TypeScript",
        title="a search field that waits until typing stops",
        names={
            "f": ("useSearch", "createSearch", "liveSearch"),
            "c": ("timer", "handle", "pending"),
            "x": ("query", "words", "term"),
        },
        code="""
export function $f(search: (q: string) => Promise<Row[]>, show: (rows: Row[]) => void) {
  let $c: number | undefined;
  let latest = 0;
  return ($x: string) => {
    @1@;
    $c = window.setTimeout(async () => {
      const turn = ++latest;
      const rows = await search($x);
      if (@2@) show(rows);
    }, 250);
  };
}
""",
        spots=(
            Spot(
                severity="minor",
                family="performance",
                right="window.clearTimeout($c)",
                wrong="window.cancelIdleCallback($c ?? 0)",
                issue=(
                    "The earlier timer is never cleared, so each letter sends a request of its own"
                ),
                praise="A new letter cancels the timer of the one before.",
            ),
            Spot(
                severity="major",
                family="concurrency",
                right="turn === latest",
                wrong="turn <= latest",
                issue="A slow answer to an earlier text replaces the rows of the newest one",
                praise="Answers that are out of date are dropped.",
            ),
        ),
    ),
)
