from array import array
from collections.abc import Mapping, Sequence
from typing import Any

from uttt.rules.position import Position

def load(
    numbers: Mapping[str, array[Any]], width: int, shift: int, heads: Sequence[int]
) -> None: ...
def value(position: Position) -> int: ...
def values_along(position: Position, moves: list[int]) -> list[int]: ...
