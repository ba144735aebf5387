"""What the readers of several formats need: text, labels, tags and times of others, made ours."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from ..errors import InvalidError
from ..model import MAX_LABEL_CHARS, normal_label
from ..passages import MAX_SOURCE_CHARS, MAX_TAG_CHARS, clean_tags

Json = dict[str, Any]

_NOT_IN_LABELS = re.compile(r"[^\w.\-/]+")
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character, as cut by some exporters
_MILLISECONDS = 100_000_000_000  # a time above it is not in seconds (they would mean the year 5138)


def loaded(text: str, what: str) -> object:
    """Return the JSON in `text`.

    Raises:
        InvalidError: it is none; `what` names it.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{what} is not JSON ({error}).") from None


def items(value: object) -> list[object]:
    """Return a list, or an empty one where it is none."""
    return cast(list[object], value) if isinstance(value, list) else []


def objects(value: object) -> list[Json]:
    """Return the objects of a list."""
    return [cast(Json, item) for item in items(value) if isinstance(item, dict)]


def listing(value: object) -> list[Json]:
    """Return the objects of a list, or of the list that an answer of a service has."""
    held = [value, *(members(value).get(key) for key in ("results", "memories", "data"))]
    return next((found for one in held if (found := objects(one))), objects(None))


def members(value: object) -> Json:
    """Return an object, or an empty one where it is none."""
    return cast(Json, value) if isinstance(value, dict) else {}


def word(value: object) -> str:
    """Return a string without what surrounds it; empty where it is none."""
    return clean(value).strip() if isinstance(value, str) else ""


def clean(text: str) -> str:
    """Return `text` without the two things that JSON can hold and a space cannot."""
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def storable(text: str, what: str, notes: list[str]) -> str:
    """Return `text` as it can be stored; a note says so where that is not as it was."""
    stored = clean(text)
    if stored != text:
        notes.append(f"{what} held characters that are not text; they were taken out.")
    return stored


def label_for(label: str, notes: list[str]) -> str:
    """Return a label of ours for one of theirs; a note says so where it is another."""
    try:
        return normal_label(label)
    except InvalidError:
        made = _made(label)
        notes.append(f"label {label!r} is now {made!r}.")
        return made


def _made(label: str) -> str:
    segments = _NOT_IN_LABELS.sub("-", unicodedata.normalize("NFC", label)).split("/")
    kept = (segment.strip("-") for segment in segments)
    made = "/".join(s for s in kept if s.strip("."))[:MAX_LABEL_CHARS]
    return normal_label(made.rstrip("/.") or "block")


def as_label_part(name: str) -> str:
    """Return a name as a part of a label, empty where nothing of it can be."""
    plain = _NOT_IN_LABELS.sub("-", name).strip("-./").replace("/", "-")
    return plain[:40].strip("-.")


def as_tags(values: Iterable[object]) -> tuple[str, ...]:
    """Return tags of ours for theirs: each once, none too long."""
    return clean_tags(clean(str(v)).strip()[:MAX_TAG_CHARS] for v in values if v is not None)


def listed(value: object) -> list[object]:
    """Return a list, or what stands between the commas of a string."""
    return [*value.split(",")] if isinstance(value, str) else items(value)


def as_source(*parts: str) -> str:
    """Return where something is from: the parts that say something, the broadest first."""
    told = " · ".join(part for part in map(word, parts) if part)
    return told[:MAX_SOURCE_CHARS].strip()


def moment(value: object) -> datetime | None:
    """Return a time, from ISO 8601 (UTC where no offset follows) or seconds since 1970."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1_000 if value > _MILLISECONDS else value
            return datetime.fromtimestamp(seconds, UTC)
        if isinstance(value, str) and value.strip():
            at = datetime.fromisoformat(value.strip())
            return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None
