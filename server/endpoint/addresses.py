"""Under which addresses an endpoint and its spaces are reached."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from mcp.server.transport_security import TransportSecuritySettings

from ..roles import Role
from .public import PORTS, normal
from .spaces import DEFAULT

WELL_KNOWN = "/.well-known/oauth-protected-resource"
"""Where RFC 9728 has clients look for what they need to know of a resource."""

TRANSPORTS = ("mcp", "sse")
"""How the address of a space ends, for each transport."""

LOCAL = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of an endpoint.

    Attributes:
        public: Its address as clients write it, without a path of its own, no slash at its end.
        issuer: Who else makes access tokens for it; empty where nobody does.
    """

    public: str
    issuer: str = ""

    def resource(self, path: str) -> str:
        """Return the address of what lies at a path; whatever stands in it, it is an address."""
        return f"{self.public}{quote(path)}"

    def challenge(self, path: str, space: str) -> str:
        """Return what a refusal at a path says of how to get a token (RFC 9728, RFC 6750).

        Empty where nobody else makes tokens.
        """
        if not self.issuer:
            return ""
        where = quote(path.replace("/messages/", "/sse"))  # where SSE clients send, they do not ask
        scopes = f"{self.permission(space, Role.READER)} {self.permission(space, Role.WRITER)}"
        return f', resource_metadata="{self.public}{WELL_KNOWN}{where}", scope="{scopes}"'

    def permission(self, space: str, role: Role) -> str:
        """Return the scope that grants a role in a space."""
        return f"{quote(space)}:{role}"

    def accepts(self, space: str, audiences: Iterable[str]) -> bool:
        """Tell whether a token made for these addresses is good for a space."""
        prefixes = ("", f"/p/{space}") if space == DEFAULT else (f"/p/{space}",)
        paths = [f"{prefix}/{transport}" for prefix in prefixes for transport in TRANSPORTS]
        good = {self.public, *map(self.resource, paths)}
        return any(normal(audience).rstrip("/") in good for audience in audiences)

    def are_ours(self, audiences: Iterable[str]) -> bool:
        """Tell whether a token made for these addresses is for anything of this endpoint."""
        return any(f"{normal(audience)}/".startswith(f"{self.public}/") for audience in audiences)

    def security(self) -> TransportSecuritySettings:
        """Return which Host and Origin headers are let in: this machine's, and the public ones."""
        found = urlsplit(self.public)
        hosts = [host for local in LOCAL for host in (local, f"{local}:*")]
        origins = [f"http://{host}" for host in hosts]
        ours = [found.netloc]
        if found.port is None:
            ours.append(f"{found.netloc}:{PORTS[found.scheme]}")
        return TransportSecuritySettings(
            allowed_hosts=[*hosts, *ours],
            allowed_origins=[*origins, *(f"{found.scheme}://{host}" for host in ours)],
        )
