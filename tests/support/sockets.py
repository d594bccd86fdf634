"""A WebSocket of the server without a network: what it writes is kept, what it asks for noted."""

from typing import Any

from uttt.web import upgrade
from uttt.web.burst import Burst
from uttt.web.websocket import WebSocket

MASK = bytes(4)


class Transport:
    """A transport and its socket, as far as they are asked. Keeps what is written."""

    def __init__(self) -> None:
        self.written = bytearray()
        self.calls: list[str] = []

    def get_extra_info(self, name: str) -> "Transport | None":
        return self if name == "socket" else None

    def write(self, data: bytes) -> None:
        self.written += data

    def get_write_buffer_size(self) -> int:
        return 1  # or it would be written past us

    def __getattr__(self, name: str) -> Any:
        def call(*_: object, **__: object) -> int:
            self.calls.append(name)
            return 0

        return call


async def connected(transport: Transport) -> tuple[WebSocket, Any]:
    """A socket of ours on it after the upgrade, and the protocol of picows between them."""
    socket = WebSocket("192.0.2.1", 1000, 1000, Burst(), lambda _: None)
    protocol: Any = upgrade._protocol(socket, 1000)
    known: Any = transport
    socket.attach(known)
    protocol.connection_made(upgrade._Transport(known, socket))
    upgrade._feed(protocol, upgrade._HEAD % b"dGhlIHNhbXBsZSBub25jZQ==")
    return socket, protocol
