"""What the tools of the archive do: filing, correcting, and what they answer."""

from collections.abc import Sequence
from datetime import datetime

from mcp_types import CallToolResult

from ...memory import Intent, Space
from ...memory.archive import Shelved
from ...memory.errors import InvalidError
from ...memory.finding import Find
from ...memory.model import MAIN
from ...memory.passages import READ_CHARS, Passage, PassageDraft, clean_tags
from ...memory.render import length
from ...memory.rivals import Rival
from ...memory.snippets import snippet
from ...memory.when import span
from . import answers, rivals
from .arguments import Archive, Episode
from .desk import Desk
from .shown import one_hit, quoted


async def archive(desk: Desk, args: Archive, intent: Intent) -> CallToolResult:
    """memory_archive."""
    space = await desk.space()
    begins = span(args.valid_from, space.now())[0] if args.valid_from else None
    ceases = span(args.valid_until, space.now())[1] if args.valid_until else None
    if args.id is not None:
        done = await _corrected(space, args, intent, begins, ceases)
    else:
        draft = PassageDraft(
            id=None,
            kind="passage",
            text=args.text,
            tags=clean_tags(args.tags or ()),
            source=(args.source or "").strip(),
            valid_from=begins,
            valid_until=ceases,
        )
        done = await space.archive.file(draft, intent)
    made = done.passage
    if made is None or done.same:
        return answer(done, desk)
    found = await rivals.superseded(space, MAIN, "", made.text, (made.name,))
    found = [r for r in found if r.kind == "contradicts" or (r.line and r.kind == "repeats")]
    against = {rival.place for rival in found}
    near = await space.search.near(made.text, made.name)
    return answer(done, desk, [find for find in near if find.name not in against], found)


async def episode(desk: Desk, args: Episode, intent: Intent) -> CallToolResult:
    """memory_episode."""
    space = await desk.space()
    draft = PassageDraft(
        id=None,
        kind="episode",
        text=args.text,
        tags=clean_tags(args.tags or ()),
        source=(args.task or "").strip(),
    )
    return answer(await space.archive.file(draft, intent), desk)


async def _corrected(
    space: Space,
    args: Archive,
    intent: Intent,
    begins: datetime | None,
    ceases: datetime | None,
) -> Shelved:
    assert args.id is not None  # noqa: S101 - the caller has looked
    if not args.text.strip():
        if args.tags or args.source or begins or ceases:
            raise InvalidError(
                "an empty text takes the passage out; leave the rest out, or give its text."
            )
        return await space.archive.remove(args.id, intent)
    return await space.archive.update(
        args.id,
        intent,
        text=args.text,
        tags=None if args.tags is None else clean_tags(args.tags),
        source=None if args.source is None else args.source.strip(),
        valid_from=begins,
        valid_until=ceases,
    )


def answer(
    done: Shelved, desk: Desk, near: Sequence[Find] = (), found: Sequence[Rival] = ()
) -> CallToolResult:
    """Answer a write to the archive.

    `near` are passages that may say the same, `found` other entries that it may supersede.
    """
    change, passage = done.written.change, done.passage
    meta: dict[str, object] = {"receipt": answers.receipt(done.written.point)}
    if change is not None:
        meta["change"] = change.number
    if passage is not None:
        meta |= {"id": passage.name, "version": passage.version}
    rows = [_told(done, passage)]
    if done.before is not None and passage is not None and done.before.text != passage.text:
        was = snippet(done.before.text, frozenset(), answers.LINE_CHARS)
        rows += [f"it was (memory_restore(undo={passage.change}) takes it back):", quoted(was)]
    if passage is not None and len(passage.text) > READ_CHARS:
        rows.append(
            f"it is long: what stands after about {READ_CHARS:,} characters is found by its words "
            "only. Several passages of one source are found better."
        )
    if near:
        rows.append("perhaps the same (correct one with id, rather than keep both):")
        rows += [one_hit(find, frozenset(), answers.LINE_CHARS) for find in near]
    rows += rivals.rows(found, filed=True)
    footer = f"\n{answers.footer(desk.place, MAIN)}"
    return answers.say(answers.bounded("\n".join(rows), footer), meta=meta)


def _told(done: Shelved, passage: Passage | None) -> str:
    change = done.written.change
    if done.written.repeated and change is not None:
        return f"already done as change {change.number}: this call was made before."
    if change is None:
        if passage is None:
            return "nothing to do: it is taken out already."
        return f"nothing to do: {passage.name} reads so already."
    name, action = change.passages[0].name, change.passages[0].action
    if passage is None:
        return (
            f"{name} taken out (change {change.number}); memory_restore(undo={change.number}) "
            "brings it back."
        )
    return f"{name} {action} (change {change.number}) · {length(passage.text)}"
