"""Programs (APIs) with two places each where a defect can be planted."""

from __future__ import annotations

from ratchet.collect.templates.program import Program, Spot

PROGRAMS = (
    Program(
        category="api",
        pattern="APIs",
        language="Python",
        title="an endpoint that returns an invoice",
        names={
            "f": ("read_invoice", "show_invoice", "get_invoice"),
            "c": ("invoices", "repository", "store"),
            "x": ("invoice", "document", "bill"),
        },
        code="""
@router.get("/invoices/{number}")
def $f(number: int, user: User = Depends(current_user)):
    $x = $c.find(number)
    if $x is None @1@:
        raise HTTPException(404)
    return {"number": number, "total": @2@}
""",
        spots=(
            Spot(
                severity="major",
                family="security",
                right="or $x.owner_id != user.id",
                wrong="or $x.number != number",
                issue=(
                    "Any signed-in user can read the invoices of others, because the owner is not "
                    "compared"
                ),
                praise="Invoices of other people look as if they did not exist.",
            ),
            Spot(
                severity="minor",
                family="logic",
                right="str($x.total.quantize(CENT))",
                wrong="float($x.total.quantize(CENT))",
                issue=(
                    "The total is sent as a binary float, so some amounts lose a cent in the "
                    "client's sums"
                ),
                praise="Amounts travel as decimal text.",
            ),
        ),
    ),
    Program(
        category="api",
        pattern="APIs",
        language="TypeScript",
        title="a client that fetches all pages of a listing",
        names={
            "f": ("fetchAll", "allPages", "readEverything"),
            "c": ("items", "entries", "results"),
            "x": ("page", "chunk", "part"),
        },
        code="""
export async function $f(url: string): Promise<Item[]> {
  const $c: Item[] = [];
  let next: string | null = url;
  while (next) {
    const response = await fetch(next);
    if (@1@) throw new HttpError(response.status);
    const $x = await response.json();
    $c.push(...$x.items);
    next = @2@;
  }
  return $c;
}
""",
        spots=(
            Spot(
                severity="minor",
                family="edge case",
                right="!response.ok",
                wrong="!response",
                issue=(
                    "An error page is read as if it were data, because fetch resolves for a 500 as"
                    " well"
                ),
                praise="The status is checked before the body is read.",
            ),
            Spot(
                severity="major",
                family="logic",
                right="$x.next ?? null",
                wrong="$x.next ?? url",
                issue="After the last page the loop begins again with the first one",
                praise="The loop ends when there is no next page.",
            ),
        ),
    ),
    Program(
        category="api",
        pattern="APIs",
        language="Go",
        title="a handler that stores an uploaded avatar",
        names={
            "f": ("PutAvatar", "SaveAvatar", "StoreAvatar"),
            "c": ("store", "bucket", "files"),
            "x": ("data", "content", "image"),
        },
        code="""
func (s *Server) $f(w http.ResponseWriter, r *http.Request) {
    $x, err := io.ReadAll(@1@)
    if err != nil {
        http.Error(w, "too large", http.StatusRequestEntityTooLarge)
        return
    }
    name := @2@
    if err := s.$c.Write(path.Join("avatars", name), $x); err != nil {
        http.Error(w, "try again", http.StatusServiceUnavailable)
        return
    }
    w.WriteHeader(http.StatusNoContent)
}
""",
        spots=(
            Spot(
                severity="minor",
                family="security",
                right="http.MaxBytesReader(w, r.Body, 1<<20)",
                wrong="bufio.NewReaderSize(r.Body, 1<<20)",
                issue="The size of the upload is unbounded, so one request can exhaust the memory",
                praise="Bodies above one megabyte are cut off.",
            ),
            Spot(
                severity="major",
                family="security",
                right="strconv.FormatInt(userID(r), 10)",
                wrong='r.URL.Query().Get("name")',
                issue=(
                    "The file name comes from the query, so a caller can write outside the folder "
                    "with ../"
                ),
                praise="The file name is the number of the signed-in user.",
            ),
        ),
    ),
    Program(
        category="files",
        pattern="APIs",
        language="Python",
        title="unpacking an uploaded archive",
        names={
            "f": ("unpack", "extract_all", "open_archive"),
            "c": ("archive", "bundle", "upload"),
            "x": ("member", "entry", "part"),
        },
        code="""
def $f($c: ZipFile, folder: Path, limit: int) -> None:
    total = 0
    for $x in $c.infolist():
        target = (folder / $x.filename).resolve()
        if not @1@:
            raise UnsafeArchive($x.filename)
        total += @2@
        if total > limit:
            raise ArchiveTooLarge(total)
        $c.extract($x, folder)
""",
        spots=(
            Spot(
                severity="major",
                family="security",
                right="target.is_relative_to(folder.resolve())",
                wrong="target.name == Path($x.filename).name",
                issue=(
                    "A member called ../../etc/cron.d/job is written outside the folder, as the "
                    "path is not checked"
                ),
                praise="Members that would leave the folder are refused.",
            ),
            Spot(
                severity="minor",
                family="security",
                right="$x.file_size",
                wrong="$x.compress_size",
                issue="The limit counts compressed bytes, so a small bomb can fill the disk",
                praise="The limit counts the unpacked size.",
            ),
        ),
    ),
    Program(
        category="cli",
        pattern="APIs",
        language="Python",
        title="running the formatter on a file the user names",
        names={
            "f": ("format_file", "run_formatter", "tidy"),
            "c": ("path", "target", "name"),
            "x": ("result", "outcome", "done"),
        },
        code="""
def $f($c: Path, write: bool) -> int:
    $x = subprocess.run(@1@, capture_output=True, text=True)
    if @2@:
        print($x.stderr, file=sys.stderr)
        return $x.returncode
    if write:
        $c.write_text($x.stdout)
    return 0
""",
        spots=(
            Spot(
                severity="major",
                family="security",
                right='["fmt", "--", str($c)]',
                wrong='f"fmt -- {$c}", shell=True',
                issue=(
                    "The file name reaches a shell, so a name with a semicolon runs another command"
                ),
                praise="The program gets its arguments as a list.",
            ),
            Spot(
                severity="major",
                family="edge case",
                right="$x.returncode != 0",
                wrong="$x.returncode < 0",
                issue=(
                    "A failing formatter passes the check, and the file is overwritten with its "
                    "empty output"
                ),
                praise="Nothing is written when the formatter fails.",
            ),
        ),
    ),
)
