"""Well-known shapes of secrets; a text with one in it never becomes an example."""

from __future__ import annotations

import re

SECRETS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY|"
    r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA)[0-9A-Z]{16}\b|"  # AWS
    r"\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,}|"
    r"\bglpat-[A-Za-z0-9_-]{20,}|"
    r"\bxox[abeprs]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/services/T\w+/B\w+|"
    r"\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}|\b[rs]k_live_[A-Za-z0-9]{16,}|"
    r"\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}|"
    r"\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{50,}|"
    r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|"  # JSON web tokens
    r"[a-z][a-z0-9+.-]*://[^/\s:@'\"]+:(?![{$<%*x]+)[^/\s@'\"]{6,}@[^\s'\"]+|"
    r"(?i:\b[\w-]{0,30}(?:passw(?:or)?d|passwd|secret|token|api[_-]?key|access[_-]?key|"
    r"auth[_-]?key)"
    r"[\w-]{0,10}['\"]?\s*(?:=|:|"
    r"=>)\s*['\"])(?=[^'\"\s]*[0-9])(?=[^'\"\s]*[A-Za-z])[^'\"\s${}<>]{12,}['\"]"
)


def has_secret(text: str) -> bool:
    """Whether `text` holds what looks like a real credential.

    Placeholders (`password = "changeme"`, `token="<your token>"`) are no secrets: a value must
    have twelve or more characters with letters and digits.

    >>> has_secret('api_key = "k3yk3yk3yk3y9"'), has_secret('password = "changeme"')
    (True, False)
    """
    return bool(SECRETS.search(text))
