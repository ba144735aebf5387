"""What memory_search does."""

import re

from mcp_types import CallToolResult

from ...memory import Intent
from ...memory.errors import DeletedError, NotFoundError
from ...memory.finding import Findings
from ...memory.model import MAIN
from ...memory.querying import Query, parsed, scope
from . import answers
from .arguments import Search
from .desk import Desk
from .shown import one_hit, page

_ID = re.compile(r"[pe]\d{1,15}")
_HOW = {
    "hybrid": "by words and meaning",
    "lexical": "by words only: {}",
    "newest": "newest first",
}
_LEAST_CHARS, _MOST_CHARS = 100, 400  # of a snippet
_HEAD_BYTES = 600  # of an answer: what is not a find


async def search(desk: Desk, args: Search, _: Intent) -> CallToolResult:
    """memory_search."""
    space = await desk.space()
    query = args.query.strip()
    gone = ""
    if _ID.fullmatch(query):
        foot = f"\n{answers.footer(desk.place, MAIN)}"
        try:
            passage, beside = await space.archive.read(query)
        except DeletedError as error:
            gone = str(error)
        except NotFoundError:  # then it is a word
            pass
        else:
            room = answers.ANSWER_BYTES - len(foot.encode())
            return answers.say(page(passage, beside, args.offset, room) + foot)
    where = scope(
        space.now(),
        places=args.places,
        tags=args.tags,
        every=args.match == "all",
        source=args.source,
        since=args.since,
        until=args.until,
    )
    findings = await space.search.find(query, where, args.limit, args.offset)
    return _answer(desk, args, parsed(query), findings, gone)


def _answer(
    desk: Desk, args: Search, query: Query, findings: Findings, gone: str
) -> CallToolResult:
    """Show as many finds as an answer holds; the others are on the next page.

    `gone` is what to say of a passage that is called as the question is, and was taken out.
    """
    finds = findings.finds
    how = _HOW[findings.mode].format(findings.why)
    foot = f"\n{answers.footer(desk.place, MAIN)}"
    if not finds:
        where = "" if "history" in (args.places or ()) else " in=['history'] looks in the past too."
        nothing = gone or ("nothing more." if args.offset else f"nothing found.{where}")
        return answers.say(f"{nothing} ({how}){foot}", meta={"mode": findings.mode, "hits": []})
    room = (answers.ANSWER_BYTES - _HEAD_BYTES) // len(finds) - 80
    most = min(_MOST_CHARS, max(_LEAST_CHARS, room))
    rows, size = list[str](), 0
    for find in finds:
        row = one_hit(find, query.words, most)
        size += len(row.encode()) + 1
        if rows and size > answers.ANSWER_BYTES - _HEAD_BYTES:
            break
        rows.append(row)
    shown = len(rows)
    rows[:0] = [f"{shown} found {how}", *([gone] if gone else [])]
    if findings.more or shown < len(finds):
        rows.append(f"more: offset={args.offset + shown}")
    hits = [
        {"id": find.name, "place": find.place, "score": round(find.score, 4)}
        for find in finds[:shown]
    ]
    return answers.say("\n".join(rows) + foot, meta={"mode": findings.mode, "hits": hits})
