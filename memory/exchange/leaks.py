"""Secrets in what comes from elsewhere: found by well-known patterns, and kept out. Pure.

It knows the forms that keys and tokens have, and assignments to names that say so. A password that
looks like a word is not found.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from ..adopting import Arrival
from ..passages import PassageDraft
from .bundle import Bundle

_FORMS: Mapping[str, str] = {
    "a private key": (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
        r"(?:.{0,20000}?-----END [A-Z ]*PRIVATE KEY-----)?"
    ),
    "an AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,})",
    "a GitLab token": r"\bglpat-[\w\-]{20,}",
    "a Slack token": r"\bxox[abeoprs]-[\w\-]{10,}",
    "an API key": r"\bsk-(?=[\w\-]*\d)(?=[\w\-]*[A-Z])[\w\-]{20,}",
    "a Google API key": r"\bAIza[\w\-]{35}",
    "a Stripe key": r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "a token of an endpoint": r"\bts_[0-9a-f]{12}_[\w\-]{20,}",
    "a signed token": r"\beyJ[\w\-]{8,}\.eyJ[\w\-]{8,}\.[\w\-]{8,}",
    "a password in an address": r"(?<=://)[^\s/:@]+:[^\s/@]{3,}(?=@)",
}
_ASSIGNED = (
    r"(?i:\b[\w\-]{0,40}(?:password|passwd|passphrase|api[_\- ]?key|secret|access[_\- ]?token|"
    r"auth[_\- ]?token|bearer)[\"'`*]*\s*(?:[:=]|\bis\b|(?<=bearer))\s*)"
    r"[\"'`*]*(?P<said>[^\s\"'`,;<>{}$*]{8,})"
)
_ANY = re.compile(
    "|".join(f"(?P<f{n}>{form})" for n, form in enumerate(_FORMS.values())) + f"|{_ASSIGNED}",
    re.DOTALL,
)
_NAMES = tuple(_FORMS)
_WORDLIKE = re.compile(r"[A-Za-z\-_.()/\[\]:]*|[\d.,:\-/]*|[xX*.•]+")  # no secret: a word, a number


def covered(text: str, found: Callable[[str, int], object]) -> str:
    """Return `text` with each secret replaced; `found` is told what it is, and its line from 1."""

    def mark(match: re.Match[str]) -> str:
        whole = match[0]
        if match["said"] is not None:
            if _WORDLIKE.fullmatch(match["said"]):
                return whole
            what, start = "a password or key", match.start("said") - match.start()
        else:
            what, start = _NAMES[int((match.lastgroup or "f0")[1:])], 0
        found(what, text.count("\n", 0, match.start()) + 1)
        return f"{whole[:start]}[{what} was left out]"

    return _ANY.sub(mark, text)


def without_secrets(bundle: Bundle) -> Bundle:
    """Return a bundle of which every text is free of secrets; what was left out is named by place.

    A text that says only a secret stays, as the mark of what was left out.
    """
    places: list[str] = []
    arrivals = tuple(_arrival(arrival, places) for arrival in bundle.arrivals)
    passages = tuple(_passage(n, draft, places) for n, draft in enumerate(bundle.passages, 1))
    return replace(
        bundle,
        arrivals=arrivals,
        passages=passages,
        secrets=(*bundle.secrets, *dict.fromkeys(places)),
    )


def _arrival(arrival: Arrival, places: list[str]) -> Arrival:
    draft = arrival.draft
    at = _noting(f"block {draft.label}", places)
    said = _noting(f"what is said of block {draft.label}", places)
    clean = replace(
        draft,
        value=covered(draft.value or "", at),
        description=_short(draft.description, said),
        tags=tuple(_short(tag, said) for tag in draft.tags),
        metadata={key: _short(value, said) for key, value in draft.metadata.items()},
    )
    return Arrival(clean, arrival.owner)


def _passage(n: int, draft: PassageDraft, places: list[str]) -> PassageDraft:
    name = f"{draft.kind} {n}" + (f" ({_short(draft.source, _nothing)})" if draft.source else "")
    said = _noting(f"what is said of {name}", places)
    return replace(
        draft,
        text=covered(draft.text or "", _noting(name, places)),
        tags=tuple(_short(tag, said) for tag in draft.tags),
        source=_short(draft.source, said),
    )


def _short(text: str, found: Callable[[str, int], object]) -> str:
    """Return a note without secrets, which may not become longer than it was allowed to be."""
    clean = covered(text, found)
    return clean if len(clean) <= max(len(text), 100) else clean[: max(len(text), 100)]


def _noting(place: str, places: list[str]) -> Callable[[str, int], object]:
    return lambda what, line: places.append(f"{place}, line {line}: {what}")


def _nothing(_what: str, _line: int) -> None:
    """Note nothing: it was noted where it stood."""
