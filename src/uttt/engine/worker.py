"""A process that searches: `python -m uttt.engine.worker [MEGABYTES]`, one order per line.

It says that it is ready, reads orders from standard input, carries out one after the other, and
writes one line for each to standard output (`uttt.engine.orders`). It ends with its input, even in
the middle of a search, so that it never outlives whoever started it. It knows nothing of the
server.
"""

import os
import signal
import sys
import threading
from queue import SimpleQueue
from random import SystemRandom
from typing import Final

from uttt.engine import Engine
from uttt.engine.levels import choose, named
from uttt.engine.orders import (
    READY,
    Answer,
    Order,
    Search,
    read_order,
    write_answer,
    write_failure,
)

_MEGABYTES: Final = 16


def main() -> None:
    """Serve until the input ends."""
    # Ctrl+C in a terminal and the end of a service reach us, too; whoever started us decides when
    # we end, and may still want an answer
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    engine = Engine(megabytes=int(sys.argv[1]) if len(sys.argv) > 1 else _MEGABYTES)
    orders: SimpleQueue[bytes] = SimpleQueue()
    _say(READY)
    threading.Thread(target=_read, args=(orders,), daemon=True).start()
    while True:
        line = orders.get()
        try:
            answer = write_answer(_carry_out(engine, read_order(line)))
        except Exception as error:  # noqa: BLE001 - whoever asked is told, and logs it
            answer = write_failure(f"{type(error).__name__}: {error}")
        _say(answer)


def _say(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _read(orders: "SimpleQueue[bytes]") -> None:
    for line in sys.stdin.buffer:
        orders.put(line)
    os._exit(0)  # whoever asked is gone, and so is the need for what is being searched


def _carry_out(engine: Engine, order: Order) -> Answer:
    if isinstance(order, Search):
        return engine.search(order.position, order.limits)
    level = named(order.level)
    if level is None:
        message = f"there is no level {order.level!r}"
        raise ValueError(message)
    return choose(engine, level, order.position, SystemRandom())


if __name__ == "__main__":
    main()
