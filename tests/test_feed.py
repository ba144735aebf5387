"""The feed: what a change is announced as, and that nothing of one listener's stops the others."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import anyio
import pytest
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, ServerEvent
from surface import client, said

from tokenspace.memory import Change, Space
from tokenspace.memory.errors import CorruptError
from tokenspace.memory.model import Touched
from tokenspace.server.surface import feed as feeding
from tokenspace.server.surface.feed import Feed, events
from tokenspace.server.surface.room import Room

from .support import ADA, NOW, put

HUMAN = ResourceUpdated("memory://blocks/human")


def change(*touched: Touched, number: int = 1) -> Change:
    """Return a change that did this."""
    return Change(
        number=number,
        parent=number - 1,
        branch="main",
        author=ADA,
        tool="test",
        reason="",
        at=NOW,
        hash="0" * 32,
        blocks=touched,
    )


def touched(label: str, action: str = "edited", old_label: str | None = None) -> Touched:
    """Return what happened to one block."""
    return Touched(uid="u", label=label, action=action, version="v", old_label=old_label)


@pytest.mark.parametrize("action", ["renamed", "edited"])
def test_a_new_label_is_announced_at_both_addresses(action: str) -> None:
    """Who holds the old address must learn that it leads nowhere; in all its spellings."""
    found = events(change(touched("b/c", action, old_label="a b")))
    uris = [event.uri for event in found if isinstance(event, ResourceUpdated)]
    names = ["b%2Fc", "b/c", "a%20b", "a b"]
    assert uris[:3] == ["memory://context", "memory://blocks", "memory://changes"]
    assert set(uris[3:]) == {
        f"memory://blocks/{name}{part}" for name in names for part in ("", "/history")
    }
    assert found[-1] == ResourcesListChanged()


def test_what_happens_on_another_branch_is_no_news_of_a_block() -> None:
    """Resources are those of main; only the list of changes is another one."""
    elsewhere = replace(change(touched("a", "created")), branch="try")
    assert events(elsewhere) == [ResourceUpdated("memory://changes")]


@pytest.mark.parametrize(
    ("action", "listed"),
    [("created", True), ("deleted", True), ("edited", False), ("described", False)],
)
def test_the_list_changes_when_a_block_comes_or_goes(action: str, listed: bool) -> None:
    """Not with every edit: a client would list them all each time."""
    assert (ResourcesListChanged() in events(change(touched("human", action)))) is listed


class Connection:
    """A handshake connection that does as it is told with what it is sent."""

    def __init__(self, *, fails: bool = False, hangs: bool = False) -> None:
        self.got: list[str] = []
        self._fails = fails
        self._hangs = hangs

    async def send_resource_updated(self, uri: str) -> None:
        """Take an update."""
        if self._fails:
            raise RuntimeError("this connection is broken")
        if self._hangs:
            await anyio.sleep_forever()
        self.got.append(uri)

    async def send_resource_list_changed(self) -> None:
        """Take the other kind of news."""
        self.got.append("list")

    def joins(self, feed: Feed, *uris: str) -> set[str]:
        """Subscribe; return the addresses it now has."""
        ctx = SimpleNamespace(session=SimpleNamespace(_connection=self))
        joined = feed.join(cast(Any, ctx))
        joined.update(uris)
        return joined


class Followed:
    """A space whose changes, and failures to watch them, are what a test says."""

    def __init__(self, *script: Change | Exception) -> None:
        self._script = list(script)
        self.since: list[int] = []
        self.done = anyio.Event()

    async def watch(self, since: int, _: object) -> AsyncIterator[Change]:
        """Yield what comes until something fails."""
        self.since.append(since)
        while self._script:
            step = self._script.pop(0)
            if isinstance(step, Exception):
                raise step
            yield step
        self.done.set()
        await anyio.sleep_forever()

    def is_current(self) -> bool:
        """Say that it is still the one at its place."""
        return True

    async def head(self) -> int:
        """Return where it begins."""
        return 0

    async def close(self) -> None:
        """Let go of nothing."""


@asynccontextmanager
async def running(feed: Feed, space: Followed | Space) -> AsyncGenerator[Room]:
    """Run a feed over a space that is in use."""

    async def opened() -> Space:
        return cast(Space, space)

    room = Room(opened, "here")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.run, room)
        await room.space()
        with anyio.fail_after(10):
            yield room
        tasks.cancel_scope.cancel()


async def followed(feed: Feed, *script: Change | Exception) -> Followed:
    """Run a feed until it has followed these changes; what it started gets its turn."""
    space = Followed(*script)
    async with running(feed, space):
        await space.done.wait()
        await anyio.wait_all_tasks_blocked()
    return space


async def test_a_listener_that_fails_stops_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Its failure is logged; the others hear of this change and of the next."""

    def broken(_: ServerEvent) -> None:
        raise RuntimeError("this listener is broken")

    feed, heard, connection = Feed(), list[ServerEvent](), Connection()
    feed.subscribe(broken)
    feed.subscribe(heard.append)
    connection.joins(feed, HUMAN.uri)
    await followed(feed, change(touched("human")), change(touched("human"), number=2))
    assert heard.count(HUMAN) == 2
    assert HUMAN.uri in connection.got
    assert "this listener is broken" in caplog.text


async def test_a_connection_that_fails_is_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    """It is told nothing more; the others are."""
    feed, broken, sound = Feed(), Connection(fails=True), Connection()
    broken.joins(feed, HUMAN.uri)
    sound.joins(feed, HUMAN.uri)
    await followed(feed, change(touched("human")))
    assert sound.got == [HUMAN.uri]
    assert broken.joins(feed) == set()
    assert caplog.text.count("a connection failed") == 1


async def test_a_connection_that_takes_nothing_holds_up_nobody() -> None:
    """The others are told of everything; for it, each address waits once."""
    feed, stuck, sound = Feed(), Connection(hangs=True), Connection()
    stuck.joins(feed, HUMAN.uri)
    sound.joins(feed, HUMAN.uri)
    changes = [change(touched("human", "created"), number=n) for n in range(1, 4)]
    await followed(feed, *changes)
    assert sound.got.count(HUMAN.uri) >= 1
    assert sound.got[-1] == "list"
    assert stuck.got == []


async def test_a_connection_hears_of_the_list_without_a_subscription() -> None:
    """And of no address that it did not name."""
    feed, connection = Feed(), Connection()
    connection.joins(feed)
    await followed(feed, change(touched("human", "created")))
    assert connection.got == ["list"]


@pytest.mark.parametrize("error", [RuntimeError("the file is closed"), CorruptError("damaged")])
async def test_following_goes_on_after_a_failure(
    error: Exception, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """From where it was, whatever it was that failed; a bug with its traceback."""
    monkeypatch.setattr(feeding, "RETRY_S", 0)
    feed, heard = Feed(), list[ServerEvent]()
    feed.subscribe(heard.append)
    one, two = change(touched("human")), change(touched("human"), number=2)
    space = await followed(feed, one, error, two)
    assert space.since == [0, 1]
    assert heard.count(HUMAN) == 2
    assert str(error) in caplog.text
    assert ("Traceback" in caplog.text) is isinstance(error, RuntimeError)


async def test_the_feed_outlives_a_closed_room(db: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The space is opened anew, and what was written since is still announced."""
    monkeypatch.setattr(feeding, "RETRY_S", 0.01)
    feed, told = Feed(), anyio.Event()

    async def opened() -> Space:
        return await Space.open(db)

    def heard(event: ServerEvent) -> None:
        if event == ResourceUpdated("memory://blocks/notes"):
            told.set()

    room = Room(opened, "here")
    feed.subscribe(heard)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(feed.run, room)
        await room.space()
        await anyio.wait_all_tasks_blocked()
        await room.close()
        await put(await room.space(), "text", "notes")
        with anyio.fail_after(10):
            await told.wait()
        tasks.cancel_scope.cancel()
    await room.close()


async def test_a_rename_is_told_to_who_holds_the_old_address(tmp_path: Path) -> None:
    """As a client meets it: both addresses, and that the list is another."""
    uris = ["memory://blocks/human", "memory://blocks/person"]
    expected = {*(ResourceUpdated(uri) for uri in uris), ResourcesListChanged()}
    async with (
        client(tmp_path / "memory.db") as one,
        one.listen(resource_subscriptions=uris, resources_list_changed=True) as stream,
    ):
        await said(one, "memory_rename", label="human", new_label="person")
        with anyio.fail_after(10):
            async for event in stream:
                expected.discard(event)
                if not expected:
                    break
