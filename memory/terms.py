"""What words a text is found by: the same rules for what is kept and for what is asked.

The full-text index splits at everything that is no letter or digit, stems English words and drops
most diacritics; letters that it does not know to be variants of others are spelt out before. What
has no spaces between words (Chinese, Japanese, Thai …), or endings of all kinds (Korean), is given
to it character by character, and asked for in pairs.
"""

import re
import unicodedata
from collections.abc import Iterable

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Characters of scripts that are searched character by character, as ranges of a pattern."""

_UNSPACED = re.compile(f"[{UNSPACED}]")
_SPELT_OUT = str.maketrans(
    {"ß": "ss", "ẞ": "ss", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "đ": "d", "Đ": "d"}
    | {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe"}
)
_WORD = re.compile(r"[^\W_]+")
_SPEAKER = re.compile(r"\s*(?:[-*+•]\s+)?([^\W\d_][^:\n]{0,40}?)\s*:\s")
_SENTENCE_END = re.compile(r"(?<=[.!?\u3002\uff01\uff1f])\s+")
_MOST_SPEAKER_WORDS = 3

PARAGRAPH_CHARS = 400
"""Length from which a line of a block is more than one entry."""
_HEADING = re.compile(r"#{1,6}(?=\s)")

STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "after",
        "all",
        "also",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "just",
        "me",
        "more",
        "most",
        "my",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "ours",
        "out",
        "over",
        "own",
        "please",
        "same",
        "she",
        "should",
        "so",
        "some",
        "such",
        "tell",
        "than",
        "that",
        "the",
        "their",
        "theirs",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "us",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "yours",
        "d",
        "ll",
        "m",
        "re",
        "s",
        "t",
        "ve",
    ]
)
"""English words that say nothing of what is looked for."""


def indexed(text: str) -> str:
    """Return a text as the full-text index gets it."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text).translate(_SPELT_OUT)
    return _UNSPACED.sub(r" \g<0> ", plain)


def is_unspaced(word: str) -> bool:
    """Tell whether a word, as `words` gives it, is a character of an unspaced script."""
    return _UNSPACED.match(word) is not None


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, in order; characters of unspaced scripts singly."""
    return [word.casefold() for word in _WORD.findall(indexed(text))]


def entity(text: str, *names: str) -> str:
    """Return the words of whom or what a text is about: names given, and who speaks in it.

    A speaker is what stands before a first colon, in three words or fewer: `Ada: …`.
    """
    found = [word for name in names for word in words(name)]
    speaker = _SPEAKER.match(text)
    if speaker is not None and len(said := words(speaker[1])) <= _MOST_SPEAKER_WORDS:
        found += said
    return " ".join(dict.fromkeys(word for word in found if word not in STOP_WORDS))


def heading(line: str) -> str | None:
    """Return the text of a Markdown heading, None if the line is none."""
    bare = line.strip()
    found = _HEADING.match(bare)
    return bare[found.end() :].strip().rstrip("#").rstrip() if found else None


def entries(label: str, lines: Iterable[str], under: str = "") -> list[tuple[str, str]]:
    """Return the entries of a block as search sees them: text, and label with heading.

    A line that is a whole paragraph is seen sentence by sentence. `under` is the heading that the
    first line stands under.
    """
    found: list[tuple[str, str]] = []
    for line in lines:
        text = line.strip()
        title = heading(text)
        under = under if title is None else title
        context = f"{label} > {under}" if under and title is None else label
        parts = [text] if len(text) <= PARAGRAPH_CHARS else sentences(text)
        found += [(part, context) for part in parts if words(part)]
    return found


def sentences(text: str) -> list[str]:
    """Return the sentences of a paragraph."""
    return _SENTENCE_END.split(text)
