"""The manifest: sealed, readable again, and no way out of the folder."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet.backup.manifest import (
    AuditHead,
    BackupFile,
    DatabaseFacts,
    DatasetFact,
    Manifest,
    ProgramFact,
    parse_manifest,
)
from ratchet.errors import InputError, RatchetError, StoreError
from tests.builders import NOON

FILE = BackupFile(name="datasets/s/v1/dataset.json", size_bytes=3, sha256="0" * 64, mode=0o444)


def manifest(**changes: Any) -> Manifest:
    """A manifest with something in every field."""
    fields: dict[str, Any] = {
        "name": "backup_20260301_120000",
        "created": NOON,
        "ratchet_version": "1.0",
        "files": (FILE,),
        "places": {"programs": "/srv/programs"},
        "database": DatabaseFacts(
            kind="sqlite",
            version="3.40",
            revision="0003",
            tables={"examples": 2},
            audit_head=AuditHead(entry_id=7, hash="ab"),
        ),
        "datasets": (DatasetFact(signature="s", version="v1", examples=2, content_sha256="cd"),),
        "latest": {"s": "v1"},
        "programs": (ProgramFact(signature="s", version="p1", sha256="ef"),),
        "left_out": ("a link",),
        "note": "before the upgrade é",
    }
    return Manifest(**{**fields, **changes})


def test_a_manifest_reads_back_as_it_was() -> None:
    """Nothing is lost on the way to disk, with a database and without."""
    for written in (manifest(), manifest(database=None, datasets=(), programs=())):
        assert parse_manifest(written.to_bytes(), where="b") == written


@pytest.mark.parametrize(
    "name",
    [
        "datasets/../../etc/passwd",
        "/etc/passwd",
        "datasets//x",
        "datasets/.hidden",
        "elsewhere/file",
        "datasets",
        "datasets/a/..",
        "programs/a\0b",
        "",
    ],
)
def test_a_name_that_could_lead_out_is_refused(name: str) -> None:
    """A file belongs under the folder of its part, and nowhere else."""
    with pytest.raises(InputError, match="could lead out"):
        BackupFile(name=name, size_bytes=0, sha256="", mode=0o644)


@given(st.data())
def test_a_manifest_that_was_changed_anywhere_is_refused(data: st.DataObject) -> None:
    """Every byte of it counts: cut off, or one byte replaced, it is damaged or says the same."""
    content = manifest().to_bytes()
    place = data.draw(st.integers(0, len(content) - 1))
    byte = data.draw(st.binary(max_size=1))
    changed = content[:place] + byte + content[place + 1 :]
    try:
        read = parse_manifest(changed, where="b")
    except RatchetError as error:
        assert "damaged" in str(error) or "lead out" in str(error) or "of form" in str(error)  # noqa: PT017 - it may also be as good as it was
    else:
        assert read == manifest()


def test_a_manifest_of_a_newer_form_asks_for_an_upgrade() -> None:
    """What a later Ratchet wrote is not called damaged."""
    document = {**json.loads(manifest().to_bytes()), "schema_version": 2}

    with pytest.raises(StoreError, match=r"of form 2.*Upgrade Ratchet"):
        parse_manifest(json.dumps(document).encode(), where="b")
