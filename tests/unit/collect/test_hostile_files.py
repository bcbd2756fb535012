"""Files that were made to harm: each is refused by its reason, and costs little to refuse."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from ratchet.collect.archives import Limits
from ratchet.collect.file_examples import RowContext
from ratchet.collect.files import RejectedRow, stream_examples
from ratchet.examples import Source
from tests.builders import NOON, completeness_example

LAUGHS = "a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
ROW = json.dumps(
    {
        "inputs": dict(completeness_example().inputs),
        "outputs": dict(completeness_example().outputs),
    }
)


def rejected(path: Path, limits: Limits | None = None) -> list[RejectedRow]:
    """What of a file is refused."""
    context = RowContext(signature="validate_completeness", source=Source.IMPORT, now=NOON)
    found = stream_examples([path], context=context, limits=limits or Limits())
    return [row for row in found if isinstance(row, RejectedRow)]


def zipped(path: Path, members: dict[str | zipfile.ZipInfo, str]) -> Path:
    """An archive with these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (LAUGHS, "its aliases expand to more than 100,000 values"),
        ("- &a [*a]\n", "the alias *a stands for nothing before it, or itself"),
        ("- !!python/object/apply:os.system ['true']\n", "the tag tag:yaml.org,2002:python/object"),
        ("- !!binary aGVsbG8=\n", "the tag tag:yaml.org,2002:binary is not read"),
        ("- {a: 1, a: 2}\n", "the key 'a' is there twice"),
        ("- {a: .nan}\n", ".nan is no number that can be stored"),
        ("- {1: a}\n", "the key 1 is no text"),
        ("- &b {a: 1}\n- {<<: *b}\n", "merge keys (<<) are not read"),
        ("- " + "[" * 100 + "]" * 100 + "\n", "is nested deeper than 64 levels"),
        ("- " + "[" * 100_000 + "\n", "is nested deeper than 64 levels"),
        ("- {a: 'b\n", "broken YAML"),
        ("- \x07\n", "broken YAML"),
    ],
    ids=range(12),
)
def test_hostile_yaml_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    """No tag makes an object, no alias a bomb, no depth a crash."""
    path = tmp_path / "rows.yaml"
    path.write_text(text)

    reasons = [row.reason for row in rejected(path)]
    assert any(reason in found for found in reasons), reasons


def test_a_refused_yaml_row_costs_no_other(tmp_path: Path) -> None:
    """A bomb in the middle of a list: the rows around it are read."""
    path = tmp_path / "rows.yaml"
    path.write_text(f"- {ROW}\n- {{a: .inf}}\n- {ROW}\n")

    (row,) = rejected(path)

    assert (row.row, row.line) == (2, 2)


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/evil.json", "..\\evil.json"])
def test_a_member_that_leads_out_of_its_archive_is_refused(tmp_path: Path, name: str) -> None:
    """The name is refused, nothing is written anywhere, and the good member is read."""
    folder = tmp_path / "deep" / "er"
    folder.mkdir(parents=True)
    path = zipped(folder / "rows.zip", {name: ROW, "good.json": ROW})

    (row,) = rejected(path)

    assert "leads out of the archive; refused" in row.reason
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["rows.zip"]


def test_a_zip_bomb_is_stopped_while_it_is_unpacked(tmp_path: Path) -> None:
    """Ten megabytes of nothing in ten kilobytes."""
    path = zipped(tmp_path / "bomb.zip", {"rows.jsonl": " " * 10 * 2**20})

    (row,) = rejected(path)

    assert path.stat().st_size < 20_000
    assert "times its size or the most that is read" in row.reason


def test_a_gzip_bomb_is_stopped_while_it_is_unpacked(tmp_path: Path) -> None:
    """The size that the file claims is not asked."""
    path = tmp_path / "rows.json.gz"
    path.write_bytes(gzip.compress(b" " * 10 * 2**20))

    (row,) = rejected(path)

    assert "times its size or the most that is read" in row.reason


def test_what_all_members_unpack_to_is_counted_together(tmp_path: Path) -> None:
    """Many small members are a bomb too."""
    path = zipped(tmp_path / "rows.zip", {f"{n}.jsonl": ROW for n in range(4)})

    reasons = [row.reason for row in rejected(path, Limits(max_bytes=3 * len(ROW)))]

    assert len(reasons) == 1
    assert "unpacks to more than" in reasons[0]


def _link() -> zipfile.ZipInfo:
    link = zipfile.ZipInfo("link.json")
    link.external_attr = 0o120777 << 16
    return link


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({_link(): "/etc/passwd"}, "is a link; refused"),
        ({"inner.zip": "x"}, "is called .zip; .json, .jsonl"),
        ({"run.sh": "x"}, "is called .sh; .json, .jsonl"),
        ({f"{n}.json": "1" for n in range(1_001)}, "holds 1,001 files; at most 1,000 are read"),
    ],
)
def test_what_no_honest_archive_holds_is_refused(
    tmp_path: Path, members: dict[str | zipfile.ZipInfo, str], reason: str
) -> None:
    """Links, archives in archives, programs, a flood of files."""
    (row,) = rejected(zipped(tmp_path / "rows.zip", members))

    assert reason in row.reason


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rows.zip", b"PK\x03\x04 no archive", "is no archive that can be read"),
        ("rows.jsonl.gz", gzip.compress(ROW.encode())[:-9], "can not be unpacked"),
        ("rows.jsonl.gz", b"plain text", "can not be unpacked"),
        ("rows.exe.gz", gzip.compress(b"x"), "is called .exe; .json, .jsonl"),
        ("rows.parquet", b"PAR1 no parquet PAR1", "is no Parquet that can be read"),
        ("rows.csv", b"a,b\n1,\xff\n", "is not UTF-8: byte 0xff"),
        ("rows.csv", b"\xff\xfea\x00", "is UTF-16; save the file as UTF-8"),
        ("rows.csv", b"a,b\n1,x\x00y\n", "a text holds a NUL character"),
        ("rows.jsonl", b'{"a": "' + b"x" * (16 * 2**20 + 8) + b'"}\n', "is longer than 16,777,216"),
    ],
    ids=range(9),
)
def test_damaged_files_are_refused(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    """Cut off, of another kind, in another encoding, without line ends."""
    path = tmp_path / name
    path.write_bytes(content)

    reasons = [row.reason for row in rejected(path)]
    assert len(reasons) == 1
    assert reason in reasons[0]


def test_what_json_has_no_form_for_is_refused_in_parquet(tmp_path: Path) -> None:
    """Bytes and NaN, by the name of their column."""
    path, frame = tmp_path / "rows.parquet", io.BytesIO()
    pl.DataFrame({"a": [b"x", None], "b": [1.0, float("nan")]}).write_parquet(frame)
    path.write_bytes(frame.getvalue())

    reasons = [row.reason for row in rejected(path)]

    assert "column a holds bytes" in reasons[0]
    assert "column b holds nan" in reasons[1]
