"""Long computing on the command line: in a thread, so that it can be watched and ended.

The compiled core gives no turn to Python's signals while it runs in the main thread.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

T = TypeVar("T")

INTERRUPTED = 130
"""The exit code of what was ended by Ctrl+C, as shells give it."""


def until_interrupted(work: Callable[[], T], stop: Callable[[], None] | None = None) -> T:
    """Do it in a thread and return what it returns or raise what it raises.

    Ctrl+C calls `stop` and ends the command; the thread does not outlive the process.
    """
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as failure:  # noqa: BLE001 - raised again where it is waited for
            done.set_exception(failure)

    try:
        threading.Thread(target=run, daemon=True).start()
        return done.result()
    except KeyboardInterrupt:
        if stop is not None:
            stop()
        raise interrupted() from None


def interrupted() -> typer.Exit:
    """Say that it was ended by Ctrl+C; what to raise then."""
    typer.echo("uttt: ended by Ctrl+C", err=True)
    return typer.Exit(INTERRUPTED)


def time_and_steps() -> Progress:
    """A bar, or a movement where no end is known, and the time that has passed.

    On standard error, if that is a terminal; gone when it is done.
    """
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )
