"""Hosts: what the addresses of the service and of its clients tell."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from fastapi import Request


def is_this_machine(host: str) -> bool:
    """Say whether only this machine reaches what listens at an address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_name(host: str) -> str:
    """Return the name or address in a header `Host`, in lower case; nothing if there is none.

    >>> host_name("Help.example:8000"), host_name("[::1]:8000")
    ('help.example', '::1')
    """
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def network_of(request: Request) -> str:
    """Return what stands for a client: its address, or the network of an IPv6 one, where one person has many."""
    address = request.client.host if request.client else ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 6:
        mapped = parsed.ipv4_mapped
        return str(mapped or ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return address
