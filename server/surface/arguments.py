"""The arguments of each tool. They are strict: an unknown one is refused by name."""

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _number_as_text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Label: TypeAlias = Annotated[str, Field(min_length=1)]
Expected: TypeAlias = Annotated[str | None, Field(description="version you read")]
Branch: TypeAlias = str | None
Lines: TypeAlias = Annotated[str | None, Field(description="10-40")]
Reason: TypeAlias = str | None

Drop: TypeAlias = Annotated[
    list[str] | None, Field(description="old entries that may go: their text, line number, or *")
]
Place: TypeAlias = Annotated[str | None, BeforeValidator(_number_as_text)]
"""A place in history; a change's number may come as a number."""

PLACE = "change number, version, checkpoint, branch, or time like '2 hours ago'"
"""What names a place in history."""


class Arguments(BaseModel):
    """Base of all argument models."""

    model_config = ConfigDict(extra="forbid")


class Read(Arguments):
    """Arguments of memory_read."""

    label: Annotated[str | None, Field(description="omit for everything")] = None
    at: Annotated[Place, Field(description=PLACE)] = None
    lines: Lines = None
    branch: Branch = None


class Replace(Arguments):
    """Arguments of memory_replace."""

    label: Label
    old_string: Annotated[str, Field(description="exact text, occurring once")]
    new_string: Annotated[str, Field(description="empty deletes")]
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Insert(Arguments):
    """Arguments of memory_insert."""

    label: Label
    new_string: str
    insert_line: Annotated[int, Field(description="after this line; 0 top, -1 end")] = -1
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Rethink(Arguments):
    """Arguments of memory_rethink."""

    label: Label
    new_memory: Annotated[str, Field(description="the whole new text")]
    drop: Drop = None
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Patch(Arguments):
    """Arguments of memory_patch."""

    patch: str
    drop: Drop = None
    branch: Branch = None
    reason: Reason = None


class Create(Arguments):
    """Arguments of memory_create."""

    label: Label
    description: Annotated[str, Field(min_length=1, description="what belongs in it")]
    value: str | None = None
    limit: Annotated[int | None, Field(ge=1, description="soft budget, characters")] = None
    tags: list[str] | None = None
    branch: Branch = None
    reason: Reason = None


class Delete(Arguments):
    """Arguments of memory_delete."""

    label: Label
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Rename(Arguments):
    """Arguments of memory_rename."""

    label: Label
    new_label: Label
    branch: Branch = None
    reason: Reason = None


class Describe(Arguments):
    """Arguments of memory_describe."""

    label: Label
    description: str | None = None
    limit: Annotated[int | None, Field(ge=1)] = None
    tags: list[str] | None = None
    branch: Branch = None
    reason: Reason = None


class History(Arguments):
    """Arguments of memory_history."""

    label: str | None = None
    before: Annotated[int | None, Field(ge=1, description="only changes older than this")] = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    branch: Branch = None


class Diff(Arguments):
    """Arguments of memory_diff."""

    label: str | None = None
    start: Annotated[Place, Field(alias="from", description="place")] = None
    to: Annotated[Place, Field(description="place; omit for now")] = None
    by: Literal["line", "entry"] = "line"
    branch: Branch = None


class Blame(Arguments):
    """Arguments of memory_blame."""

    label: Label
    at: Place = None
    lines: Lines = None
    branch: Branch = None


class Restore(Arguments):
    """Arguments of memory_restore."""

    to: Annotated[Place, Field(description=PLACE)] = None
    label: Annotated[str | None, Field(description="omit for everything")] = None
    undo: Annotated[int | None, Field(ge=1, description="a change to take back alone")] = None
    lost: Annotated[int | None, Field(ge=1, description="put back what that change lost")] = None
    branch: Branch = None
    reason: Reason = None


class Checkpoint(Arguments):
    """Arguments of memory_checkpoint."""

    name: str | None = None
    message: str | None = None
    at: Annotated[Place, Field(description="place; omit for now")] = None
    branch: Branch = None


class MakeBranch(Arguments):
    """Arguments of memory_branch."""

    name: str | None = None
    start: Annotated[Place, Field(alias="from", description="place; omit for now")] = None
    delete: bool = False


class Merge(Arguments):
    """Arguments of memory_merge."""

    branch: Label
    into: str | None = None
    resolve: Annotated[
        dict[str, str] | None,
        Field(description="conflict id (or *): ours, theirs, both, base, or a text"),
    ] = None
    reason: Reason = None


class Forget(Arguments):
    """Arguments of memory_forget."""

    label: str | None = None
    entry: Annotated[str | None, Field(description="a line; with erase, any text")] = None
    passage: Annotated[str | None, Field(description="id, like p12")] = None
    erase: bool = False
    expected_version: Expected = None
    branch: Branch = None
    reason: Reason = None


class Archive(Arguments):
    """Arguments of memory_archive."""

    text: str
    tags: list[str] | None = None
    source: Annotated[str | None, Field(description="where it is from")] = None
    valid_from: Annotated[str | None, Field(description="2026-11-20")] = None
    valid_until: str | None = None
    id: Annotated[str | None, Field(description="corrects that passage; empty text removes it")] = (
        None
    )
    reason: Reason = None


class Episode(Arguments):
    """Arguments of memory_episode."""

    text: str
    task: str | None = None
    tags: list[str] | None = None


class Outcome(Arguments):
    """Arguments of memory_outcome."""

    task: Annotated[Label, Field(description="the same name each time")]
    score: Annotated[float, Field(ge=0, le=1, description="0 failed, 1 went well")]
    rationale: Annotated[str | None, Field(description="why")] = None
    receipt: Annotated[str | None, Field(description="of the read you worked with")] = None


class Consolidate(Arguments):
    """Arguments of memory_consolidate."""

    action: Literal["start", "status", "finish", "abandon"]
    label: str | None = None
    focus: str | None = None
    budget: Annotated[int | None, Field(ge=1, description="tokens of all blocks")] = None
    drop: Annotated[list[str] | None, Field(description="lost entries that may go")] = None
    resolve: Annotated[dict[str, str] | None, Field(description="as in memory_merge")] = None
    reason: Reason = None


class Search(Arguments):
    """Arguments of memory_search."""

    query: Annotated[str, Field(description="question, words, or an id like p12 for all of it")]
    places: Annotated[
        list[Literal["blocks", "archive", "episodes", "history"]] | None, Field(alias="in")
    ] = None
    tags: list[str] | None = None
    match: Annotated[Literal["any", "all"], Field(description="of the tags")] = "any"
    source: str | None = None
    since: Annotated[str | None, Field(description="2026-11-20 or '2 weeks ago'")] = None
    until: str | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class Status(Arguments):
    """Arguments of memory_status: none."""


class Memory(Arguments):
    """Arguments of memory, as `memory_20250818` names them; which ones depends on the command."""

    command: Literal["view", "create", "str_replace", "insert", "delete", "rename"]
    path: Annotated[str | None, Field(description="/memories, or a path below it")] = None
    view_range: Annotated[
        list[int] | None, Field(description="view: first and last line, -1 for the end")
    ] = None
    file_text: Annotated[str | None, Field(description="create")] = None
    old_str: Annotated[str | None, Field(description="str_replace: occurs once")] = None
    new_str: Annotated[str | None, Field(description="str_replace")] = None
    insert_line: Annotated[
        int | None, Field(description="insert: after this line, 0 for the top")
    ] = None
    insert_text: Annotated[str | None, Field(description="insert")] = None
    old_path: Annotated[str | None, Field(description="rename")] = None
    new_path: Annotated[str | None, Field(description="rename")] = None
