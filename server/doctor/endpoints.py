"""Entries and words that name an endpoint, and the token that goes with each."""

import re
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import urlsplit

from ...config.settings import Settings, SettingsError, token
from ..call import WrongUseError
from ..install.places import Places
from ..remote.target import Target, find
from .configured import Entry, part
from .endpoint import Endpoint, open_address
from .expanding import expanded, unexpanded
from .manners import MANNERS, Form
from .report import Finding, State, quoted
from .starting import own_environment
from .written import mend

_BEARER = re.compile(r"Bearer\s+(\S+)")


def of_address(address: str, settings: Settings) -> Iterator[Finding]:
    """Ask the endpoint that a person names.

    Raises:
        WrongUseError: it is no address, or says something else than the flags do.
    """
    try:
        target, secret = find(address, settings), token(settings)
    except SettingsError as error:
        said = str(error).replace("--remote", "the address")
        if urlsplit(address).scheme == "http" and "could be read on its way" in said:
            yield from open_address(address, said)
            return
        raise WrongUseError(said) from error
    yield from Endpoint(_named(target), secret).findings()


def of_entry(entry: Entry, settings: Settings, places: Places) -> Iterator[Finding]:
    """Tell of an entry that names an endpoint, and ask that, if the person wrote it."""
    who, title = entry.client.name, entry.client.title
    environ = own_environment(entry)
    manner = MANNERS[who]
    form = Form.SHELL if manner.expands is Form.ENV_ONLY else manner.expands
    project = places.project or places.home
    written = entry.address
    address = expanded(written, form, environ, places.home, project)
    shown = f"{entry.name} in {places.shown(entry.path)}: {quoted(written)}"
    if not entry.trusted:
        said = f"{shown}. It comes with the project, and was not asked with your token"
        yield Finding(who, "entry", State.NOTE, said, f"`tokenspace doctor {quoted(written)}`")
        return
    yield Finding(who, "entry", State.OK, shown)
    secret = _token(entry, form, environ, places)
    if not secret:
        variable = quoted(entry.client.token or "TOKENSPACE_TOKEN")
        said = f"{title} has no token for it from here: {variable} stands for none"
        how = f"set TOKENSPACE_TOKEN where {title} is started, or {mend(entry, '--url', 'URL')}"
        yield Finding(who, "token", State.WARN, said, how)
    try:
        target = find(address, replace(settings, space="", project="", db="", origin={}))
    except SettingsError as error:
        said = quoted(str(error).replace("--remote", "the address"))
        yield Finding(who, "entry", State.FAIL, said, mend(entry, "--url", "URL"))
        return
    yield from Endpoint(_named(target), secret, who).findings()


def _named(target: Target) -> Target:
    """Return a target that says in the words of this command why it is that one."""
    return replace(target, why=target.why.replace("--remote", "its address"))


def _token(entry: Entry, form: Form, environ: dict[str, str], places: Places) -> str:
    """Return the token that the client sends; empty where it has none."""
    named = entry.value.get("bearer_token_env_var")
    if isinstance(named, str):
        return environ.get(named, "")
    headers = part(entry.value, "headers") or part(entry.value, "http_headers")
    said = next((str(headers[key]) for key in headers if key.lower() == "authorization"), "")
    project = places.project or places.home
    found = _BEARER.fullmatch(expanded(said, form, environ, places.home, project))
    return found[1] if found and not unexpanded(found[1]) else ""
