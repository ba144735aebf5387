"""What must hold in a space's file, check by check: each yields a sentence for what does not."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..errors import CorruptError
from ..model import passage_name
from .chain import canonical, sealing_hash
from .connector import Row
from .view import View

_MOST_LINES = 20
_MOST_NAMED = 10

_VERSIONS = """
    SELECT label AS name, version, change, object_id, about_id FROM block_version UNION ALL
    SELECT coalesce(substr(p.kind, 1, 1), '') || v.passage_id, v.version, v.change, v.object_id,
           v.about_id
    FROM passage_version v LEFT JOIN passage p ON p.id = v.passage_id
"""
_USES = f"SELECT * FROM ({_VERSIONS}) WHERE object_id = ? ORDER BY change"
_SAID = f"SELECT * FROM ({_VERSIONS}) WHERE about_id = ? ORDER BY change"


class Checks(View):
    """A view that checks what it sees."""

    def pages(self) -> Iterator[str]:
        """Check what SQLite itself knows of: pages, indexes, constraints."""
        roots = self._db.all("SELECT rootpage, name FROM sqlite_schema WHERE rootpage > 0")
        names = {row["rootpage"]: row["name"] for row in roots}
        rows = self._db.execute(f"PRAGMA integrity_check({_MOST_LINES})")
        while (row := rows.fetchone()) is not None:  # one by one: it may fail in the middle
            for line in row[0].splitlines():
                if line != "ok" and not line.startswith("***"):
                    tree = re.match(r"Tree (\d+) ", line)
                    name = names.get(int(tree[1]), "a table") if tree else ""
                    yield f"in {name}, {line[tree.end() :]}." if tree else f"{line}."

    def references(self) -> Iterator[str]:
        """Check that every row that is referred to is there."""
        missing: dict[tuple[str, str], int] = defaultdict(int)
        for row in self._db.all("PRAGMA foreign_key_check"):
            if row["table"] != "checkpoint":  # they are named one by one
                missing[row["table"], row["parent"]] += 1
        for (table, parent), count in missing.items():
            yield f"{many(count, 'row')} of {table} refer to rows of {parent} that are not there."

    def chain(self) -> Iterator[str]:
        """Check every change against its hash, or against what an erasing change says it became."""
        became = self._retracted_changes()
        broken: list[str] = []
        reasons: list[str] = []
        rows = self._db.execute("SELECT number, hash, reason, reason_hash FROM change")
        while (row := rows.fetchone()) is not None:
            expected = became.get(bytes(row["hash"]), bytes(row["hash"]))
            if sealing_hash(self._db, self._objects, row["number"]) != expected:
                broken.append(str(row["number"]))
            if self._objects.hash(row["reason"]) != bytes(row["reason_hash"]):
                reasons.append(str(row["number"]))
        if broken:
            yield (
                f"not as recorded (the hash differs from what the file says of them): "
                f"{listed(broken, 'change')}."
            )
        if reasons:
            yield f"the reason is not the one recorded: {listed(reasons, 'change')}."

    def texts(self) -> Iterator[str]:
        """Check that every text can be read and is what its hash says; each is read once."""
        damaged = [object_id for object_id in self._by_base() if not self._is_readable(object_id)]
        uses = [row for object_id in damaged for row in self._db.all(_USES, object_id)]
        if uses:
            names = [_name(row) for row in sorted(uses, key=lambda row: row["change"])]
            yield f"the text is damaged or missing: {listed(names, 'version')}."
        elif damaged:
            yield f"{many(len(damaged), 'text')} that no version uses cannot be read."

    def named_texts(self) -> Iterator[str]:
        """Check that each version's text is the one it names, or what erasing made of that."""
        became: dict[bytes, set[bytes]] = defaultdict(set)
        for row in self._db.all("SELECT was, now FROM retraction WHERE kind = 'text'"):
            became[bytes(row["was"])].add(bytes(row["now"]))
        rows = self._db.all(
            f"SELECT v.*, o.hash FROM ({_VERSIONS}) v "
            "JOIN object o ON o.id = v.object_id WHERE o.hash IS NOT v.version"
        )
        wrong = [_name(row) for row in rows if not _leads(became, row["version"], row["hash"])]
        if wrong:
            yield f"the text is another one: {listed(wrong, 'version')}."

    def abouts(self) -> Iterator[str]:
        """Check what is said of blocks and passages against its hashes."""
        wrong: list[str] = []
        for row in self._db.all("SELECT * FROM about"):
            said = canonical([row["description"], row["tags"], row["metadata"]])
            if self._objects.hash(said) != bytes(row["hash"]):
                wrong += map(_name, self._db.all(_SAID, row["id"]))
        if wrong:
            yield f"description, tags or metadata are not as recorded: {listed(wrong, 'version')}."

    def heads(self) -> Iterator[str]:
        """Check that what each branch has now is the newest of its past."""
        for branch in self._db.all("SELECT id, name, closed_at FROM branch ORDER BY id"):
            past = list(self._states(branch["name"], 2**62)) if not branch["closed_at"] else []
            newest = {(row["block_id"], row["change"], row["label_key"]) for row in past}
            found = self._db.all(
                "SELECT block_id, change, label_key FROM block_head WHERE branch_id = ?",
                branch["id"],
            )
            wrong = {block_id for block_id, *_ in newest ^ {(*row,) for row in found}}
            wrong |= {row["block_id"] for row in past if row["object_id"] is None}
            if wrong:
                blocks = listed([self._last_label(block_id) for block_id in sorted(wrong)], "block")
                yield f"branch {branch['name']} does not have the newest of its past: {blocks}."

    def branch_ends(self) -> Iterator[str]:
        """Check that each branch knows its newest change."""
        for row in self._db.all(
            "SELECT b.name, b.head_change, coalesce(max(c.number), b.fork_change, 0) AS newest "
            "FROM branch b LEFT JOIN change c ON c.branch_id = b.id GROUP BY b.id "
            "HAVING b.head_change <> newest"
        ):
            yield (
                f"branch {row['name']} says that its newest change is {row['head_change']}, but it "
                f"is {row['newest']}."
            )

    def named_changes(self) -> Iterator[str]:
        """Check that every checkpoint names a change."""
        for row in self._db.all(
            "SELECT k.name, k.change FROM checkpoint k LEFT JOIN change c ON c.number = k.change "
            "WHERE c.number IS NULL"
        ):
            yield f"checkpoint {row['name']} names change {row['change']}, which is not there."

    def passages(self) -> Iterator[str]:
        """Check that each passage is the newest of its versions, and that one's text is kept."""
        rows = self._db.all(
            "SELECT p.id, p.kind FROM passage p LEFT JOIN passage_version v "
            "ON v.passage_id = p.id AND v.change = p.change WHERE p.change IS NOT "
            "(SELECT max(change) FROM passage_version WHERE passage_id = p.id) "
            "OR (v.object_id IS NULL) <> (v.version IS NULL) ORDER BY p.id"
        )
        if rows:
            names = [passage_name(row["kind"], row["id"]) for row in rows]
            yield f"the archive does not have the newest of its past: {listed(names, 'passage')}."

    def _retracted_changes(self) -> dict[bytes, bytes]:
        """Return the hash that erasing left a change with, by its recorded one; the newest."""
        rows = self._db.all(
            "SELECT was, now FROM retraction WHERE kind = 'change' ORDER BY change, position"
        )
        return {bytes(row["was"]): bytes(row["now"]) for row in rows}

    def _last_label(self, block_id: int) -> str:
        found = self._db.scalar(
            "SELECT label FROM block_version WHERE block_id = ? ORDER BY change DESC LIMIT 1",
            block_id,
        )
        return str(found)

    def _by_base(self) -> Iterator[int]:
        """Yield the ids of all objects, each base before those packed against it.

        Only indexes are read, so that one damaged page of texts does not hide the others.
        """
        packed: dict[int, list[int]] = defaultdict(list)
        rows = self._db.all(
            "SELECT base_id, id FROM object INDEXED BY object_by_base WHERE base_id IS NOT NULL"
        )
        for base, object_id in rows:
            packed[base].append(object_id)
        inner = {object_id for ids in packed.values() for object_id in ids}
        every = self._db.all("SELECT id FROM object INDEXED BY sqlite_autoindex_object_1")
        for base in {*packed, *(object_id for (object_id,) in every)} - inner:
            yield base
            yield from packed[base]

    def _is_readable(self, object_id: int) -> bool:
        try:
            self._objects.text(object_id)
        except (CorruptError, sqlite3.Error, UnicodeError):
            return False
        return True


def _leads(became: dict[bytes, set[bytes]], version: bytes | None, found: bytes) -> bool:
    """Tell whether erasing led from the text that a version names to the one that is there."""
    seen: set[bytes] = set()
    ahead = {bytes(version or b"")}
    while ahead:
        seen |= ahead
        ahead = {now for was in ahead for now in became.get(was, ())} - seen
    return bytes(found) in seen


def _name(row: Row) -> str:
    version = " deleted" if row["version"] is None else f"@{bytes(row['version']).hex()[:8]}"
    return f"{row['name']}{version} (change {row['change']})"


def listed(names: Iterable[str], what: str) -> str:
    """Return how many there are, and the first of them by name: `2 blocks: a, b`."""
    every = list(names)
    more = f" and {len(every) - _MOST_NAMED:,} more" if len(every) > _MOST_NAMED else ""
    return f"{many(len(every), what)}: {', '.join(every[:_MOST_NAMED])}{more}"


def many(count: int, what: str) -> str:
    """Return a number of things: `1 block`, `2 blocks`."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
