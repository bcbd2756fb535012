"""A backup holds the settings, and none of their secrets."""

from __future__ import annotations

import json
import string
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from ratchet.backup.redaction import redact

SECRETS = st.text(string.ascii_letters + string.digits + "'\"\\é# ", min_size=6).filter(
    lambda text: text.strip() == text
)


@given(SECRETS)
def test_no_secret_stays_whatever_it_looks_like(secret: str) -> None:
    """By the name of its key it goes, also from inline tables; else the text is left out."""
    value = json.dumps(secret, ensure_ascii=False)
    text = f'model = "x"\n[alerts]\nslack = {{webhook_url = {value}, n = 1}}\npassword = {value}\n'

    found = redact(text)

    assert found.keys == ("alerts.slack.webhook_url", "alerts.password")
    if found.text is not None:
        left = tomllib.loads(found.text)
        assert left == {
            "model": "x",
            "alerts": {"slack": {"webhook_url": "***", "n": 1}, "password": "***"},
        }


@given(st.text(string.ascii_letters + string.digits + "!$%*", min_size=6))
def test_the_password_in_a_url_goes_and_the_rest_stays(password: str) -> None:
    """So that a person sees which database it was."""
    found = redact(f'database_url = "postgresql://ann:{password}@db.example/ratchet"\n')

    assert found.text == 'database_url = "postgresql://ann:***@db.example/ratchet"\n'


def test_settings_without_secrets_stay_as_they_are() -> None:
    """Numbers named like secrets are none, and a URL without a password is no secret."""
    text = 'home = "state"\ndatabase_url = "postgresql://ann@db/r"\n[budget]\nmax_tokens = 100\n'

    assert redact(text).text == text
    assert redact(text).keys == ()


def test_a_comment_goes_for_it_may_hold_a_secret_of_yesterday() -> None:
    """`# api_key = "old"` is as secret as it was."""
    assert redact('# api_key = "old-but-good"\nhome = "x"\n').text == 'home = "x"\n'


def test_settings_that_can_not_be_read_are_left_out() -> None:
    """Nobody can tell what is secret in them."""
    assert redact("password = ").text is None
