"""The file of a backup: complete under its name, or not there at all. Nothing here knows what is in
it.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def new_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """Write a file that only its owner can read; it gets its name once it is on the disk.

    Until then it is called like it with `.part` behind, and if the block raises it is removed.
    Raises FileExistsError unless `replace`, and any other OSError.
    """
    _refuse_existing(path, replace=replace)
    part = path.with_name(path.name + ".part")
    with _open_part(part) as stream:
        try:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            _refuse_existing(path, replace=replace)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _refuse_existing(path: Path, *, replace: bool) -> None:
    if not os.path.lexists(path):
        return
    if not path.is_file():  # to rename a file over a device would be a bad surprise
        raise FileExistsError(f"{path} is there already, and not a file")
    if not replace:
        raise FileExistsError(f"{path} is there already (--force replaces it)")


def _open_part(part: Path) -> BinaryIO:
    """Open the file with `.part`, perhaps one that a killed backup has left."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    stream = os.fdopen(os.open(part, flags, 0o600), "wb")
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(part.stat(), os.fstat(stream.fileno())):
            raise BlockingIOError  # noqa: TRY301 - the other has just renamed what we have opened
        os.fchmod(stream.fileno(), 0o600)
        os.ftruncate(stream.fileno(), 0)
    except (BlockingIOError, FileNotFoundError):
        stream.close()
        raise FileExistsError(f"another backup is writing {part}") from None
    except BaseException:
        stream.close()
        raise
    return stream
