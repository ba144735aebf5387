"""What an endpoint and those who come to it call things alike. Standard library only."""

import ipaddress
import re

IDEMPOTENCY_KEY = "tokenspace/idempotency-key"
"""`_meta` key of a call under which a client may name it, so that a retry is one change."""

_SPACE = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?")


def is_space_name(name: str) -> bool:
    """Tell whether a space can have a name: 1 to 64 lower-case letters, digits, - and _ inside."""
    return _SPACE.fullmatch(name) is not None


def is_local(host: str) -> bool:
    """Tell whether what is sent to a host, as it stands in an address, stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
