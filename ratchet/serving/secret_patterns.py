"""The shapes of secrets: keys and tokens of known makers, private keys, assigned passwords.

Shapes follow the documentation of each maker, as collected by detect-secrets, gitleaks and
GitHub's secret scanning; entropy alone is no sign here, because code is full of hashes.
"""

from __future__ import annotations

import re

from ratchet.serving.detectors import Detector

KIND = "SECRET"

_PASSWORDS = r"passw(?:or)?d|passwd|passphrase|passwort|pwd"
_TOKENS = (
    r"secret|token|credential|bearer|connection[_-]?string|"
    r"(?:api|access|private|auth|account|encryption|signing)[ _-]?key"
)
_NAMES = f"{_PASSWORDS}|{_TOKENS}"
_SETS = r"(?:\s{0,2}[:=]\s{0,2}| is:? | was:? )"
_WORD = r"[^\s'\"<>(){}\[\],;]{4,500}"
_PASSWORD_STARTS = ("passw", "passphrase", "pwd")
_TOKEN_STARTS = (
    "secret", "token", "credential", "bearer", "connection", "api", "access", "private", "auth",
    "account", "encryption", "signing",
)  # fmt: skip
_SECRET_NAME = re.compile(
    rf"(?:^|[_\W]|(?<=[a-z])(?=[A-Z]))(?i:{_NAMES}|pin|cvv|cvc|apikey)s?$", re.ASCII
)
_PLACEHOLDER = re.compile(
    r"[<${%*]|(?:none|null|true|false|undefined|string|str|int|required|optional|redacted)$",
    re.IGNORECASE,
)

_KNOWN_TOKENS = (
    r"(?:AKIA|ASIA|AGPA|AIDA|AROA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Za-z])|"  # AWS
    r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}|"
    r"gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[A-Za-z0-9_=-]{20,}|"  # GitLab
    r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{10,}|"  # Slack
    r"sk-[A-Za-z0-9_-]{20,}|"  # OpenAI, Anthropic and their like
    r"[rsp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{20,}|"  # Stripe
    r"AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}|"  # Google
    r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z0-9]{30,}|"
    r"SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|"  # SendGrid
    r"dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"  # DigitalOcean, Shopify
)
_TOKEN_GUARDS = (
    "akia", "asia", "agpa", "aida", "aroa", "abia", "acca", "ghp_", "gho_", "ghu_", "ghs_",
    "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glsoat-",
    "xox", "xapp-", "sk-", "rk_", "sk_", "pk_", "whsec_", "aiza", "ya29.", "gocspx-", "npm_",
    "pypi-", "hf_", "sg.", "dop_v1_", "shpat_", "shpca_", "shppa_", "shpss_",
)  # fmt: skip


def is_secret_name(name: str) -> bool:
    """Whether a value under this name is a secret, whatever it looks like.

    >>> [is_secret_name(n) for n in ("password", "db_password", "apiKey", "token_count", "key")]
    [True, True, True, False, False]
    """
    return bool(_SECRET_NAME.search(name))


def _assigned(value: str) -> str | None:
    return None if _PLACEHOLDER.match(value) else value


def _credential(value: str) -> str | None:
    """A word that follows `Bearer` and the like: real ones are long and mixed."""
    has_digit = any(c.isdigit() for c in value)
    return value if has_digit and any(c.isalpha() for c in value) else None


DETECTORS = (
    Detector(
        kind=KIND,
        guards=("private key",),
        pattern=re.compile(
            r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
            r"(?:(?s:.)*?-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|(?s:.)*)"
        ),
    ),
    Detector(
        kind=KIND,
        guards=_TOKEN_GUARDS,
        starts_with_guard=True,
        pattern=re.compile(rf"(?<![A-Za-z0-9])(?:{_KNOWN_TOKENS})"),
    ),
    Detector(  # Twilio
        kind=KIND,
        pattern=re.compile(
            r"[AS](?<![A-Za-z0-9][AS])(?:(?<=A)C|(?<=S)K)[0-9a-f]{32}(?![0-9a-zA-Z])"
        ),
    ),
    Detector(  # Telegram
        kind=KIND,
        guards=(":aa",),
        pattern=re.compile(r"[0-9](?<![A-Za-z0-9][0-9])[0-9]{7,9}:AA[A-Za-z0-9_-]{33}"),
    ),
    Detector(  # JSON web tokens
        kind=KIND,
        guards=("eyj",),
        pattern=re.compile(
            r"e(?<![A-Za-z0-9_-]e)yJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*){1,3}"
        ),
    ),
    Detector(
        kind=KIND,
        guards=("hooks.slack.com/", "discord.com/api/webhooks/", "discordapp.com/api/webhooks/"),
        pattern=re.compile(
            r"(?:hooks\.slack\.com/(?:services|workflows)/|discord(?:app)?\.com/api/webhooks/)"
            r"(?P<value>[\w/-]{16,})"
        ),
    ),
    Detector(
        kind=KIND,
        guards=("://",),
        pattern=re.compile(r"://[^/\s:@'\"<>]{0,200}:(?P<value>[^/\s@'\"<>]{1,200})@"),
        check=_assigned,
    ),
    Detector(
        kind=KIND,
        guards=("bearer ", "basic ", "token "),
        starts_with_guard=True,
        pattern=re.compile(
            r"(?<!\w)(?i:bearer|basic|token) +(?P<value>[A-Za-z0-9._~+/=-]{16,})(?![\w(])"
        ),
        check=_credential,
    ),
    Detector(  # password = "…", "api_key": "…"
        kind=KIND,
        guards=(*_PASSWORD_STARTS, *_TOKEN_STARTS),
        starts_with_guard=True,
        pattern=re.compile(
            rf"(?i:{_NAMES})[\w-]{{0,30}}['\"]?\]?\s{{0,4}}(?::=|=>|[:=])\s{{0,4}}[rbuf]?"
            r"(?P<quote>['\"])(?P<value>[^'\"\s]{4,500})(?P=quote)"
        ),
        check=_assigned,
    ),
    Detector(  # PASSWORD=…, the password is …: with a digit or a sign, or it is code
        kind=KIND,
        guards=(*_PASSWORD_STARTS, "pin"),
        starts_with_guard=True,
        pattern=re.compile(
            rf"(?i:(?:{_PASSWORDS})[\w-]{{0,30}}{_SETS}|\bpin(?: is |: ?))"
            rf"(?P<value>(?=[^\s'\"]{{0,200}}[0-9!@#$%^&*]){_WORD})(?![\w(\[])"
        ),
        check=_assigned,
    ),
    Detector(  # TOKEN=…: with a letter and a digit, because tokens are counted too
        kind=KIND,
        guards=_TOKEN_STARTS,
        starts_with_guard=True,
        pattern=re.compile(
            rf"(?i:(?:{_TOKENS})[\w-]{{0,30}}{_SETS})"
            rf"(?P<value>(?=[^\s'\"]{{0,200}}[0-9])(?=[^\s'\"]{{0,200}}[A-Za-z]){_WORD})(?![\w(\[])"
        ),
        check=_assigned,
    ),
)  # fmt: skip
