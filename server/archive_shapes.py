"""What `--json` gives of the archive and of search; it keeps what `shapes` promises.

What the answers are made of, and then those of each command:

    passage     {name, kind, version, chars, tags, source, created_at, valid_from, valid_until,
                change, changed_at, text}
    find        {place (blocks, archive, episodes, history), name, text, at, until, gone (change),
                score, source, tags}: of history, at is when it was taken out
    model       {name, hash, dim}

    search      {finds [find], mode (hybrid, lexical, newest), why, more}: why it went by words
                only; where nothing was found, the exit code is 1
    archive     {change, passage, near [find]}: of a write; passage is null where it was taken
                out, near are passages that may say the same. Of a list {finds [find], more}
    index       {entries, passages, episodes, queued (numbers), serving (model), coming (model),
                busy}: queued is how many of those have no vector yet
"""

from ..memory.finding import Find, IndexState, Serving
from ..memory.passages import Passage
from .shapes import Shape, moment


def passage(found: Passage) -> Shape:
    """Return a passage with its text."""
    return {
        "name": found.name,
        "kind": found.kind,
        "version": found.version,
        "chars": len(found.text),
        "tags": list(found.tags),
        "source": found.source,
        "created_at": moment(found.created),
        "valid_from": moment(found.valid_from) if found.valid_from else None,
        "valid_until": moment(found.valid_until) if found.valid_until else None,
        "change": found.change,
        "changed_at": moment(found.at),
        "text": found.text,
    }


def find(found: Find) -> Shape:
    """Return something that was found, whole."""
    return {
        "place": found.place,
        "name": found.name,
        "text": found.text,
        "at": moment(found.at),
        "until": moment(found.until) if found.until else None,
        "gone": found.gone,
        "score": round(found.score, 4),
        "source": found.source,
        "tags": list(found.tags),
    }


def index(state: IndexState) -> Shape:
    """Return how far the vectors are."""
    return {
        "entries": state.entries,
        "passages": state.passages,
        "episodes": state.episodes,
        "queued": state.queued,
        "serving": _model(state.serving),
        "coming": _model(state.coming),
        "busy": state.busy,
    }


def _model(serving: Serving | None) -> Shape | None:
    if serving is None:
        return None
    return {"name": serving.name, "hash": serving.hash, "dim": serving.dim}
