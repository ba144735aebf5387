"""Secrets that are known by the name before them: `DB_PASS=…`, `password: …`, `"token": "…"`. Pure.

The name says what a value is for, and the value has to look like one (`lookalike`).
"""

import re
from collections.abc import Iterator

from .lookalike import is_basic, is_key, is_password

_PASSWORDS = (
    r"password|passwd|passphrase|passcode|passwort|kennwort|wachtwoord|contraseña|mot de passe|"
    r"пароль|密码|密碼|パスワード|(?<![a-z])(?:pass|pwd|pw)(?![a-z])"
)
_KEYS = (
    r"(?:api|access|account|private|shared|signing|encryption|master|auth|service)[_\- ]?key|"
    r"secret|token|bearer|credential|authorization"
)
_NAME = re.compile(f"(?P<password>{_PASSWORDS})|(?:{_KEYS})", re.IGNORECASE)
_REST = re.compile(r"(?:s|\d{1,3})?+(?P<rest>[_\-][\w\-]{0,40}+|[A-Z]\w{0,40}+)?+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_ABOUT = re.compile(  # a name that ends so says something about a secret
    r"path|file|dir|name|env|var|url|uri|type|kind|counts?|limit|budget|model|len|length|size|"
    r"policy|hint|ttl|expiry|expires|version|format|field|header|regex|pattern|max|min|usage|"
    r"rate|window|used|left|at",
    re.IGNORECASE,
)
_SIGN = re.compile(
    r"[\\\"'`*\])]{0,4}[ \t]{0,20}(?::=|=>|==|[:=|\uff1a]|\bis\b|\bist\b|\blautet\b)[ \t*]{0,60}"
)
_SCHEME = re.compile(r"(?:(?P<basic>basic)|bearer|token|digest|apikey)[ \t]{1,4}", re.IGNORECASE)
_SPACE = re.compile(r"[ \t]{1,4}")
_QUOTE = re.compile(r"\\?([\"'`])")
_LONGEST = 256  # of a value, so much is looked at
_NEXT = re.compile(r"[;&,][A-Za-z_][\w \-]{0,40}=|\s")  # another assignment, or a space
_COMMAND = re.compile(
    r"\b(?:mysql\w*|mariadb\w*)\b[^\n]{0,200}?\s-p(?P<mysql>[^\s-]\S{3,200})"
    r"|\bsshpass\s+-p\s?(?P<ssh>\S{4,200})"
    r"|\bcurl\b[^\n]{0,200}?\s(?:-u|--user)\s+[^\s:]{1,60}:(?P<curl>\S{4,200})"
)


def assigned(text: str) -> Iterator[tuple[int, int]]:
    """Yield where values stand (start, end) that are said to be secret and look like it."""
    for match in _COMMAND.finditer(text):
        group = match.lastgroup or 0
        if is_password(match[group]):
            yield match.span(group)
    at = 0
    while name := _NAME.search(text, at):
        found = _value(text, name)
        if found is not None:
            yield found
        at = found[1] if found else name.end()


def _value(text: str, name: re.Match[str]) -> tuple[int, int] | None:
    """Return where the value of a name stands, None where it has none that is secret."""
    after = name.end()
    if rest := _REST.match(text, after):
        after = rest.end()
        words = _WORD.findall(rest["rest"] or "")
        if words and _ABOUT.fullmatch(words[-1]):
            return None
    sign = _SIGN.match(text, after)
    if sign is None and name[0].lower() == "bearer":
        sign = _SPACE.match(text, after)
    if sign is None:
        return None
    start = sign.end()
    quote = _QUOTE.match(text, start)
    start = quote.end() if quote else start
    scheme = _SCHEME.match(text, start)
    start = scheme.end() if scheme else start
    said = _said(text[start : start + _LONGEST], quote[1] if quote else "")
    first = said.split(maxsplit=1)[0] if said.strip() else ""
    judged = is_password if name["password"] else is_key
    secret = is_basic(first) if scheme and scheme["basic"] else judged(first, quote is not None)
    if not secret:
        return None
    return start, start + len(said) if len(said) < _LONGEST else _end(text, start + _LONGEST)


def _said(ahead: str, quote: str) -> str:
    """Return the value at the head of a text: to its quote, else to a space or the next name."""
    line = ahead.partition("\n")[0]
    if quote and quote in line:
        return line[: line.index(quote)].removesuffix("\\")
    next_one = _NEXT.search(line)
    said = line[: next_one.start()] if next_one else line
    return said.rstrip("\"'`*,;.)]}>\\\r")


def _end(text: str, at: int) -> int:
    """Return where a long value ends of which `at` is inside."""
    ends = re.compile(r"[\s\"'`]").search(text, at)
    return ends.start() if ends else len(text)
