"""Secrets in what comes from elsewhere: found by well-known patterns, and kept out. Pure.

It knows the forms that keys and tokens have (`secret_forms`), and values that follow a name that
says so (`assigned`). Others it does not find, such as a password that is a word.
"""

from collections.abc import Callable
from dataclasses import replace

from ..adopting import Arrival
from ..passages import PassageDraft
from .assigned import assigned
from .bundle import Bundle
from .secret_forms import Span, of_known_form

Found = Callable[[str, int], object]
"""Is told what was found, and its line from 1."""


def covered(text: str, found: Found) -> str:
    """Return `text` with each secret replaced; `found` is told of each."""
    parts: list[str] = []
    at, line = 0, 1
    for start, end, what in _spans(text):
        line += text.count("\n", at, start)
        found(what, line)
        parts += (text[at:start], f"[{what} was left out]")
        line += text.count("\n", start, end)
        at = end
    return "".join((*parts, text[at:]))


def _spans(text: str) -> list[Span]:
    """Return where secrets stand, in their order; what overlaps is one."""
    named = ((start, end, "a password or key") for start, end in assigned(text))
    spans: list[Span] = []
    for start, end, what in sorted((*of_known_form(text), *named), key=lambda span: span[0]):
        if spans and start < spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]), spans[-1][2])
        else:
            spans.append((start, end, what))
    return spans


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


def with_secrets_noted(bundle: Bundle) -> Bundle:
    """Return a bundle as it is, with a note for each place of what looks like a secret."""
    places = without_secrets(replace(bundle, secrets=())).secrets
    notes = (f"{place} came along, as it was in memory before." for place in places)
    return replace(bundle, notes=(*bundle.notes, *notes))


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
    return replace(arrival, draft=clean)


def _passage(n: int, draft: PassageDraft, places: list[str]) -> PassageDraft:
    name = f"{draft.kind} {n}" + (f" ({_short(draft.source, _nothing)})" if draft.source else "")
    said = _noting(f"what is said of {name}", places)
    return replace(
        draft,
        text=covered(draft.text or "", _noting(name, places)),
        tags=tuple(_short(tag, said) for tag in draft.tags),
        source=_short(draft.source, said),
    )


def _short(text: str, found: Found) -> str:
    """Return a note without secrets, which may not become longer than it was allowed to be."""
    clean = covered(text, found)
    return clean if len(clean) <= max(len(text), 100) else clean[: max(len(text), 100)]


def _noting(place: str, places: list[str]) -> Found:
    return lambda what, line: places.append(f"{place}, line {line}: {what}")


def _nothing(_what: str, _line: int) -> None:
    """Note nothing: it was noted where it stood."""
