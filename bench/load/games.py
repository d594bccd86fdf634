"""Legal games, and the messages that play them, made before any clock starts."""

import random
from functools import cache

from uttt.rules.notation import coordinates
from uttt.rules.position import legal_moves, play, start


def random_game(chance: random.Random) -> list[int]:
    """The moves of a game between two who choose at random, to its end."""
    position, moves = start(), []
    while possible := legal_moves(position):
        moves.append(chance.choice(possible))
        position = play(position, moves[-1])
    return moves


@cache
def move_ending(move: int) -> bytes:
    """What follows the match id in the message of a move, as the classic client writes it."""
    at = coordinates(move)
    return (f'","sub_x":"{at.sub_x}","sub_y":"{at.sub_y}","x":"{at.x}","y":"{at.y}"}}}}').encode()


MOVE_BEGINNING = b'{"type":"move","data":{"id":"'


def script(chance: random.Random) -> list[bytes]:
    """A random game as the endings of its messages."""
    return [move_ending(move) for move in random_game(chance)]
