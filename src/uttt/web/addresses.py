"""Where a request comes from: the address of the client, also behind proxies of ours."""

from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web
from aiohttp.http import RawRequestMessage


class Addresses:
    """Tells the addresses of clients from those of the proxies in `trusted_proxies`."""

    def __init__(self, trusted_proxies: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._trusted_proxies = trusted_proxies

    def of(self, request: web.Request | RawRequestMessage, peer: str | None) -> str:
        """Return the client's address: that of the nearest machine which is no proxy of ours.

        `peer` is whoever has connected to us.
        """
        forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        address = peer or "unknown"
        while hops and self._is_trusted(address):
            address = hops.pop()
        return address

    def _is_trusted(self, address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted_proxies)
