"""Whose connection it is, behind proxies of ours."""

import asyncio
from ipaddress import ip_network

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http import HttpRequestParser

from uttt.web.addresses import Addresses

ADDRESSES = Addresses((ip_network("10.0.0.0/8"),))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.7", "10.0.0.2"], "198.51.100.7"),
        ("10.0.0.1", ["nonsense"], "nonsense"),
        (None, ["198.51.100.7"], "unknown"),
    ],
)
async def test_addresses(peer: str | None, forwarded: list[str], address: str) -> None:
    """Proxies that add to the header, and such as add a header of their own."""
    loop = asyncio.get_running_loop()
    lines = "".join(f"X-Forwarded-For: {line}\r\n" for line in forwarded)
    parser = HttpRequestParser(BaseProtocol(loop), loop, 1 << 16)
    (request, _), *_ = parser.feed_data(
        f"GET / HTTP/1.1\r\nHost: localhost\r\n{lines}\r\n".encode()
    )[0]
    assert ADDRESSES.of(request, peer) == address
