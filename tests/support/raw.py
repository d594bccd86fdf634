"""A WebSocket client without manners: it sends any bytes, and reads frames one by one."""

import asyncio
import os
from dataclasses import dataclass

from support.server import Server

TEXT, CONTINUATION, CLOSE, PING, PONG = 0x1, 0x0, 0x8, 0x9, 0xA
PATIENCE = 10.0
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
LOGIN = b'{"type": "temp_session", "data": {"name": "%b"}}'


def head(**headers: str) -> bytes:
    """The request of an upgrade; `_` stands for `-` in the names of headers, "" for none."""
    usual = {
        "Host": "localhost",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": KEY,
    }
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}\r\n" for name, value in {**usual, **given}.items() if value]
    return ("GET / HTTP/1.1\r\n" + "".join(lines) + "\r\n").encode()


def frame(payload: bytes, opcode: int = TEXT, *, fin: bool = True, bits: int = 0) -> bytes:
    """A masked frame; `bits` are the reserved ones."""
    return frame_head(len(payload), opcode, fin=fin, bits=bits) + payload


def frame_head(size: int, opcode: int = TEXT, *, fin: bool = True, bits: int = 0) -> bytes:
    """All before the payload, which is masked with zeros, so as it is."""
    first = (0x80 if fin else 0) | bits << 4 | opcode
    if size < 126:
        length = bytes([0x80 | size])
    elif size < 1 << 16:
        length = bytes([0x80 | 126]) + size.to_bytes(2)
    else:
        length = bytes([0x80 | 127]) + size.to_bytes(8)
    return bytes([first]) + length + bytes(4)


@dataclass
class Raw:
    """One connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @classmethod
    async def open(cls, server: Server) -> "Raw":
        return cls(*await asyncio.open_connection("127.0.0.1", server.port, ssl=server.trust))

    @classmethod
    async def logged_in(cls, server: Server) -> "Raw":
        raw = await cls.open(server)
        await raw.upgrade()
        await raw.login()
        return raw

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def response(self) -> bytes:
        """The next HTTP response up to the end of its head."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readuntil(b"\r\n\r\n")

    async def upgrade(self, **headers: str) -> bytes:
        await self.send(head(**headers))
        response = await self.response()
        assert response.startswith(b"HTTP/1.1 101 "), response
        return response

    async def login(self) -> None:
        await self.send(frame(LOGIN % b"raw%b" % os.urandom(6).hex().encode()))
        await self.greeted()

    async def greeted(self) -> None:
        for kind in (b"login_response", b"elo_update", b"friends_update"):
            opcode, payload = await self.frame()
            assert opcode == TEXT
            assert kind in payload

    async def frame(self) -> tuple[int, bytes]:
        """The next frame; the server sends whole messages only, and never masks."""
        async with asyncio.timeout(PATIENCE):
            first, second = await self.reader.readexactly(2)
            assert first & 0xF0 == 0x80
            size = second
            if second >= 126:
                size = int.from_bytes(await self.reader.readexactly(2 if second == 126 else 8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def expect_close(self, code: int) -> None:
        opcode, payload = await self.frame()
        assert opcode == CLOSE, payload
        assert int.from_bytes(payload[:2]) == code

    async def expect_error(self, code: bytes) -> None:
        opcode, payload = await self.frame()
        assert opcode == TEXT
        assert b'"' + code + b'"' in payload, payload

    async def until_end(self) -> bytes:
        """All until the server ends the connection in whatever way."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read()
        except ConnectionError:
            return b""

    def close(self) -> None:
        self.writer.transport.abort()
