"""Starts the installed `uttt serve` as a child process, waits until it is ready, and ends it.

Nothing here knows what the server says on a WebSocket: that is the client's business.
"""

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import ClassVar

from databases import database

START_LIMIT = 20.0
STOP_LIMIT = 15.0
COMMAND = Path(sys.executable).with_name("uttt")


def free_port() -> int:
    """A TCP port of this host that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """One server with its own directory; it can be killed and started again on its database."""

    alive: ClassVar[list["Server"]] = []
    command: ClassVar[tuple[str, ...]] = (str(COMMAND), "serve")

    def __init__(self, directory: Path, environment: dict[str, str]) -> None:
        """`environment` is all that the process gets, besides the port."""
        self.directory = directory
        self.log = directory / "server.log"
        self.port = free_port()
        self.environment = {**environment, "UTTT_PORT": str(self.port)}
        self.trust: ssl.SSLContext | None = None
        if "UTTT_CERTIFICATE" in environment:
            self.trust = ssl.create_default_context(cafile=environment["UTTT_CERTIFICATE"])
        self.process: subprocess.Popen[bytes] | None = None
        self.ending = False
        self.expected: tuple[str, ...] = ()
        """Events that may be logged as errors, for those who provoke them."""

    @property
    def url(self) -> str:
        return f"{'wss' if self.trust else 'ws'}://127.0.0.1:{self.port}/"

    def start(self) -> None:
        """Start and wait for readiness; raises AssertionError with the log if it does not come."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.directory,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.alive.append(self)
        limit = time.monotonic() + START_LIMIT
        while self.get("/readyz") != 200:
            code = self.process.poll()
            assert code is None, f"the server ended with {code} while starting\n{self.tail()}"
            assert time.monotonic() < limit, f"the server did not become ready\n{self.tail()}"
            time.sleep(0.02)

    def get(self, path: str) -> int:
        """The status of a plain GET, 0 if nobody answers."""
        connection: http.client.HTTPConnection
        if self.trust is not None:
            connection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, timeout=5, context=self.trust
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def terminate(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end, without waiting; `stop` does not ask a second time."""
        assert self.process is not None
        self.ending = True
        self.process.send_signal(how)

    def stop(self) -> None:
        """SIGTERM; it must end by itself, with exit code 0 without an error in its log."""
        if self.process is None:
            return
        if not self.ending:
            self.terminate()
        try:
            code = self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server ignored SIGTERM\n{self.tail()}") from None
        self._ended()
        assert code == 0, f"the server ended with {code}\n{self.tail()}"
        assert not self.failures(), f"the server logged an error\n{self.failures()}"

    def kill(self) -> None:
        """SIGKILL: no chance to write anything."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_LIMIT)
        self._ended()

    def restart(self) -> None:
        self.stop()
        self.start()

    def failures(self) -> str:
        """What the log has of errors that are not the fault of whoever sent no proper HTTP."""
        signs = ('"level": "error"', '"level": "critical"', "Traceback")
        return "\n".join(
            line
            for line in self.text().splitlines()
            if any(sign in line for sign in signs)
            and "BadHttpMessage" not in line
            and not any(f'"event": "{event}"' in line for event in self.expected)
        )

    def text(self) -> str:
        return self.log.read_text(errors="replace")

    def tail(self, lines: int = 60) -> str:
        return "\n".join(self.text().splitlines()[-lines:])

    def _ended(self) -> None:
        self.process = None
        self.ending = False
        self.alive.remove(self)


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """Started for the block; afterwards stopped, with all that `Server.stop` asserts."""
    try:
        server.start()
        yield server
    except BaseException:
        if server.process is not None:
            server.kill()
        raise
    server.stop()


@contextmanager
def running(directory: Path, kind: str = "sqlite", **settings: str) -> Iterator[Server]:
    """A server with a new database (one of `databases.KINDS`; SQLite's is in the directory), and
    these environment variables besides.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith("UTTT_")}
    usual = {"UTTT_HOST": "127.0.0.1", "UTTT_RATE_LIMITS": "off"}
    with ExitStack() as stack:
        if "UTTT_DATABASE_URL" not in settings:
            url = stack.enter_context(database(kind, directory))
            usual["UTTT_DATABASE_URL"] = url.render_as_string(hide_password=False)
        server = Server(directory, {**kept, **usual, **settings})
        yield stack.enter_context(serving(server))
