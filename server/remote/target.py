"""Which space of which endpoint a bridge leads to, and why that one. Standard library only."""

import re
import unicodedata
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from ...config.locate import FOLDER, Place, locate
from ...config.names import is_local, is_space_name
from ...config.settings import Settings, SettingsError

EXAMPLE = "https://memory.example.com"

_NAMED = re.compile(r"(?P<before>.*)/p/(?P<space>(?!mcp$)[^/]+)(?:/mcp)?")
"""What names a space; without /mcp at its end, where people leave it out."""


@dataclass(frozen=True, slots=True)
class Target:
    """A space of an endpoint.

    Attributes:
        url: The address of the space.
        space: Its name; empty for the one behind an address that names none.
        why: How it was chosen, in a few words.
        local: Whether the endpoint is on this machine.
    """

    url: str
    space: str
    why: str
    local: bool

    def __str__(self) -> str:
        return f"{self.space or 'the default space'} at {self.host} ({self.why})"

    @property
    def encrypted(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.url.startswith("https:")

    @property
    def host(self) -> str:
        """The endpoint's host, with its port where one is named."""
        return urlsplit(self.url).netloc


def find(address: str, settings: Settings) -> Target:
    """Return the space that an address means: its own, the one that was asked for, the project's.

    Raises:
        SettingsError: the address cannot be, would not be safe, or names another space than was
            asked for; or the project has no name that a space can have.
    """
    if settings.origin.get("db", "").startswith("--"):
        raise SettingsError("--db names a file, and --remote an endpoint; give one of them.")
    base, path, local = _checked(address)
    named = _NAMED.fullmatch(path)
    asked = _asked(settings)
    if named is not None:
        space = _legal(named["space"], "--remote")
        if asked not in ("", space):
            raise SettingsError(
                f"--remote names the space {space!r}, and {settings.origin['space']} {asked!r}; "
                "give one of them."
            )
        whole = f"{base}{path.removesuffix('/mcp')}/mcp"
        return Target(whole, space, "named by --remote", local)
    if asked:
        before = path.removesuffix("/mcp")
        why = f"named by {settings.origin['space']}"
        return Target(f"{base}{before}/p/{asked}/mcp", asked, why, local)
    if path.endswith("/mcp"):
        return Target(base + path, "", "that is what --remote says", local)
    space, why = _of_project(locate(replace(settings, db="")))
    return Target(f"{base}{path}{f'/p/{space}' if space else ''}/mcp", space, why, local)


def whole(address: str) -> str:
    """Return an address of a space with the /mcp at its end that it may lack; another as it is."""
    address = address.rstrip("/")
    lacks = _NAMED.fullmatch(urlsplit(address).path) and not address.endswith("/mcp")
    return f"{address}/mcp" if lacks else address


def _checked(address: str) -> tuple[str, str, bool]:
    """Return an address in two, and whether it is this machine's; its path has no slash at its end.

    Raises:
        SettingsError: it cannot be, or would not be safe.
    """
    try:
        found = urlsplit(address)
        host, port = found.hostname or "", found.port
    except ValueError:
        host, port, found = "", None, urlsplit("")
    if found.scheme not in ("http", "https") or not host or port == 0:
        raise SettingsError(f"--remote: give the address of an endpoint, such as {EXAMPLE}.")
    if "@" in found.netloc:
        raise SettingsError(
            "--remote: no name or password stands in the address; the token belongs into "
            "TOKENSPACE_TOKEN, or into a file that --token-file names."
        )
    if found.query or found.fragment:
        raise SettingsError(f"--remote: give the address alone, such as {EXAMPLE}, without ? or #.")
    local = is_local(host)
    if found.scheme == "http" and not local:
        raise SettingsError(
            f"--remote: what is sent to http://{found.netloc} could be read on its way, the token "
            "too; give its https:// address."
        )
    path = found.path.rstrip("/")
    if path.endswith("/sse"):
        raise SettingsError("--remote: give the address that ends in /mcp, not the one in /sse.")
    return urlunsplit((found.scheme, found.netloc, "", "", "")), path, local


def _asked(settings: Settings) -> str:
    return _legal(settings.space, settings.origin["space"]) if settings.space else ""


def _legal(name: str, origin: str) -> str:
    if not is_space_name(name):
        raise SettingsError(
            f"{origin}: {name[:80]!r} cannot be a space's name: use lower-case letters, digits, - "
            "and _ inside, 64 characters at most."
        )
    return name


def _of_project(place: Place) -> tuple[str, str]:
    """Return the space that is called like a project; none where there is no project."""
    if place.path.parent.name != FOLDER:
        return "", place.how
    name = space_name(place.name)
    if not name:
        raise SettingsError(
            f"the project {place.name!r} has no name that a space can have; give --space NAME."
        )
    return name, f"named after the project, {place.how}"


def space_name(project: str) -> str:
    """Return a project's name as a space can have it; empty where nothing of it can stay."""
    plain = unicodedata.normalize("NFKD", project).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9_]+", "-", plain)[:64].strip("-_")
