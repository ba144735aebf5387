"""What clients read of who makes access tokens for a space (RFC 9728)."""

from mcp.server.auth.handlers.metadata import ProtectedResourceMetadataHandler
from mcp.shared.auth import ProtectedResourceMetadata
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..roles import Role
from .addresses import TRANSPORTS, WELL_KNOWN, Addresses
from .spaces import DEFAULT


def metadata_routes(addresses: Addresses) -> list[Route]:
    """Return the routes of the metadata; none where nobody else makes tokens.

    Each is made from its own address alone, so it is the same whether there is such a space or not.
    """
    if not addresses.issuer:
        return []

    async def told(request: Request) -> Response:
        space = request.path_params.get("space", DEFAULT)
        metadata = ProtectedResourceMetadata.model_validate(
            {
                "resource": addresses.resource(request.scope["path"].removeprefix(WELL_KNOWN)),
                "authorization_servers": [addresses.issuer],
                "scopes_supported": [addresses.permission(space, role) for role in Role],
            }
        )
        return await ProtectedResourceMetadataHandler(metadata).handle(request)

    return [
        Route(f"{WELL_KNOWN}{prefix}/{transport}", told)
        for prefix in ("", "/p/{space}")
        for transport in TRANSPORTS
    ]
