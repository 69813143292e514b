"""Phone numbers in the form of ITU-T E.164; virtual and hidden ones are nobody's."""

from __future__ import annotations

import re
import unicodedata

from .hashed import is_hashed
from .text import is_masked

#: calling codes by country, ITU-T list of E.164 country codes
CALLING_CODES = {
    **dict.fromkeys(("US", "CA", "PR", "DO", "JM"), "1"),
    "AE": "971", "AR": "54", "AT": "43", "AU": "61", "BE": "32", "BG": "359",
    "BR": "55", "CH": "41", "CL": "56", "CN": "86", "CO": "57", "CZ": "420",
    "DE": "49", "DK": "45", "EE": "372", "EG": "20", "ES": "34", "FI": "358",
    "FR": "33", "GB": "44", "GR": "30", "HK": "852", "HR": "385", "HU": "36",
    "ID": "62", "IE": "353", "IL": "972", "IN": "91", "IT": "39", "JP": "81",
    "KR": "82", "LT": "370", "LU": "352", "LV": "371", "MO": "853", "MX": "52",
    "MY": "60", "NL": "31", "NO": "47", "NZ": "64", "PE": "51", "PH": "63",
    "PL": "48", "PT": "351", "RO": "40", "RU": "7", "SA": "966", "SE": "46",
    "SG": "65", "SI": "386", "SK": "421", "TH": "66", "TR": "90", "TW": "886",
    "UA": "380", "VN": "84", "ZA": "27",
}  # fmt: skip
#: countries whose national numbers keep their leading 0
KEEPS_ZERO = frozenset(("IT",))
#: how many digits a national number has where a number with the calling code but
#: without "+" is common
NATIONAL_LENGTH = {"CN": 11, "US": 10, "CA": 10}
#: marketplaces lend a number for the time of the delivery and add an extension
_EXTENSION = re.compile(
    r"(?:ext\.?|extension|durchwahl|转|轉|分机|[,;#x])\s*\d+\s*$", re.I
)
_CHINESE_EXTENSION = re.compile(r"^(?:\+?86[-\s]?)?1\d{10}\s*[-－_]\s*\d{2,6}$")
SHORTEST, LONGEST = 7, 15


def number(text: str, country: str = "") -> str:
    """A number as E.164, ``+`` and digits; empty when it identifies nobody.

    A number of an unknown country is its digits alone, and the SHA-256 of a number is
    that: they equal only themselves.

    :param country: code of two letters, where the contact lives.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    if is_hashed(text.lower()):
        return text.lower()
    if not text or is_masked(text):
        return ""
    if _EXTENSION.search(text) or _CHINESE_EXTENSION.match(text):
        return ""
    international = text.startswith(("+", "00"))
    text = text.replace("(0)", "") if international else text
    digits = re.sub(r"\D", "", text)
    if international and not text.startswith("+"):
        digits = digits[2:]
    if len(set(digits[-8:])) <= 2 or _is_run(digits):
        return ""
    if not international:
        digits, international = _with_calling_code(digits, country.upper())
    if not SHORTEST <= len(digits) <= LONGEST:
        return ""
    return f"+{digits}" if international else digits


def _with_calling_code(digits: str, country: str) -> tuple[str, bool]:
    code = CALLING_CODES.get(country)
    if not code:
        return digits, False
    length = NATIONAL_LENGTH.get(country)
    if length and len(digits) == length + len(code) and digits.startswith(code):
        return digits, True
    if country not in KEEPS_ZERO:
        digits = digits.removeprefix("0")
    return code + digits, True


def _is_run(digits: str) -> bool:
    """Whether somebody only drew a finger along the keys."""
    return any(digits in keys for keys in ("0123456789012345", "9876543210987654"))
