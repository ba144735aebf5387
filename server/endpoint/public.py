"""The public address of an endpoint, in the form that clients write it. Standard library only."""

import re
from functools import lru_cache
from ipaddress import ip_address

from ...config.names import is_local

PORTS = {"https": "443", "http": "80"}
"""The ports that go unsaid."""
_ORIGIN = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?(?=/|\Z)", re.IGNORECASE
)


def is_public_address(url: str) -> bool:
    """Tell whether others can be told an address, and nobody on the way reads what is sent there.

    It is nothing but scheme, host and port; without https it leads nowhere but to this machine.
    """
    found = _ORIGIN.match(url)
    if found is None or url[found.end() :] not in ("", "/"):
        return False
    scheme, host, port = found.groups()
    try:
        if host.startswith("["):
            ip_address(host.strip("[]"))
    except ValueError:
        return False
    is_port = port is None or 0 < int(port) < 2**16
    return is_port and (scheme.lower() == "https" or is_local(host.lower()))


@lru_cache(maxsize=256)
def normal(url: str) -> str:
    """Return an address with its host in small letters, and without a port that goes unsaid."""
    found = _ORIGIN.match(url)
    if found is None:
        return url
    scheme, host, port = found.groups()
    scheme = scheme.lower()
    said = "" if port in (None, PORTS[scheme]) else f":{port}"
    return f"{scheme}://{host.lower()}{said}{url[found.end() :]}"
