"""The public keys of an issuer: found where its metadata says, kept, read again when they change.

Nobody who calls reads them: one task does, and who needs them waits for it, a limited time.
"""

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast
from urllib.parse import urlsplit

import anyio
import httpx2

from ...config.names import is_local

logger = logging.getLogger(__name__)

ALGORITHMS: Mapping[str, tuple[str, str | None]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), ("RSA", None)),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
}
"""What a token may be signed with: the type of the key, and its curve. All have a secret half that
only the issuer has; whoever knows what is public could sign with any other."""

MOST_BYTES = 2**20
_OAUTH = "/.well-known/oauth-authorization-server"
_OPENID = "/.well-known/openid-configuration"

Jwk = Mapping[str, Any]
"""A key as RFC 7517 writes it."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long keys are of use, and how long an issuer is waited for, in seconds.

    Attributes:
        fresh_s: After this they are read again, while those at hand go on serving.
        keep_s: After this they serve nobody, where they could not be read again.
        pause_s: Between two readings, whatever tokens come.
        limit_s: For one reading.
    """

    fresh_s: float = 300.0
    keep_s: float = 3_600.0
    pause_s: float = 10.0
    limit_s: float = 8.0


class Keys:
    """The keys of one issuer. `run` has to go on while they are asked for."""

    def __init__(self, issuer: str, patience: Patience | None = None) -> None:
        self._issuer = issuer
        self._patience = patience or Patience()
        self._keys: tuple[Jwk, ...] = ()
        self._read_at = float("-inf")
        self._looked_at = float("-inf")
        self._wanted = anyio.Event()
        self._looked = anyio.Event()

    async def run(self) -> None:
        """Read the keys at once, and again whenever they are wanted, until cancelled."""
        async with httpx2.AsyncClient(timeout=None, follow_redirects=False) as http:  # see `_look`
            while True:
                await self._look(http)
                await self._wanted.wait()

    def at_hand(self) -> tuple[Jwk, ...]:
        """Return the keys that serve now: the same object until they are read again."""
        age = anyio.current_time() - self._read_at
        if age > self._patience.fresh_s and self._may_look():
            self._wanted.set()
        return self._keys if age <= self._patience.keep_s else ()

    async def find(self, algorithm: str, kid: str | None) -> Jwk | None:
        """Return the key that a token says it is signed with; None where there is none.

        A key that is not known yet may be new: the issuer is asked, unless it just was.
        """
        found = _one(self.at_hand(), algorithm, kid)
        if found is None and self._may_look():
            self._wanted.set()
            with anyio.move_on_after(2 * self._patience.limit_s):  # it may just be at it
                await self._looked.wait()
            found = _one(self.at_hand(), algorithm, kid)
        return found

    def _may_look(self) -> bool:
        return anyio.current_time() - self._looked_at >= self._patience.pause_s

    async def _look(self, http: httpx2.AsyncClient) -> None:
        """Read the keys; those at hand stay where that fails."""
        try:
            with anyio.fail_after(self._patience.limit_s):
                self._keys = await _read(http, self._issuer)
            self._read_at = anyio.current_time()
        except TimeoutError:
            self._failed("it takes too long to answer")
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            self._failed(str(error) or type(error).__name__)
        except Exception:
            logger.exception("the keys of the issuer %s cannot be read", self._issuer)
        finally:
            self._looked_at = anyio.current_time()
            self._looked.set()  # who wanted them meanwhile has them now
            self._looked, self._wanted = anyio.Event(), anyio.Event()

    def _failed(self, reason: str) -> None:
        logger.warning(
            "the keys of the issuer %s cannot be read: %s. Its tokens let nobody in without them.",
            self._issuer,
            reason,
        )


def well_known(issuer: str) -> Iterator[str]:
    """Yield where an issuer's metadata may lie, as RFC 8414 and OpenID Connect have it."""
    found = urlsplit(issuer)
    origin, path = f"{found.scheme}://{found.netloc}", found.path.rstrip("/")
    yield f"{origin}{_OAUTH}{path}"
    if path:
        yield f"{origin}{_OPENID}{path}"
    yield f"{origin}{path}{_OPENID}"


def is_safe(url: str) -> bool:
    """Tell whether what comes from an address cannot have been changed on its way."""
    try:
        found = urlsplit(url)
        host = found.hostname or ""
    except ValueError:
        return False
    return bool(host) and (found.scheme == "https" or (found.scheme == "http" and is_local(host)))


async def _read(http: httpx2.AsyncClient, issuer: str) -> tuple[Jwk, ...]:
    """Return the keys that an issuer publishes.

    Raises:
        httpx2.HTTPError: it cannot be reached.
        ValueError: what it publishes is of no use.
    """
    said: list[str] = []
    for address in well_known(issuer):
        try:
            metadata = await _json(http, address)
            uri = _jwks_uri(metadata, issuer)
        except ValueError as error:
            said.append(f"{address}: {error}")
            continue
        try:
            return _keys_of(await _json(http, uri))
        except ValueError as error:
            raise ValueError(f"{uri}: {error}") from error
    raise ValueError("; ".join(said))


def _jwks_uri(metadata: Mapping[str, Any], issuer: str) -> str:
    """Return where an issuer's keys lie.

    Raises:
        ValueError: the metadata is another's, or does not say.
    """
    if metadata.get("issuer") != issuer:  # exactly, as RFC 8414 asks: else anybody's would do
        raise ValueError(f"this is of the issuer {str(metadata.get('issuer'))[:200]!r}")
    uri = metadata.get("jwks_uri")
    if not isinstance(uri, str) or not is_safe(uri):
        raise ValueError("it names no https address of keys (jwks_uri)")
    return uri


def _keys_of(found: Mapping[str, Any]) -> tuple[Jwk, ...]:
    """Return the keys of a set.

    Raises:
        ValueError: it has none.
    """
    keys = found.get("keys")
    several = cast(list[object], keys) if isinstance(keys, list) else []
    usable = tuple(cast(Jwk, key) for key in several if isinstance(key, dict))
    if not usable:
        raise ValueError("there are no keys")
    return usable


async def _json(http: httpx2.AsyncClient, address: str) -> Mapping[str, Any]:
    """Return the JSON object that lies at an address.

    Raises:
        httpx2.HTTPError: it cannot be had.
        ValueError: it is none, or too large.
    """
    body = bytearray()
    async with http.stream("GET", address, headers={"Accept": "application/json"}) as answer:
        if answer.status_code != HTTPStatus.OK:
            raise ValueError(f"the answer is {answer.status_code}")
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise ValueError(f"the answer is larger than {MOST_BYTES} bytes")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("the answer is no JSON object")  # noqa: TRY004 - of what came, not of ours
    return cast(Mapping[str, Any], found)


def _one(keys: tuple[Jwk, ...], algorithm: str, kid: str | None) -> Jwk | None:
    """Return the key with an id that is made for an algorithm; without an id, the only one."""
    found = [key for key in keys if _suits(key, algorithm) and kid in (None, key.get("kid"))]
    return found[0] if len(found) == 1 or (found and kid is not None) else None


def _suits(key: Jwk, algorithm: str) -> bool:
    """Tell whether a key is a public one, made for verifying what an algorithm signs."""
    kind, curve = ALGORITHMS[algorithm]
    operations = key.get("key_ops", ["verify"])
    return (
        key.get("kty") == kind
        and curve in (None, key.get("crv"))
        and key.get("alg", algorithm) == algorithm
        and key.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in key  # a secret that is published signs for everybody
    )
