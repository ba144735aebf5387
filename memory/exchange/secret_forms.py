"""Secrets that are known by their own form: keys and tokens of services, private keys. Pure.

Each form begins where a word does, or has a bounded length, so that no text takes more than time in
proportion to its length.
"""

import re
from collections.abc import Iterator, Mapping

from .lookalike import is_placeholder

Span = tuple[int, int, str]
"""Where a secret stands in a text (start, end), and what it is."""

_ADDRESS = "a password in an address"
_API = "an API key"

_FORMS: Mapping[str, str] = {
    "a private key": (
        r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:[^\-]|-(?!----)){0,20000}+-----END [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"|(?:(?:\s|\\n)*[A-Za-z0-9+/=]{32,})*)"  # of one that was cut off, what is of it
    ),
    "an age key": r"\bAGE-SECRET-KEY-1[0-9A-Z]{40,}",
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})",
    "a GitLab token": r"\bglpat-[\w\-]{20,}",
    "a Slack token": (
        r"\b(?:xox[abeoprs]|xapp)-[\w\-]{10,}|(?<=hooks\.slack\.com/services/)[\w/]{20,}"
    ),
    _API: r"(?<![\w\-])sk-[\w\-]{16,}",
    "a Google key": r"\bAIza[\w\-]{35}|\bGOCSPX-[\w\-]{20,}|\bya29\.[\w\-]{20,}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{20,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-[A-Za-z0-9][\w\-]{39,}",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "a SendGrid key": r"\bSG\.[\w\-]{16,}\.[\w\-]{16,}",
    "a DigitalOcean token": r"\bdo[opr]_v1_[0-9a-f]{32,}",
    "a Telegram token": r"\b\d{8,10}:[\w\-]{35}(?![\w\-])",
    "a key of a service": r"\b(?:gsk|r8|lin_api|shpat|sbp|dapi|xai-|pplx-|tvly-)_?[A-Za-z0-9]{30,}",
    "a token of an endpoint": r"\bts_[0-9a-f]{12}_[\w\-]{20,}",
    "a signed token": r"(?<![\w\-])eyJ[\w\-]{8,}\.eyJ[\w\-]{8,}\.[\w\-]{8,}",
    _ADDRESS: r"(?<=://)[^\s/:@\"'`<>]*+:[^\s/\"'`<>]{3,}(?=@)",
}
_ANY = re.compile("|".join(f"(?P<f{n}>{form})" for n, form in enumerate(_FORMS.values())))
_NAMES = tuple(_FORMS)
_RANDOM = re.compile(r"[A-Za-z0-9]{16,}")


def of_known_form(text: str) -> Iterator[Span]:
    """Yield where secrets of a known form stand, in their order."""
    for match in _ANY.finditer(text):
        what = _NAMES[int((match.lastgroup or "f0")[1:])]
        if what == _API and not _is_random(match[0]):
            continue
        if what == _ADDRESS and is_placeholder(match[0].partition(":")[2]):
            continue
        yield match.start(), match.end(), what


def _is_random(key: str) -> bool:
    """Tell whether a part of a key is no word: sk-learn has none such."""
    parts = _RANDOM.findall(key)
    return any(not part.isalpha() and not part.isdecimal() for part in parts)
