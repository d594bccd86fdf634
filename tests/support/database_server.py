"""Throw-away PostgreSQL and MariaDB servers of our own, so that drills may stop and kill them.

Each has its data in a temporary directory and listens on a free port of 127.0.0.1. What is asked of
the databases in them is the business of the tests.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import URL, make_url

from support.server import free_port

LIMIT = 30.0
"""Seconds to start or to stop; only a broken installation takes so long."""


class DatabaseServer(ABC):
    """One server. After `kill` or `stop` it can be started again on the same data."""

    account: str
    """Who the server runs as if the tests run as root."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="uttt-drill-"))
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = self.directory / "server.log"
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            entry = pwd.getpwnam(self.account)
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            self._as = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}

    @property
    @abstractmethod
    def url(self) -> URL:
        """Of a user who may do anything."""

    @abstractmethod
    def create(self) -> None:
        """Make the data."""

    @abstractmethod
    def command(self) -> list[str | Path]:
        """What runs the server."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether it takes connections."""

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), cwd=self.directory, stdout=log, stderr=log, **self._as
            )
        limit = time.monotonic() + LIMIT
        while not self.answers():
            assert self.process.poll() is None, self.log.read_text(errors="replace")
            assert time.monotonic() < limit, self.log.read_text(errors="replace")
            time.sleep(0.05)

    def stop(self) -> None:
        """End cleanly, whoever is connected."""
        assert self.process is not None
        self.process.send_signal(self._stop_signal)
        self.process.wait(LIMIT)
        self.process = None

    _stop_signal = signal.SIGTERM

    def kill(self) -> None:
        """SIGKILL, with all processes that belong to it."""
        assert self.process is not None
        for pid in self._pids():
            os.kill(pid, signal.SIGKILL)
        self.process.wait(LIMIT)
        self.process = None

    def freeze(self) -> None:
        """Stop the clock for it: connections stay, nothing is answered."""
        for pid in self._pids():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):  # of its processes some come and go
                os.kill(pid, signal.SIGCONT)

    def revive(self) -> None:
        """Whatever has happened to it, it runs."""
        if self.process is None:
            self.start()
        else:
            self.thaw()

    def close(self) -> None:
        """Take everything away."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.directory)

    def _pids(self) -> list[int]:
        """The first process, then its children."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [pid, *map(int, children.split())]

    def _run(self, *command: str | Path) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            command, cwd=self.directory, capture_output=True, timeout=LIMIT, check=False, **self._as
        )


class PostgresServer(DatabaseServer):
    account = "postgres"
    _stop_signal = signal.SIGINT  # "fast": it does not wait for those who are connected

    def __init__(self) -> None:
        self._binaries = self._find_binaries()
        super().__init__()
        self._data = self.directory / "data"

    @staticmethod
    def _find_binaries() -> Path:
        found = shutil.which("pg_config")
        if found is not None:
            output = subprocess.run([found, "--bindir"], capture_output=True, check=True).stdout
            if (Path(output.decode().strip()) / "initdb").exists():
                return Path(output.decode().strip())
        elsewhere = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        if not elsewhere:
            missing("initdb of PostgreSQL")
        return elsewhere[-1].parent

    @property
    def url(self) -> URL:
        return make_url(f"postgresql://postgres@127.0.0.1:{self.port}/postgres")

    def create(self) -> None:
        made = self._run(
            self._binaries / "initdb", "-D", self._data, "-U", "postgres", "-A", "trust"
        )
        assert made.returncode == 0, made.stderr

    def command(self) -> list[str | Path]:
        settings = (
            *("listen_addresses=127.0.0.1", f"port={self.port}", "unix_socket_directories="),
            *("shared_buffers=32MB", "max_connections=60"),
        )
        options = [part for setting in settings for part in ("-c", setting)]
        return [self._binaries / "postgres", "-D", self._data, *options]

    def answers(self) -> bool:
        asked = ("-h", "127.0.0.1", "-p", str(self.port), "-t", "1")
        return self._run(self._binaries / "pg_isready", *asked).returncode == 0


class MariadbServer(DatabaseServer):
    account = "mysql"

    def __init__(self) -> None:
        self._install = shutil.which("mariadb-install-db")
        self._server = shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin")
        if self._install is None or self._server is None:
            missing("mariadb-install-db and mariadbd")
        super().__init__()
        self._data = self.directory / "data"

    @property
    def url(self) -> URL:
        return make_url(f"mariadb://root@127.0.0.1:{self.port}/mysql")

    def create(self) -> None:
        assert self._install is not None
        made = self._run(
            self._install, "--no-defaults", f"--datadir={self._data}", "--skip-test-db",
            f"--tmpdir={self.directory}",
            "--auth-root-authentication-method=normal",
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

    def command(self) -> list[str | Path]:
        assert self._server is not None
        return [
            self._server, "--no-defaults", f"--datadir={self._data}", f"--port={self.port}",
            "--bind-address=127.0.0.1", f"--socket={self.directory / 'socket'}",
            # not that of other servers, whose files it would take for its own and remove
            f"--tmpdir={self.directory}",
            f"--pid-file={self.directory / 'pid'}", "--innodb-buffer-pool-size=32M",
        ]  # fmt: skip

    def answers(self) -> bool:
        asked = ("--protocol=tcp", "-h127.0.0.1", f"-P{self.port}", "-uroot")
        return self._run("mariadb-admin", "--no-defaults", *asked, "ping").returncode == 0


def missing(what: str) -> Any:
    """Skip the test, which fails under CI."""
    if os.environ.get("CI"):
        pytest.fail(f"not installed, and this is CI: {what}")
    pytest.skip(f"not installed: {what}")


KINDS = {"postgresql": PostgresServer, "mariadb": MariadbServer}


class DatabaseServers:
    """One server of each kind for a whole test session, started when it is first asked for."""

    def __init__(self) -> None:
        self._servers: dict[str, DatabaseServer] = {}

    def get(self, kind: str) -> DatabaseServer:
        if kind not in self._servers:
            server = KINDS[kind]()
            self._servers[kind] = server
            server.create()
            server.start()
        return self._servers[kind]

    def close(self) -> None:
        for server in self._servers.values():
            server.close()
