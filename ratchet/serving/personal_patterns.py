"""The shapes of personal data: addresses, phones, cards, accounts and social security numbers.

Numbers with a checksum are checked, so that identifiers and figures in code stay readable.
Names and postal addresses need a language model and are not found; hide such fields.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

from ratchet.serving.detectors import Detector

# Length of the account number by country, from the SWIFT IBAN registry.
IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22,
    "BI": 27, "BR": 29, "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DJ": 27,
    "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18, "FK": 18, "FO": 18, "FR": 27,
    "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22, "MK": 19,
    "MN": 20, "MR": 27, "MT": 31, "MU": 30, "NI": 28, "NL": 18, "NO": 15, "OM": 23, "PK": 24,
    "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "RU": 33, "SA": 24, "SC": 31,
    "SD": 18, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "SO": 23, "ST": 25, "SV": 28, "TL": 23,
    "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20, "YE": 30,
}  # fmt: skip
CARD_LENGTHS = range(13, 20)
PHONE_DIGITS = range(8, 16)  # E.164 allows 15


def is_card_number(digits: str) -> bool:
    """Whether digits are a payment card's: issuer, length and Luhn checksum (ISO/IEC 7812).

    >>> is_card_number("4111111111111111"), is_card_number("4111111111111112")
    (True, False)
    """
    if len(digits) not in CARD_LENGTHS or digits[0] not in "23456" or len(set(digits)) == 1:
        return False
    doubled = (sum(divmod(2 * int(d), 10)) for d in digits[-2::-2])
    return (sum(doubled) + sum(int(d) for d in digits[::-2])) % 10 == 0


def is_iban(text: str) -> bool:
    """Whether a text without spaces is an IBAN: country, length, checksum (ISO 13616).

    >>> is_iban("DE89370400440532013000"), is_iban("DE88370400440532013000")
    (True, False)
    """
    if IBAN_LENGTHS.get(text[:2]) != len(text):
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _card(text: str) -> str | None:
    digits = _digits(text)
    return digits if is_card_number(digits) else None


def _iban(text: str) -> str | None:
    plain = re.sub(r"[ -]", "", text)
    return plain if is_iban(plain) else None


def _social_security(text: str) -> str | None:
    """Area 000 and 666, group 00 and serial 0000 are never given out."""
    area, group, serial = text.split("-")
    is_given = area not in {"000", "666"} and group != "00" and serial != "0000"
    return text if is_given else None


def _phone(text: str) -> str | None:
    digits = _digits(text)
    return digits if len(digits) in PHONE_DIGITS else None


def _national_phone(text: str) -> str | None:
    digits = _digits(text)
    return digits if 9 <= len(digits) <= 12 else None


def _ip4(text: str) -> str | None:
    try:
        address = IPv4Address(text)
    except ValueError:
        return None
    is_nobody = address.is_loopback or address.is_unspecified or address.is_multicast
    return None if is_nobody or text == "255.255.255.255" else text


def _ip6(text: str) -> str | None:
    if text.count(":") < 3 and not (len(text) > 6 and any(c.isdigit() for c in text)):
        return None  # `a::b` is also code
    try:
        address = IPv6Address(text)
    except ValueError:
        return None
    return None if address.is_loopback or address.is_unspecified else address.compressed


def _digits(text: str) -> str:
    return "".join(c for c in text if c in "0123456789")


# One shape a country: a bounded one for all would swallow the word after an account number.
_IBAN_SHAPES = "|".join(
    rf"(?<={country[0]}){country[1]}[0-9]{{2}}(?:[ -]?[A-Z0-9]){{{length - 4}}}"
    for country, length in IBAN_LENGTHS.items()
)

DETECTORS = (
    Detector(
        kind="EMAIL",
        guards=("@",),
        pattern=re.compile(
            r"(?<![\w.+%-])\w[\w.+%'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])"
        ),
        check=str.lower,
    ),
    Detector(
        kind="IBAN",
        pattern=re.compile(
            rf"[A-Z](?<![A-Za-z0-9][A-Z])(?=[A-Z][0-9]{{2}})(?:{_IBAN_SHAPES})(?![A-Za-z0-9])"
        ),
        check=_iban,
    ),
    Detector(
        kind="CARD",
        pattern=re.compile(r"[0-9](?<![\w.-][0-9])(?:[ -]?[0-9]){12,18}(?![\w-]|\.[0-9])"),
        check=_card,
    ),
    Detector(
        kind="SSN",
        guards=("-",),
        pattern=re.compile(r"[0-8](?<![\w-][0-8])[0-9]{2}-[0-9]{2}-[0-9]{4}(?![\w-])"),
        check=_social_security,
    ),
    Detector(
        kind="PHONE",
        guards=("+",),
        pattern=re.compile(r"\+(?<![\w.+]\+)[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![\w.]?[0-9])"),
        check=_phone,
    ),
    Detector(  # North America
        kind="PHONE",
        pattern=re.compile(
            r"[2-9](?<![\w.-][2-9])[0-9]{2}\)?[ .-]{1,2}[0-9]{3}[ .-][0-9]{4}(?![\w-]|\.[0-9])"
        ),
        check=_phone,
    ),
    Detector(  # national numbers with a leading 0
        kind="PHONE",
        pattern=re.compile(
            r"0(?<![\w.,-]0)(?<![0-9]:0)[0-9]{1,4}[ /-][0-9]{2,8}"
            r"(?:[ -]?[0-9]{2,4}){0,3}(?![\w.:-]?[0-9])"
        ),
        check=_national_phone,
    ),
    Detector(
        kind="IP",
        guards=(".",),
        pattern=re.compile(r"[0-9](?<![\w.-][0-9])[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?![\w-]|\.[0-9])"),
        check=_ip4,
    ),
    Detector(
        kind="IP",
        guards=(":",),
        pattern=re.compile(r"(?:[0-9A-Fa-f]|::)(?<![\w.][0-9A-Fa-f])(?<![\w.:]::)"
            r"[0-9A-Fa-f:.]{1,44}(?<=[0-9A-Fa-f])(?!\w)"),
        check=_ip6,
    ),
)  # fmt: skip
