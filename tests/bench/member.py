"""A member of a team: what they ask of an endpoint, and what their block has to hold then."""

from itertools import count
from typing import Protocol

from calls import FACTS, fact
from peer import Message

SPACES = 20


class Caller(Protocol):
    """A connection that calls tools."""

    async def call(self, tool: str, **arguments: object) -> tuple[float, Message]:
        """Call a tool; return the seconds that took, and its result."""
        ...


class Member:
    """One member of a team: what it did, and what its block has to hold."""

    def __init__(self, wire: Caller, number: int) -> None:
        self.label = f"member-{number}"
        self.space = space_of(number)
        self.changes: list[int] = []
        """The numbers of the changes that it was told it made."""
        self.waits: list[float] = []
        self._wire = wire
        self._steps = count(number)
        self._facts = list(range(FACTS))

    @property
    def text(self) -> str:
        """What its block holds, if nothing is lost."""
        return "".join(fact(number) + "\n" for number in self._facts)

    async def begin(self) -> None:
        """Fill the block."""
        await self._edit("memory_rethink", new_memory=self.text)

    async def read(self) -> float:
        """Read the block."""
        return (await self._wire.call("memory_read", label=self.label))[0]

    async def mixed(self) -> float:
        """Do the next thing: five reads to three edits."""
        step = next(self._steps) % 8
        new = self._facts[-1] + 1
        if step == 0:
            self._facts.append(new)
            return await self._edit("memory_insert", new_string=fact(new))
        if step == 3:
            return await self._replace(fact(self._facts.pop(0)) + "\n", "")
        if step == 5:
            old, self._facts[-1] = self._facts[-1], new
            return await self._replace(fact(old), fact(new))
        if step == 7:
            return (await self._wire.call("memory_read"))[0]
        return await self.read()

    async def _replace(self, old: str, new: str) -> float:
        return await self._edit("memory_replace", old_string=old, new_string=new)

    async def _edit(self, tool: str, **given: object) -> float:
        seconds, result = await self._wire.call(tool, label=self.label, **given)
        self.changes.append(result["_meta"]["tokenspace/change"])
        return seconds


def space_of(member: int) -> str:
    """Return the space that a member works in."""
    return f"team-{member % SPACES}"


def path_of(member: int) -> str:
    """Return the address of that space."""
    return f"/p/{space_of(member)}/mcp"
