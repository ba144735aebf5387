"""What an endpoint says when it begins to serve: where it is, what it has, and who comes in."""

import shlex
from datetime import UTC, datetime

from ...config.settings import Settings
from .entries import TOKEN, address, claude, other
from .spaces import DEFAULT, Spaces
from .tokens import EVERY, Tokens

_NAMED = 8  # spaces


def greeting(
    settings: Settings, public: str, spaces: Spaces, tokens: Tokens, transport: str = "http"
) -> str:
    """Return a few lines for the person who starts an endpoint.

    Args:
        settings: What it was started with.
        public: Its address as clients write it.
        spaces: Its spaces.
        tokens: Its tokens.
        transport: `sse` names the addresses of that; both are served.
    """
    guarded = bool(settings.issuer) or tokens.any()
    names = spaces.names()
    url = address(public, DEFAULT if DEFAULT in names or not names else names[0], transport)
    return "\n".join(
        (
            f"tokenspace serves {url} (Ctrl-C ends this)",
            f"  spaces       {_spaces(address(public, EVERY, transport), names)}",
            f"  tokens       {_tokens(settings, names, tokens)}",
            f"  Claude Code  {claude(url, guarded=guarded)}",
            f"  others       {other(url, guarded=guarded)}",
        )
    )


def _spaces(each: str, names: list[str]) -> str:
    """Return which spaces there are, and where those are that have an address of their own."""
    if not names:
        return "none"
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    own = "" if names == [DEFAULT] else f", each at {each}"
    return ", ".join(names[:_NAMED]) + more + own


def _tokens(settings: Settings, names: list[str], tokens: Tokens) -> str:
    """Return whether a token is needed, how many lead to a space, and how one is made."""
    words = ["tokenspace", "token", "create", "--name", "WHO", "--space", "NAME"]
    if settings.origin.get("data") == "--data":
        words += ["--data", settings.data]
    make = shlex.join(words)
    now = datetime.now(UTC)
    somewhere = {EVERY, *names}
    good = sum(token.space in somewhere and not token.is_over(now) for token in tokens.all())
    if settings.issuer:
        return f"needed, of {settings.issuer} or made here ({good} are good): {make}"
    if tokens.any():
        count = {0: "none is good", 1: "1 is good"}.get(good, f"{good} are good")
        return f"needed ({TOKEN}; {count}); another: {make}"
    return f"none exists, so programs of this machine need none; the first closes the door: {make}"
