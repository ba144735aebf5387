"""The proxies in front of an endpoint: which they are, and that nobody goes past them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from ...config.settings import SettingsError


class Proxies:
    """The addresses and networks of proxies; none where none are stated."""

    def __init__(self, stated: str) -> None:
        """Take them as `--proxy` has them, with commas between.

        Raises:
            SettingsError: they are not addresses, or would be everybody.
        """
        parts = [part.strip() for part in stated.split(",")] if stated else []
        try:
            self._networks = tuple(ip_network(part) for part in parts)
        except ValueError as error:
            raise SettingsError(
                f"--proxy {stated}: give the proxy's address, or its network, such as 10.0.0.7 or "
                f"172.16.0.0/12 ({error}). It says who asks, so it cannot be everybody."
            ) from error
        if not all(network.prefixlen for network in self._networks):
            raise SettingsError(
                f"--proxy {stated} is everybody, who then say of themselves who they are: give the "
                "proxy's address."
            )

    def stand_for_many(self, peer: str) -> bool:
        """Tell whether who connects may do so for others: a proxy, or a program of this machine."""
        try:
            found = ip_address(peer)
        except ValueError:
            return False
        plain: IPv4Address | IPv6Address = getattr(found, "ipv4_mapped", None) or found
        return plain.is_loopback or any(plain in network for network in self._networks)


class PastProxy:
    """Refuses who goes past the proxies: what they send is not encrypted."""

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self._app = app
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            peer = str((scope.get("client") or ("",))[0])
            if not self._proxies.stand_for_many(peer):
                said = f"this endpoint is reached by its proxy; if {peer} is that, name it there."
                refused = JSONResponse({"error": "past_proxy", "error_description": said}, 403)
                await refused(scope, receive, send)
                return
        await self._app(scope, receive, send)
