"""OAuth 2.1: access tokens that somebody else makes, for people who sign in there.

A token is a JWT that the issuer has signed. It is good for this endpoint where its audience (`aud`)
is the endpoint's public address or that of one of its spaces, as in `https://memory.example.com` or
`https://memory.example.com/p/acme/mcp`. What its bearer may do stands in its scopes (`scope`, or
`scp`), one for each space: `acme:reader`, `acme:writer`, `acme:admin`; `*:reader` is for every
space. Other scopes are not ours and are passed over.

Changes are signed with the `preferred_username` of a token, else with its `email` unless the issuer
says that nobody has verified it, else with its `sub`; and with the issuer's host, as in
`ada (login.example.com)`, so that nobody signs with the name of a token that was made here. A
`name` is not looked at: most issuers let everybody choose their own, and two may have the same.
Sessions are bound to issuer, client and `sub`, which never change hands.
"""

import logging
import time
import unicodedata
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import jwt
from mcp.server.auth.provider import AccessToken

from ...config.settings import Settings, SettingsError
from ..roles import Role
from .access import AUDIENCES, NAME, SPACES
from .addresses import Addresses
from .issuer_keys import ALGORITHMS, Keys, Patience, is_safe
from .serving import is_exposed

logger = logging.getLogger(__name__)

LEEWAY_S = 30
"""How far the issuer's clock and ours may be apart."""
SAY_S = 1.0
"""How often the log says that tokens are refused, for each reason."""
MOST_NAME = 64  # characters without the issuer's host, as of a token of our own
_MOST_KNOWN = 1_000
_TYPES = ("at+jwt", "jwt")  # others are made for something else: signing out, proving a key
_NAMES = ("preferred_username", "email", "sub")
_CLIENTS = ("client_id", "azp", "cid", "appid")
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "it has expired"),
    (jwt.ImmatureSignatureError, "it is not valid yet"),
    (jwt.InvalidIssuerError, "another issuer made it"),
    (jwt.InvalidSignatureError, "its signature is wrong"),
    (jwt.MissingRequiredClaimError, "a claim is missing (exp, iss, aud and sub are needed)"),
    (jwt.InvalidKeyError, "the issuer's key for it cannot be used"),
)


class _Refused(Exception):  # noqa: N818 - an answer, not a failure
    """A token is not good; the message says why."""


class Issuer:
    """Checks the access tokens of an issuer. `run` has to go on meanwhile."""

    def __init__(self, url: str, addresses: Addresses, patience: Patience | None = None) -> None:
        self._url = url
        self._addresses = addresses
        self._keys = Keys(url, patience)
        self._known: dict[str, AccessToken] = {}  # checked already, with the keys below
        self._known_by: object = None
        self._said: dict[str, float] = {}

    async def run(self) -> None:
        """Keep the issuer's keys at hand, until cancelled."""
        await self._keys.run()

    async def verify_token(self, token: str) -> AccessToken | None:
        """Return who a token stands for, and their roles; None where it is not good."""
        known = self._checked_before(token)
        if known is not None:
            return known
        try:
            access = await self._checked(token)
        except _Refused as refused:
            self._say(str(refused))
        except jwt.PyJWTError as error:
            found = (said for kind, said in _REASONS if isinstance(error, kind))
            self._say(next(found, "it is malformed"))
        except ValueError:
            self._say("it is malformed")
        else:
            self._known[token] = access
            return access
        return None

    def _checked_before(self, token: str) -> AccessToken | None:
        """Return what is known of a token, as long as the keys are those it was checked with."""
        keys = self._keys.at_hand()
        if keys is not self._known_by or len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._known_by = keys
        known = self._known.get(token)
        if known is not None and cast(int, known.expires_at) <= time.time():
            del self._known[token]
            return None
        return known

    async def _checked(self, token: str) -> AccessToken:
        """Return what a token says, once it is known that the issuer says it, now, to us.

        Raises:
            _Refused: it does not.
            jwt.PyJWTError: likewise.
        """
        header = jwt.get_unverified_header(token)
        algorithm, kind = header.get("alg"), header.get("typ", "jwt")
        if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
            raise _Refused("it is signed in a way that is not taken here")
        if str(kind).lower().removeprefix("application/") not in _TYPES:
            raise _Refused("it is no access token")
        key = await self._keys.find(algorithm, header.get("kid"))
        if key is None:
            raise _Refused("the issuer has no such key, or cannot be asked")
        claims = jwt.decode(
            token,
            jwt.PyJWK(dict(key), algorithm),
            algorithms=[algorithm],
            issuer=self._url,
            leeway=LEEWAY_S,
            options={
                "require": ["exp", "iss", "aud", "sub"],
                "verify_aud": False,  # below: one of many addresses will do
                "enforce_minimum_key_length": True,
            },
        )
        return self._access(token, claims)

    def _access(self, token: str, claims: Mapping[str, Any]) -> AccessToken:
        """Return the claims of a token as we know them.

        Raises:
            _Refused: it was not made for us, or does not say for whom.
            ValueError: nor does it in whole characters.
        """
        audiences = _texts(claims["aud"])
        if not self._addresses.are_ours(audiences):
            raise _Refused("it was made for another address")
        name = _name(claims)
        if not claims["sub"] or not name:
            raise _Refused("it does not say whose it is")
        client = next((claims[key] for key in _CLIENTS if isinstance(claims.get(key), str)), "")
        f"{claims['sub']}{client}".encode()  # JSON has halves of characters, which fit in no log
        scopes = [
            scope
            for key in ("scope", "scp")
            for text in _texts(claims.get(key, []))
            for scope in text.split()
        ]
        return AccessToken(
            token=token,
            client_id=client,
            subject=claims["sub"],
            scopes=scopes,
            expires_at=int(claims["exp"]) + LEEWAY_S,
            claims={
                "iss": self._url,
                NAME: f"{name} ({urlsplit(self._url).hostname})",
                AUDIENCES: audiences,
                SPACES: roles_of(scopes),
            },
        )

    def _say(self, reason: str) -> None:
        """Log why somebody is not let in; nothing of what they sent, and not for each of many."""
        now = time.monotonic()
        if now - self._said.get(reason, -SAY_S) >= SAY_S:
            self._said[reason] = now
            logger.warning("a token is refused as one of the issuer %s: %s", self._url, reason)


def roles_of(scopes: list[str]) -> dict[str, Role]:
    """Return the role in each space that scopes grant, the highest where they grant several."""
    found: dict[str, Role] = {}
    for scope in scopes:
        space, _, role = scope.rpartition(":")
        if space and role in list(Role):
            found[space] = max(Role(role), found.get(space, Role.READER), key=lambda one: one.rank)
    return found


def check_issuer(settings: Settings) -> None:
    """Refuse an issuer with which no token could be checked, or for nobody knows which address.

    Raises:
        SettingsError: it says what to give.
    """
    if not settings.issuer:
        return
    if not is_safe(settings.issuer) or not _is_plain(settings.issuer):
        raise SettingsError(
            f"--issuer {settings.issuer}: give an https address as the issuer writes it in its "
            "tokens, such as https://login.example.com (http only on this machine)."
        )
    if not settings.public_url and is_exposed(settings):
        raise SettingsError(
            "with --issuer, tokens are made for this endpoint's own address: give it as clients "
            "write it, such as --public-url https://memory.example.com."
        )


def _is_plain(url: str) -> bool:
    """Tell whether an address has nothing but scheme, host, port and path."""
    found = urlsplit(url)
    return not (found.query or found.fragment or "@" in found.netloc or "?" in url or "#" in url)


def _name(claims: Mapping[str, Any]) -> str:
    """Return the name that changes are signed with: visible characters, no other spaces."""
    for key in _NAMES:
        found = claims.get(key)
        if not isinstance(found, str) or (key == "email" and claims.get("email_verified") is False):
            continue
        seen = "".join(sign if sign.isprintable() else " " for sign in found)
        name = unicodedata.normalize("NFC", " ".join(seen.split()))[:MOST_NAME].strip()
        if name:
            return name
    return ""


def _texts(found: object) -> list[str]:
    """Return the texts of a claim that may be one or a list."""
    several = cast(list[object], found) if isinstance(found, list) else [found]
    return [text for text in several if isinstance(text, str)]
