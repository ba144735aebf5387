"""Whether a value looks like a secret; what reads as something else is none. Pure.

A secret has letters and digits. A password that is a word or a number is not known from one.
"""

import re

_PLACEHOLDER = re.compile(
    r"[<\[{%]|\$[({]|\$(?:[A-Z_][A-Z0-9_]*|[a-z_]+)$|[*•.xX]+$"
    r"|(?i:password|passwd|pass|pwd|secret|none|null|true|false)$"
)
_STANDS_IN = re.compile(
    r"\.\.\.|…|(?i:(?<![^\W_])(?:your|placeholder|redacted|change[_\-]?me|dummy|example)(?![^\W_]))"
)
_CODE = re.compile(
    r"@?[A-Za-z_]\w{0,19}(?:\.[A-Za-z_]\w{0,19})+"
    r"|[A-Z0-9]+(?:_[A-Z0-9]+)+|#[0-9a-fA-F]{3,8}|\\[uUx][0-9a-fA-F]+"
)
_CALL = re.compile(r"[A-Za-z_.]{2,}[()\[\]]|[A-Za-z_][\w.]{3,}\(")
_PLACE = re.compile(
    r"(?:~|\.{1,2})?/.*|[A-Za-z]:\\.*|[a-z][a-z0-9+]{1,20}:/.*|[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+"
)
_NUMBER = re.compile(
    r"[vV~<>=≤≥≈+\-#(]*\d[\d.,:/\-+TZ]*(?:ms|[smhdkKMBx%]|[KMG]i?B|st|nd|rd|th|"
    r"-?(?:mins?|minutes?|hours?|days?|weeks?|months?|years?|tokens?|chars?|characters?|bits?|"
    r"bytes?|digits?|words?|times|am|pm))?"
)
_TERM = re.compile(  # words of the trade that have a number; a number alone, a word alone
    r"(?:sha|md|hs|rs|es|ps|aes|rsa|ecdsa|ed|oauth|base|utf|argon|bcrypt|scrypt|pbkdf|pkcs|fido|"
    r"iso|ipv|cl|gpt|python|py|node|level|step|phase|version|line|page|section|part|chapter|day|"
    r"week|sprint|ticket|issue|test|item)\d+[a-z]{0,4}|[kspeqhvx]\d+[a-z]?|\d+|[^\W\d]+",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])(?=[^\d]*\d)[A-Za-z0-9+/]{32,}={0,2}")
_BASIC = re.compile(r"(?=.[^A-Z]*[A-Z])(?=[^a-z]*[a-z])[A-Za-z0-9+/]{8,}={0,2}|[A-Za-z0-9+/]{7,}=+")
_MIXED = re.compile(r"(?=.*\d)(?=.*[^\W\d_])")
_PARTS = re.compile(r"[\-_./:,;]+")
_LEAST_PASSWORD = 6
_LEAST_KEY = 8
_LEAST_PART = 6  # of a key: what stands between its hyphens


def is_placeholder(value: str) -> bool:
    """Tell whether a value only stands for one: `<your password>`, `${DB_PASS}`, `***`."""
    return bool(_PLACEHOLDER.match(value) or _STANDS_IN.search(value))


def is_password(value: str, quoted: bool = False) -> bool:
    """Tell whether a value that is called a password can be one."""
    return _is_mixed(value, _LEAST_PASSWORD, quoted) and any(map(_is_no_term, _PARTS.split(value)))


def is_key(value: str, quoted: bool = False) -> bool:
    """Tell whether a value that is called a key, a token or a secret can be one."""
    if _BASE64.fullmatch(value):
        return True
    return _is_mixed(value, _LEAST_KEY, quoted) and any(
        len(part) >= _LEAST_PART and _MIXED.match(part) and _is_no_term(part)
        for part in _PARTS.split(value)
    )


def is_basic(value: str) -> bool:
    """Tell whether a value is a name and a password as HTTP sends them."""
    return _BASIC.fullmatch(value) is not None


def _is_mixed(value: str, least: int, quoted: bool) -> bool:
    bare = value.rstrip("!?")
    others = (_CODE, _PLACE, _NUMBER)
    return (
        len(value) >= least
        and _MIXED.match(value) is not None
        and not is_placeholder(value)
        and (quoted or not _CALL.match(value))
        and not any(other.fullmatch(bare) for other in others)
    )


def _is_no_term(part: str) -> bool:
    return bool(part) and _TERM.fullmatch(part) is None
