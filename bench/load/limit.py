"""The bare servers: a socket and nothing stored. What no server can beat.

They say just enough of the protocol for `pair.py`: a greeting, a match when one is asked for, and
for each move one update of the usual size to both players. The limit answers canned bytes and reads
nothing; with `--real` each move is decoded and each update encoded, as who stores nothing must.
"""

import argparse

import msgspec
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

from uttt.wire.from_client import Move
from uttt.wire.to_client import LastMove, MatchData, MatchState, MatchUpdate

_GREETING = (
    b'{"type":"login_response","data":{"success":true,"id":"0","registered":false,"msg":""}}',
    b'{"type":"elo_update","data":{"elo":null,"rank":null,"top_names":[],"top_elos":[]}}',
    b'{"type":"friends_update","data":{"friends":[],"elos":[]}}',
)
_DAY = "2026-12-02"


def _update_of(match_id: str, cell: tuple[int, int, int, int]) -> bytes:
    """The bytes of an update as in the middle of a match, with this cell as the last move."""
    sub_x, sub_y, x, y = cell
    field = [[0, 0, 0, 0, 1, 0, 0, 0, 0] for _ in range(9)]
    field[3 * sub_y + y][3 * sub_x + x] = 2
    state = MatchState(
        complete_field=field,
        global_field=[[0, 0, 0] for _ in range(3)],
        last_move=LastMove(sub_x, sub_y, x, y),
        game_over=False,
        is_draw=False,
        player_won=None,
        active_player="load17b",
        current_player="load17b",
        player_a="load17a",
        player_b="load17b",
    )
    times = f"{_DAY} 20:25:25", f"{_DAY}T20:25:25Z"
    data = MatchData(match_id, times[0], False, state, times[1], times[1], 19, None)
    return _ENCODER.encode(MatchUpdate(data))


_READ_BUFFER = 1024
"""Bytes that each connection keeps ready; messages of clients are shorter."""
_DECODER = msgspec.json.Decoder(Move)
_ENCODER = msgspec.json.Encoder()
_UPDATE = _update_of("0123456789abcdef" * 2, (1, 1, 1, 1))


class Echo(WSListener):
    """One connection; the other of its pair is found by the name."""

    def __init__(self, by_name: "dict[bytes, Echo]") -> None:
        self.by_name = by_name
        self.other: WSTransport | None = None
        self.transport: WSTransport | None = None
        self.name = b""

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not WSMsgType.TEXT:
            return
        message = frame.get_payload_as_bytes()
        if message.startswith(b'{"type":"move"'):
            update = self.update(message)
            transport.send(WSMsgType.TEXT, update)
            self.other.send(WSMsgType.TEXT, update)  # type: ignore[union-attr]
        else:
            self._other_message(transport, message)

    def update(self, _message: bytes) -> bytes:
        """The answer to a move."""
        return _UPDATE

    def _other_message(self, transport: WSTransport, message: bytes) -> None:
        if b"temp_session" in message:
            self.name = message.split(b'"')[-2]
            self.by_name[self.name], self.transport = self, transport
            for part in _GREETING:
                transport.send(WSMsgType.TEXT, part)
        else:
            self._find_other()
            transport.send(WSMsgType.TEXT, _UPDATE)
            assert self.other is not None
            self.other.send(WSMsgType.TEXT, _UPDATE)

    def _find_other(self) -> None:
        if self.other is None:
            partner = self.by_name[self.name[:-1] + b"b"]
            self.other, partner.other = partner.transport, self.transport

    def on_ws_disconnected(self, _transport: WSTransport) -> None:
        self.by_name.pop(self.name, None)


class RealEcho(Echo):
    """The same, but moves are read, and the answers to them written."""

    def update(self, message: bytes) -> bytes:
        """The answer to a move."""
        cell = _DECODER.decode(message).data
        return _update_of(cell.id, (int(cell.sub_x), int(cell.sub_y), int(cell.x), int(cell.y)))


async def serve(port: int, echo: type[Echo]) -> None:
    """Serve until killed."""
    by_name: dict[bytes, Echo] = {}

    def accept(_request: WSUpgradeRequest) -> WSListener:
        return echo(by_name)

    server = await ws_create_server(
        accept, "127.0.0.1", port, enable_auto_ping=False, read_buffer_init_size=_READ_BUFFER
    )
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run on a port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--real", action="store_true", help="decode moves and encode updates")
    told = parser.parse_args()
    uvloop.run(serve(told.port, RealEcho if told.real else Echo))


if __name__ == "__main__":
    main()
