"""Which engine this is, in a few words, so that what it said can be told from what another says."""

import zlib
from functools import cache

from uttt.engine.search import COMPILED
from uttt.engine.weights import SHIPPED


@cache
def identity(version: str) -> str:
    """Name the engine of this version of the program, and its network by the CRC-32 of its file."""
    if not COMPILED:
        return f"uttt {version}, not compiled"
    if not SHIPPED.exists():
        return f"uttt {version}"
    return f"uttt {version}, net {zlib.crc32(SHIPPED.read_bytes()):08x}"
