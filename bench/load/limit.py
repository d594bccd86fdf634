"""The bare server: a socket, canned bytes, nothing read, nothing stored. What no server can beat.

It says just enough of the protocol for `pair.py`: a greeting, a match when one is asked for, and
for each move one update of the usual size to both players.
"""

import argparse

import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    ws_create_server,
)

_GREETING = (
    b'{"type":"login_response","data":{"success":true,"id":"0","registered":false,"msg":""}}',
    b'{"type":"elo_update","data":{"elo":null,"rank":null,"top_names":[],"top_elos":[]}}',
    b'{"type":"friends_update","data":{"friends":[],"elos":[]}}',
)
_ROWS = ",".join(["[0,0,0,0,1,0,0,0,0]"] * 9)
_UPDATE = (
    '{"type":"match_update","data":{"id":"0123456789abcdef0123456789abcdef",'
    '"revoke_time":"2026-12-02 20:25:25","ranked":false,"match_state":{"complete_field":['
    + _ROWS
    + '],"global_field":[[0,0,0],[0,0,0],[0,0,0]],"last_move":{"sub_x":1,"sub_y":1,"x":1,"y":1},'
    '"game_over":false,"is_draw":false,"player_won":null,"active_player":"load17b",'
    '"current_player":"load17b","player_a":"load17a","player_b":"load17b"},'
    '"server_time":"2026-11-25T20:25:25Z","deadline":"2026-12-02T20:25:25Z","moves":9,'
    '"result":null}}'
).encode()


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
            transport.send(WSMsgType.TEXT, _UPDATE)
            self.other.send(WSMsgType.TEXT, _UPDATE)  # type: ignore[union-attr]
        else:
            self._other_message(transport, message)

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


async def serve(port: int) -> None:
    """Serve until killed."""
    by_name: dict[bytes, Echo] = {}

    def accept(_request: WSUpgradeRequest) -> WSListener:
        return Echo(by_name)

    server = await ws_create_server(accept, "127.0.0.1", port, enable_auto_ping=False)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run on a port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    uvloop.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
