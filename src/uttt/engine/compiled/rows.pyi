from array import array
from collections.abc import Mapping, Sequence
from typing import Any

def load(
    numbers: Mapping[str, array[Any]], width: int, shift: int, heads: Sequence[int]
) -> None: ...
def unload() -> None: ...
