"""Two connections that play one match after the other against each other.

Nothing is decoded: which message comes when is known. What is measured per move: the time until the
mover has the new state, and until the opponent has it. With a pace it runs from when the move was
due, if the pair was still waiting for the server then: who is kept waiting must not hide it.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.games import MOVE_BEGINNING

_UPDATE = b'{"type":"match_update"'
_FRIENDS = b'{"type":"friends_update"'
_ERROR = b'{"type":"error"'
_ID = b'"id":"'
_PATIENCE = 30.0
"""Seconds until who is not logged in gives up."""
_READ_BUFFER = 4096
_AT_ONCE = 50
"""Pairs that log in at a time."""


class Player(WSListener):
    """One connection. `heard` is called with each message but those of the greeting."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.transport: WSTransport | None = None
        self.heard: Callable[[Player, bytes], None] | None = None
        self.greeted = asyncio.Event()
        self.lost = False

    async def log_in(
        self, url: str, *, password: str | None = None, address: str | None = None
    ) -> None:
        """Connect and become a guest, or log in to an account; `address` is where from.

        Raises what connecting does, TimeoutError, or ConnectionError if it was refused.
        """
        await self.connect(url, address)
        async with asyncio.timeout(_PATIENCE):
            if password is None:
                self.say("temp_session", name=self.name)
            else:
                self.say("login", name=self.name, pw=password)
            await self.greeted.wait()
        if self.lost:
            raise ConnectionError

    async def connect(self, url: str, address: str | None = None) -> None:
        """Connect only. Raises what connecting does, or TimeoutError."""
        local: dict[str, Any] = {} if address is None else {"local_addr": (address, 0)}
        async with asyncio.timeout(_PATIENCE):
            await ws_connect(
                lambda: self,
                url,
                websocket_handshake_timeout=_PATIENCE,
                enable_auto_pong=False,
                read_buffer_init_size=_READ_BUFFER,
                **local,
            )

    def say(self, kind: str, **data: object) -> None:
        """Send a message."""
        self.send(json.dumps({"type": kind, "data": data}).encode())

    def send(self, message: bytes) -> None:
        """Send bytes."""
        assert self.transport is not None
        self.transport.send(WSMsgType.TEXT, message)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.TEXT:
            message = frame.get_payload_as_bytes()
            if self.heard is not None:
                self.heard(self, message)
            elif message.startswith(_FRIENDS):
                self.greeted.set()
        elif frame.msg_type is WSMsgType.PING:
            transport.send_pong(frame.get_payload_as_bytes())
        elif frame.msg_type is WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        self.lost = True
        self.greeted.set()  # nobody need wait for it any more

    def close(self) -> None:
        """Leave."""
        if self.transport is not None and not self.lost:
            self.transport.send_close(WSCloseCode.OK)
            self.transport.disconnect()


class Figures:
    """What all pairs have measured since the last `clear`: seconds per move."""

    def __init__(self) -> None:
        self.to_mover: list[float] = []
        self.to_opponent: list[float] = []
        self.refused = 0

    def clear(self) -> None:
        """Begin anew."""
        self.to_mover.clear()
        self.to_opponent.clear()
        self.refused = 0


class Pair:
    """Plays `scripts` in turn, without end; with `pace` (seconds) a move per pace at the most."""

    def __init__(
        self,
        names: str,
        number: int,
        scripts: list[list[bytes]],
        figures: Figures,
        pace: float | None,
    ) -> None:
        self.players = (Player(f"{names}{number}a"), Player(f"{names}{number}b"))
        self._scripts = scripts
        self._next_script = number
        self._figures = figures
        self._pace = pace
        self._script: list[bytes] = []
        self._beginning = b""
        self._ply = 0
        self._sent_at = 0.0
        self._mover = 0
        self._waiting_for = 0
        self._due_at = 0.0
        self.stopped = False

    async def log_in(self, url: str) -> None:
        """Connect both."""
        for player in self.players:
            await player.log_in(url)
            player.heard = self._heard

    def start(self) -> None:
        """Ask for a match; the rest follows from what is heard."""
        self._script = self._scripts[self._next_script % len(self._scripts)]
        self._next_script += 7
        self._ply, self._mover, self._waiting_for = -1, 0, 2
        self._due_at = self._due_at or perf_counter()
        self.players[0].say("match_request", player=self.players[1].name)

    def _heard(self, player: Player, message: bytes) -> None:
        if not message.startswith(_UPDATE):
            self._figures.refused += message.startswith(_ERROR)
            return
        if self._ply >= 0:
            waited = perf_counter() - self._sent_at
            mine = player is self.players[self._mover]
            (self._figures.to_mover if mine else self._figures.to_opponent).append(waited)
        else:
            start = message.index(_ID) + len(_ID)
            self._beginning = MOVE_BEGINNING + message[start : message.index(b'"', start)]
        self._waiting_for -= 1
        if not self._waiting_for:
            self._go_on()

    def _go_on(self) -> None:
        """Both have the new state: the next move, now or when it is due."""
        if self._pace is None:
            self._move(perf_counter())
            return
        self._due_at += self._pace
        delay = self._due_at - perf_counter()
        if delay <= 0:
            self._move(self._due_at)
        else:
            asyncio.get_running_loop().call_later(delay, self._move_now)

    def _move_now(self) -> None:
        self._move(perf_counter())  # a timer that is late is not the server's fault

    def _move(self, sent_at: float) -> None:
        if self.stopped:
            return
        self._ply += 1
        if self._ply == len(self._script):
            self.start()
            return
        self._mover = self._ply % 2
        self._waiting_for = 2
        self._sent_at = sent_at
        self.players[self._mover].send(self._beginning + self._script[self._ply])

    def close(self) -> None:
        """Leave."""
        for player in self.players:
            player.close()


async def log_in_all(pairs: Sequence[Pair], url: str) -> None:
    """Connect all, a few at a time."""
    for first in range(0, len(pairs), _AT_ONCE):
        await asyncio.gather(*(pair.log_in(url) for pair in pairs[first : first + _AT_ONCE]))


def told_of(pairs: Sequence[Pair], figures: Figures) -> dict[str, Any]:
    """What to answer of the moves since the last `clear`."""
    return {
        "moves": len(figures.to_mover),
        "to_mover": quantiles(figures.to_mover),
        "to_opponent": quantiles(figures.to_opponent),
        "refused": figures.refused,
        "lost": sum(player.lost for pair in pairs for player in pair.players),
    }


def quantiles(seconds: list[float]) -> dict[str, Any]:
    """Median, 99th percentile and greatest, in ms."""
    ordered = sorted(seconds)
    if not ordered:
        return {"p50": None, "p99": None, "max": None}
    return {
        "p50": round(ordered[len(ordered) // 2] * 1e3, 2),
        "p99": round(ordered[int(len(ordered) * 0.99)] * 1e3, 2),
        "max": round(ordered[-1] * 1e3, 2),
    }
