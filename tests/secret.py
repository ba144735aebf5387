"""A history with a secret in it, how to erase it, and where to look for what is left of it."""

import zlib
from datetime import timedelta
from pathlib import Path

from tokenspace.memory.finding import Made
from tokenspace.memory.model import Intent
from tokenspace.memory.store import Erased, Found, SqliteStore, Transaction
from tokenspace.memory.store.connector import Connection

from .histories import History, bytes_beside
from .support import BY, NOW

SECRET = "Hunter2-correct-horse-7731"  # noqa: S105 - a made-up one
LATER = NOW + timedelta(days=1)


async def erase(store: SqliteStore, needle: str, intent: Intent = BY) -> Erased:
    """Erase as the service does: search in short reads, then rewrite."""
    found = Found()
    while not found.complete:
        found = await store.read(lambda v, f=found: v.holding(needle, f, 7))
    return await store.write(lambda tx: tx.erase(intent, LATER, needle, found))


def bytes_left(db: Path, needle: str = SECRET) -> list[str]:
    """Return the files that hold the needle or eight characters of it, in any case."""
    pieces = {needle[n : n + 8].lower().encode() for n in range(len(needle) - 7)}
    files = bytes_beside(db)
    return [name for name in files if any(piece in files[name].lower() for piece in pieces)]


def texts(db: Path) -> list[str]:
    """Return every text of a file, unpacked without the program's help."""
    file = Connection(db)
    rows = {row["id"]: row for row in file.all("SELECT id, enc, base_id, data FROM object")}
    file.close()

    def unpacked(object_id: int) -> bytes:
        row = rows[object_id]
        if row["enc"] == 0:
            return bytes(row["data"])
        base = {"zdict": unpacked(row["base_id"])} if row["enc"] == 2 else {}
        return zlib.decompressobj(-15, **base).decompress(row["data"])

    return [unpacked(object_id).decode() for object_id in rows]


def words_left(db: Path) -> list[str]:
    """Return the files that hold words of the secret as full-text tables keep them.

    They leave out what a word has in common with the one before it: here at most a letter.
    """
    files = bytes_beside(db)
    return [name for name in files if any(word in files[name] for word in (b"unter2", b"orrect"))]


async def with_vectors(store: SqliteStore) -> int:
    """Give all that waits for a vector a made-up one; return how many those are."""

    def keep(tx: Transaction) -> int:
        model = tx.use_model("made-up", "made-up", "of nothing", 3)
        return tx.keep_vectors(model.id, [Made(doc.seq, b"\x7f\0\0", 1.0) for doc in queued])

    queued = await store.search(lambda v: v.queued(100_000))
    return await store.write(keep)


async def with_a_secret(db: Path) -> History:
    """Make a history with a secret wherever one can be.

    In 60 versions on 3 branches, in a label and a checkpoint, in a reason and descriptions.
    """
    made = History(await SqliteStore.open(db))
    lines = [f"- fact {n * 7919 % 1009}\n" for n in range(60)]
    await made.write("a", "".join(lines))
    await made.write("plain", "nothing here\n")
    for n in range(30):
        lines[n] = f"- {SECRET}\n" if n == 3 else f"- fact {n} is now {n * 31}\n"
        await made.write("a", "".join(lines))
    await made.branch("draft")
    await made.branch("gone")
    for n in range(30, 45):
        lines[n] = f"- the password is {SECRET}, {n}\n"
        await made.write("a", "".join(lines), "draft")
        await made.write("a", "".join(lines[: n - 20]), "gone")
    await made.store.write(lambda tx: tx.close_branch("gone", made.now))
    made.reason = f"because of {SECRET}"
    await made.write("b", "b\n", description=f"see {SECRET}", tags=("x", SECRET))
    made.reason = ""
    await made.write("b", "b2\n", description="", tags=(), metadata={"key": f"{SECRET}!"})
    await made.write(f"keys/{SECRET}", "a key\n")
    await made.checkpoint("here", f"before {SECRET}")
    await made.checkpoint(f"at-{SECRET}")
    for n in range(3):
        lines.pop(3)
        await made.write("a", "".join(lines) + f"{n}\n")
    return made
