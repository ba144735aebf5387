"""The knowledge graph of `@modelcontextprotocol/server-memory`: JSON lines, or one object.

Each observation and each relation becomes a passage of its own that names whom it is about, so that
one which was added later comes in alone. `default_user`, which that server's instructions tell a
model to keep the person under, becomes lines of the block `human`; a later one is a line more.
"""

import json

from ..adopting import SOURCE, Arrival
from ..errors import InvalidError
from ..model import Draft
from ..passages import PassageDraft
from .bundle import Bundle
from .common import Json, as_source, as_tags, items, members, objects, storable, word

NAME = "server-memory"
"""What the format is called."""

_PERSON = "default_user"


def read(text: str, name: str) -> Bundle:
    """Return what a file holds for us.

    Raises:
        InvalidError: nothing of it is of a graph.
    """
    records, broken = _records(text)
    entities = [r for r in records if "observations" in r and word(r.get("name"))]
    relations = [r for r in records if "from" in r and "to" in r]
    if records and not entities and not relations:
        raise InvalidError(f"{name} has neither entities nor relations: it is not a server-memory.")
    notes: list[str] = []
    if broken:
        told = "1 line of {} is" if broken == 1 else f"{broken:,} lines of {{}} are"
        notes.append(f"{told.format(name)} not JSON, and left out.")
    about = {word(e["name"]): word(e.get("entityType")) for e in entities}
    told = [(word(e["name"]), fact) for e in entities for fact in _facts(e, notes)]
    told += [(word(r["from"]), _related(r)) for r in relations if word(r["from"])]
    person = list(dict.fromkeys(fact for who, fact in told if who == _PERSON))
    lines = "\n".join(f"- {' '.join(fact.split())}" for fact in person)
    human = Draft(uid=None, label="human", value=lines, metadata={SOURCE: NAME})
    passages = dict.fromkeys(_passage(w, about.get(w, ""), f) for w, f in told if w != _PERSON)
    return Bundle(
        format=NAME,
        arrivals=(Arrival(human, NAME, grows=True),) if person else (),
        passages=tuple(passages),
        notes=tuple(notes),
    )


def is_graph(record: object) -> bool:
    """Tell whether a value is a line of such a file, or all of it as one object."""
    found = members(record)
    return (
        (found.get("type") == "entity" and "observations" in found)
        or (found.get("type") == "relation" and "relationType" in found)
        or ("entities" in found and "relations" in found)
    )


def _records(text: str) -> tuple[list[Json], int]:
    """Return the records of a file, and how many lines are none."""
    try:
        whole = members(json.loads(text))
        if "entities" in whole:
            return objects(whole["entities"]) + objects(whole.get("relations")), 0
    except (ValueError, RecursionError):
        pass
    records: list[Json] = []
    broken = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            records.append(members(json.loads(line)))
        except (ValueError, RecursionError):
            broken += 1
    return records, broken


def _facts(entity: Json, notes: list[str]) -> list[str]:
    facts = [fact for fact in items(entity["observations"]) if isinstance(fact, str)]
    stored = (storable(fact, f"an observation of {word(entity['name'])}", notes) for fact in facts)
    return [fact for fact in stored if fact.strip()]


def _related(relation: Json) -> str:
    kind = word(relation.get("relationType")) or "is related to"
    return f"{kind.replace('_', ' ')} {word(relation['to'])}"


def _passage(who: str, kind: str, fact: str) -> PassageDraft:
    return PassageDraft(
        id=None,
        kind="passage",
        text=f"{who}: {fact}",
        tags=as_tags([kind]),
        source=as_source(NAME, who),
    )
