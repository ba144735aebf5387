"""Any commands of the memory tool, one after another: the files are those of the reference."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import (
    Command,
    Reference,
    create,
    delete,
    insert,
    rename,
    str_replace,
    view,
    without_folder_sizes,
)

from tokenspace.memory import Author, Intent, Space, TokenspaceError
from tokenspace.memory.files import Files

NAMES = st.sampled_from(["a/a", "b", "a", "a/b", "a/c", "c", "c/a"])
TEXTS = st.text(alphabet="ab \n", max_size=8)
QUOTES = st.sampled_from(["a\n", "\n\n", "b b", "ab", "b", "\n", ""])
LINES = st.integers(-1, 4)


def commands(root: str) -> st.SearchStrategy[Command]:
    """Return any command below a folder."""
    paths = NAMES.map(lambda name: f"{root}/{name}")
    return st.one_of(
        st.builds(view, paths),
        st.builds(view, paths, LINES, LINES),
        st.builds(create, paths, TEXTS),
        st.builds(str_replace, paths, QUOTES, TEXTS),
        st.builds(insert, paths, LINES, TEXTS),
        st.builds(delete, paths),
        st.builds(rename, paths, paths),
    )


@dataclass(frozen=True)
class Ours:
    """The files of an open space, one step at a time."""

    portal: BlockingPortal
    space: Space

    def do(self, command: Command) -> tuple[bool, str]:
        """Carry out a command; return whether it was done, and what was said."""
        try:
            return True, self.portal.call(self._done, command)
        except TokenspaceError as error:
            return False, str(error)

    async def _done(self, command: Command) -> str:
        intent = Intent(author=Author("ada"), tool="memory")
        return (await Files(self.space, lambda _: None).do(command, intent)).text

    def files(self) -> dict[str, str]:
        """Return the text of each file, by its path below the root."""
        blocks = self.portal.call(self.space.context).blocks
        return {block.label: block.value for block in blocks}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Generator[Ours]:
    """A space with nothing in it."""
    path = tmp_path_factory.mktemp("space") / "memory.db"
    with start_blocking_portal() as portal:
        found = Ours(portal, portal.call(Space.open, path))
        for label in list(found.files()):
            found.do(delete(f"/memories/{label}"))
        yield found
        portal.call(found.space.close)


def overlaps(reference: Reference, command: Command) -> bool:
    """Tell whether a text to replace stands once if counted without overlaps, else twice."""
    text = reference.files().get(command.get("path", "").removeprefix("/memories/"), "")
    old = command.get("old_str", "")
    found = [at for at in range(len(text)) if old and text.startswith(old, at)]
    return len(found) > 1 and text.count(old) == 1


def same_as_the_reference(ours: Ours, steps: list[Command]) -> None:
    """Take the same steps on both sides, and compare what stands after each."""
    ours.do(delete("/memories/r"))
    with TemporaryDirectory() as folder:
        reference = Reference(Path(folder))
        for command in steps:
            if overlaps(reference, command):
                continue
            (done, said), (theirs_done, theirs) = ours.do(command), reference.do(command)
            assert ours.files() == reference.files(), command
            assert done or not theirs_done, (command, said)
            if done and theirs_done:
                folder_of = command.get("path", "")
                assert without_folder_sizes(said, folder_of) == without_folder_sizes(
                    theirs, folder_of
                )


FIRST = [create("/memories/r/a/a", "a\nb\n"), create("/memories/r/b", "ab\n\nb b")]
STEPS = st.lists(commands("/memories/r"), min_size=4, max_size=20).map(lambda more: FIRST + more)


@settings(max_examples=6, deadline=None)
@given(STEPS)
def test_any_commands_leave_the_files_of_the_reference(ours: Ours, steps: list[Command]) -> None:
    """After each of any commands, both have the same files with the same texts."""
    same_as_the_reference(ours, steps)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_many_commands_leave_the_files_of_the_reference(ours: Ours, steps: list[Command]) -> None:
    """The same, for longer."""
    same_as_the_reference(ours, steps)
