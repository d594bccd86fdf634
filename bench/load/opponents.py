"""Guests who play against bots without a pause, so that all workers think all the time.

A process of its own. Orders: `begin`, and `end` (answered by what the bots did between).
"""

import argparse
import asyncio
import json
import random
import time

import uvloop

from bench.load.games import MOVE_BEGINNING, move_ending
from bench.load.orders import Stopwatch, answer, next_order, orders
from bench.load.pair import Player, quantiles
from uttt.rules.notation import move_at
from uttt.rules.position import legal_moves, play, start

_UPDATE = b'{"type":"match_update"'


class Opponent:
    """One guest with one match at a time, who moves at random and at once."""

    def __init__(self, name: str, bot: str, waited: list[float]) -> None:
        self.player = Player(name)
        self._bot = bot
        self._waited = waited
        self._position = start()
        self._moved_at = 0.0

    async def log_in(self, url: str) -> None:
        """Connect."""
        await self.player.log_in(url)
        self.player.heard = self._heard

    def invite(self) -> None:
        """Begin a match; the rest follows from what is heard."""
        self._position = start()
        self.player.say("match_request", player=self._bot)

    def _heard(self, _player: Player, message: bytes) -> None:
        if not message.startswith(_UPDATE):
            return
        data = json.loads(message)["data"]
        state = data["match_state"]
        if state["game_over"]:
            self.invite()
            return
        last = state["last_move"]
        if data["moves"] > self._position.plies:  # the bot has moved
            self._position = play(self._position, move_at(**last))
            self._waited.append(time.perf_counter() - self._moved_at)
        if state["current_player"] == self.player.name and data["moves"] == self._position.plies:
            self._move(data["id"])

    def _move(self, match_id: str) -> None:
        move = random.choice(legal_moves(self._position))
        self._position = play(self._position, move)
        self._moved_at = time.perf_counter()
        self.player.send(MOVE_BEGINNING + match_id.encode() + move_ending(move))


async def oppose(url: str, people: int, bot: str) -> None:
    """Do what is ordered until there are no orders any more."""
    waited: list[float] = []
    opponents = [Opponent(f"opponent{number}", bot, waited) for number in range(people)]
    await asyncio.gather(*(opponent.log_in(url) for opponent in opponents))
    reader, watch = await orders(), Stopwatch()
    answer(ready=True)
    while order := await next_order(reader):
        if order == "begin":
            for opponent in opponents:
                opponent.invite()
            waited.clear()
            watch = Stopwatch()
            answer(begun=True)
        else:
            moves = len(waited) / watch.seconds()
            answer(moves_per_second=moves, waited=quantiles(waited), busy=watch.busy())
    for opponent in opponents:
        opponent.player.close()


def main() -> None:
    """Run as told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--people", type=int, default=8)
    parser.add_argument("--bot", default="bot-dragon")
    told = parser.parse_args()
    uvloop.run(oppose(told.url, told.people, told.bot))


if __name__ == "__main__":
    main()
