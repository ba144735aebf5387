"""Text of the memory put into a host's frame: it can end neither ours nor the host's.

What memory holds is untrusted. `framed` writes a `<` that looks like the beginning of a tag as
`&lt;`, because a model takes for one what no parser would: our tags, those in which hosts wrap
what a hook or a tool says, and any other. Code stays readable: what follows a word without a
space (`List<int>`, `a<b`) or has a space behind it (`a < b`, `<-`) is none, but for those names.
"""

import re

_UNSEEN = "\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufe00-\ufe0f\ufeff"
_NAMES = (
    "memory|block|description|value|changes|system|instructions|user|human|assistant|developer|"
    "tool|function|invoke|parameter|result|thinking|system[-_ ]?reminder|hook[-_ ]?context|"
    "user[-_ ]?prompt[-_ ]?submit[-_ ]?hook|additional[-_ ]?context"
)
_TAG = re.compile(
    rf"<(?=[\s{_UNSEEN}]*+/?[\s{_UNSEEN}]*+(?:{_NAMES})(?:\b|s\b|_))"
    rf"|<(?=[{_UNSEEN}]*[/!?|])"  # an end, a comment, <|im_start|>
    rf"|<(?=\w*[{_UNSEEN}])"  # what is not to be seen has no business there
    r"|(?<!\w)<(?=[^\W\d])",
    re.IGNORECASE,
)
_TURN = re.compile(r"^([^\S\n]*\n[^\S\n]*(?:Human|Assistant|User|System)[^\S\n]*):", re.MULTILINE)
_ATTRIBUTE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\n": " ", "\r": " "}
)


def framed(text: str) -> str:
    """Return a text that cannot leave its frame, nor begin another one's turn of a dialogue."""
    return _TURN.sub(r"\1&#58;", _TAG.sub("&lt;", text))


def attribute(text: str, most: int = 128) -> str:
    """Return a text as it may stand between the quotes of a tag."""
    return text[:most].translate(_ATTRIBUTE)


def one_line(text: str, most: int) -> str:
    """Return a framed text on one line, at most so many characters of it."""
    flat = framed(" ".join(text[: most * 4].split()))
    return flat if len(flat) <= most else _at_a_word(flat, most - 1) + "…"


def cut(text: str, room: int, label: str) -> str:
    """Return as many whole lines of a framed text as fit into `room`, and say what is left out.

    Of a first line that does not fit, the beginning stays.
    """
    if len(text) <= room:
        return text
    lines = text.splitlines(keepends=True)
    room -= len(_rest(len(lines), label))
    kept: list[str] = []
    for line in lines:
        room -= len(line)
        if room < 0:
            break
        kept.append(line)
    left = len(lines) - len(kept)
    if not kept:
        kept = [_at_a_word(lines[0], max(0, room + len(lines[0]) - 3)) + " …\n"]
    return "".join(kept) + _rest(left, label)


def _rest(lines: int, label: str) -> str:
    return f"… {lines:,} more line{'s' * (lines != 1)}: memory_read(label={framed(repr(label))})"


def _at_a_word(text: str, most: int) -> str:
    """Return the beginning of a text up to the end of a word, if it has words."""
    beginning = text[:most]
    return beginning.rpartition(" ")[0] or beginning
