"""Atomic writes and reads that say where a file is broken."""

from __future__ import annotations

from pathlib import Path

import pytest

from ratchet.errors import InputError, StoreError
from ratchet.files import read_json, read_jsonl, write_json, write_jsonl


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Rows survive the trip, lone surrogates from broken encodings included."""
    rows = [{"a": "é"}, {"b": "\udcff"}]

    write_jsonl(tmp_path / "deep" / "rows.jsonl", rows)

    assert list(read_jsonl(tmp_path / "deep" / "rows.jsonl")) == rows


def test_a_failed_write_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    """A value that can not be written does not cost what was there."""
    path = tmp_path / "value.json"
    write_json(path, {"kept": True})

    with pytest.raises(TypeError):
        write_json(path, {"broken": object()})

    assert read_json(path) == {"kept": True}
    assert [p.name for p in tmp_path.iterdir()] == ["value.json"]


def test_a_folder_that_can_not_be_made_is_explained(tmp_path: Path) -> None:
    """The message names the path and a way out."""
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StoreError, match="RATCHET_HOME"):
        write_json(tmp_path / "file" / "value.json", {})


def test_broken_json_is_located(tmp_path: Path) -> None:
    """File, line and column lead to the fault."""
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n{"a": }\n')

    with pytest.raises(InputError, match=r"rows.jsonl, line 2, column 7"):
        list(read_jsonl(path))
