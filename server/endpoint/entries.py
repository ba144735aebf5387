"""What a client's configuration needs to say so that it reaches a space of an endpoint."""

import json
import shlex

from ...config.settings import Settings
from .public import normal
from .spaces import DEFAULT
from .tokens import EVERY, PREFIX

TOKEN = f"{PREFIX}..."
"""What stands where a token belongs: the token itself is shown once, and nowhere else."""


def public_address(settings: Settings, port: int) -> str:
    """Return the address of an endpoint as clients write it: the one stated, or where it listens.

    Args:
        settings: What it is started with.
        port: On which port it listens.
    """
    if settings.public_url:
        return normal(settings.public_url).rstrip("/")
    scheme = "https" if settings.tls_cert else "http"
    host = settings.host.strip("[]")
    return normal(f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}")


def address(public: str, space: str, transport: str = "http") -> str:
    """Return the address of a space; of every space, with NAME where its name belongs."""
    end = "sse" if transport == "sse" else "mcp"
    if space == DEFAULT:
        return f"{public}/{end}"
    return f"{public}/p/{'NAME' if space == EVERY else space}/{end}"


def header(token: str = TOKEN) -> str:
    """Return the header that a request with a token has."""
    return f"Authorization: Bearer {token}"


def claude(url: str, *, guarded: bool) -> str:
    """Return the command that makes an endpoint known to Claude Code."""
    words = ("claude", "mcp", "add", "--transport", _transport(url), "tokenspace", url)
    return shlex.join(words) + (f' --header "{header()}"' if guarded else "")


def other(url: str, *, guarded: bool) -> str:
    """Return the same for a client whose configuration is JSON."""
    entry: dict[str, object] = {"type": _transport(url), "url": url}
    if guarded:
        name, _, value = header().partition(": ")
        entry["headers"] = {name: value}
    return json.dumps({"mcpServers": {"tokenspace": entry}})


def _transport(url: str) -> str:
    return "sse" if url.endswith("/sse") else "http"
