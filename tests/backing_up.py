"""Backing up and restoring within the process of a test, and doing something else meanwhile."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy.engine import URL

import samples
from uttt.storage import backends, schema
from uttt.storage.backups import restoring as restore
from uttt.storage.backups import writing as backup
from uttt.storage.schema import State


def quietly(_done: int, _total: int) -> None:
    """Report nothing."""


def back_up(url: URL, report: Callable[[int, int], None] = quietly) -> bytes:
    stream = io.BytesIO()
    backup.write(url, stream, report)
    return stream.getvalue()


def bring_back(url: URL, packed: bytes, report: Callable[[int, int], None] = quietly) -> None:
    restore.restore(url, io.BytesIO(packed), report)


def meanwhile(change: Callable[[], Any]) -> Any:
    """Do something in another thread, as another process would."""
    with ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(change).result(timeout=20)


def state(url: URL) -> State:
    return backends.run(url, schema.state)


def as_restored(rows: samples.Rows) -> samples.Rows:
    """What comes back: neither who serves nor what can be analysed anew."""
    return {**rows, "analyses": [], "nodes": []}
