"""Defects of a text are found where they are, and ordinary technical prose has none."""

from __future__ import annotations

import pytest

from ratchet.quality.defects import find_defects
from ratchet.quality.language import language_of

ORDINARY = (
    "Changed 3 files (+84 -12): src/http/retry.py (retry_with_backoff), tests/test_retry.py.",
    "def last_page(total, size):\n    return total // size",
    "feat(api)!: drop support for Python 3.9 (#1234)",
    "Remove the TODO comments and the placeholder text from the sign-up form.",
    "Rename kwargs, strncpy and xmlns handling in libxml2 bindings",
    "hey, could we get a dark theme? :) it hurts my eyes",
    "Set DATABASE_URL to postgres://user:password@localhost/app in the tests.",
    "The test `token = 'abc'` is a fixture, see [requirements](docs/requirements.md).",
    "Die Rechtschreibprüfung übersieht zusammengesetzte Wörter.",
    "Ajoute une vérification de la longueur du mot de passe.",
    "Исправить проверку пароля на странице входа.",
    "ログインページのパスワード確認を修正する。",
    "यह पृष्ठ धीमा है।",
    "HTTP 429 and 503 must be retried; JSON, XML and CSV stay as they are.",
    "Add `HTTPTransport` and HTTPTransport.close() to the docs",
    'python-version: "${{ matrix.python-version }}"',
    "httpx.URL('https://jo%40email.com:a%20secret@example.org/') is parsed",
    "if (a < b && c > d) { return &x; }",
)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_has_no_defect(text: str) -> None:
    """Code, paths, commit subjects and other languages are no noise."""
    assert [defect.reason for defect in find_defects(text, ends_sentences=False)] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("TODO", "placeholder"),
        ("n/a", "placeholder"),
        ("your explanation here", "placeholder"),
        ("Lorem ipsum dolor sit amet", "placeholder"),
        ("The change is <insert reason>.", "unfilled placeholder"),
        ("{{explanation}} and more", "unfilled placeholder"),
        ("Uses ghp_0123456789abcdefghijABCDEFGHIJ012345 to push", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----", "secret"),
        ("connects to postgres://app:Xk29fjw8@db.internal/app", "secret"),
        ("Der Bericht fÃ¼r die BuchfÃ¼hrung", "broken"),
        ("\ufffd\ufffd\ufffd text", "broken Unicode"),
        ("!!! ??? ... --- ///", "punctuation"),
        ("<p><b>a</b></p><br/><div></div>", "HTML"),
        ("THE ACCOUNT LOCK IS MISSING IN THIS CHANGE", "capitals"),
        ("asdfgh sdfghj wrtpsd hjklzx", "gibberish"),
        ("fix the bug now " * 6, "repeats itself"),
        ("word " * 60, "repeats itself"),
    ],
)
def test_noise_is_found(text: str, reason: str) -> None:
    """Each kind of noise is named."""
    assert any(reason in defect.reason for defect in find_defects(text, ends_sentences=False))


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        ("Lock the account after the", True),
        ("One of two is covered, because", True),
        ("1. Move the counter (see the", True),
        ("The first part is there. The second one does no", True),
        ("```python\nprint(1)", True),
        ("Lock the account after five failures", False),
        ("Nothing is missing.", False),
        ("Covered by `test_lock()`", False),
    ],
)
def test_a_cut_off_answer_is_found(text: str, *, is_cut: bool) -> None:
    """A dangling end, an open fence or bracket, or a last sentence without its end."""
    reasons = [defect.reason for defect in find_defects(text, ends_sentences=True)]
    assert any("cut off" in r or "mid-sentence" in r for r in reasons) is is_cut


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The lock is not in this file, and that was to be done by the task", "English"),
        ("Die Sperre ist nicht in der Datei und das war von der Aufgabe verlangt", "German"),
        ("Le verrou est dans une classe, pas dans cette page, avec les tests", "French"),
        ("Блокировка отсутствует", "Cyrillic script"),
        ("auth.py login()", None),
    ],
)
def test_the_language_is_told_or_left_open(text: str, language: str | None) -> None:
    """Enough function words name a language; a path names none."""
    assert language_of(text) == language


SECRETS = (
    "AKIAABCDEFGHIJKLMNOP",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "sk-abcdefghij0123456789XYZ",
    "xoxb-1234567890-abc",
    "-----BEGIN RSA PRIVATE KEY-----",
    "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abcdefghijkl",
    "AIzaabcdefghijklmnopqrstuvwxyz012345678",
    'password = "abc123def456ghi789jk"',
    "https://me:hunter22x@host/",
)


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["Set {} in the environment.", "Setze {} für die Prüfung."])
def test_a_secret_is_found_in_any_text_and_any_case(secret: str, around: str) -> None:
    """In plain ASCII each kind is searched for by its sign, beyond it all at once."""
    for text in (around.format(secret), around.format(secret).upper()):
        reasons = [defect.reason for defect in find_defects(text, ends_sentences=False)]
        assert "holds a secret" in reasons


@pytest.mark.parametrize("text", ["The task-runner-with-a-long-name-of-many-words waits.", "disk-"])
def test_a_sign_within_a_word_is_no_secret(text: str) -> None:
    """A key begins where a word begins."""
    assert not find_defects(text, ends_sentences=False)
