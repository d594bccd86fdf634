"""A host who moves in: the old server's database, ours, and the command between them."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.engine import URL

from command import Outcome, succeeded, uttt
from support.classic import ClassicDatabase
from uttt.storage import backends
from uttt.storage.tables import matches, metadata


@dataclass(frozen=True)
class Report:
    """What the command has printed: by kind its numbers, and how many were skipped for what."""

    read: dict[str, int]
    imported: dict[str, int]
    updated: dict[str, int]
    unchanged: dict[str, int]
    skipped: dict[str, int]
    removed: dict[str, int]
    why: dict[tuple[str, str], int]


_KINDS = ("accounts", "sessions", "temporary users", "friends", "matches")


def _read_report(text: str) -> Report:
    summary, _, reasons = text.partition("\n\n")
    numbers = {}
    for line in summary.splitlines()[1:]:
        found = re.fullmatch(r"(.*?)" + r" +(\d+)" * 6 + r" *", line)
        assert found is not None, line
        numbers[found[1]] = [int(number) for number in found.groups()[1:]]
    assert tuple(numbers) == _KINDS
    why = {}
    for line in reasons.splitlines()[1:]:
        found = re.fullmatch(r"(accounts|sessions|temporary users|friends|matches)  +(.*?) +(\d+) *", line)  # fmt: skip  # noqa: E501
        assert found is not None, line
        why[found[1], found[2]] = int(found[3])
    columns = [{kind: numbers[kind][i] for kind in _KINDS} for i in range(6)]
    report = Report(*columns, why)
    for kind in _KINDS:
        parts = (report.imported, report.updated, report.unchanged, report.skipped)
        assert report.read[kind] == sum(part[kind] for part in parts), text
        counted = sum(count for (of, _), count in why.items() if of == kind)
        assert report.skipped[kind] == counted, text
    return report


@dataclass(frozen=True)
class Move:
    """From `old` to `url`; `directory` is where the command runs."""

    old: ClassicDatabase
    url: URL
    directory: Path

    @property
    def settings(self) -> dict[str, str]:
        """What the command and the server must know."""
        return {"UTTT_DATABASE_URL": self.url.render_as_string(hide_password=False)}

    def run(self, *options: str, source: URL | None = None, **settings: str) -> Outcome:
        """Run the command, on a machine whose zone is that of the old server: UTC."""
        url = (source or self.old.url).render_as_string(hide_password=False)
        environment = {"TZ": "UTC", **self.settings, **settings}
        return uttt(self.directory, "import-classic", url, *options, **environment)

    def bring(self, **settings: str) -> Report:
        """Run the command, which must succeed and read all rows and change none of them."""
        before = self.old.checksums()
        report = _read_report(succeeded(self.run(**settings)))
        assert self.old.checksums() == before
        read = report.read
        assert self.old.counts() == {
            "users": read["accounts"],
            "sessions": read["sessions"] + read["temporary users"],
            "friends": read["friends"],
            "matches": read["matches"],
        }
        return report

    def query(self, statement: Any) -> list[Any]:
        """Rows of our database."""

        def read(connection: Connection) -> list[Any]:
            return [tuple(row) for row in connection.execute(statement)]

        return self._run(read, write=False)

    def change(self, *statements: Any) -> None:
        """Write to our database, as something that happened on our server."""

        def write(connection: Connection) -> None:
            for statement in statements:
                connection.execute(statement)

        self._run(write, write=True)

    def _run(self, function: Callable[[Connection], Any], *, write: bool) -> Any:
        with ThreadPoolExecutor(1) as apart:  # the thread of the test may have a loop that runs
            return apart.submit(backends.run, self.url, function, write=write).result()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """All rows of our database. Matches are named by what clients see, whatever their ids."""
        names = dict(self.query(select(matches.c.id, matches.c.public_id)))
        found = {}
        for table in metadata.sorted_tables:
            rows = self.query(select(table))
            for i, column in enumerate(table.columns):
                if (table.name, column.name) == ("matches", "id") or column.name == "match_id":
                    rows = [(*row[:i], names[row[i]], *row[i + 1 :]) for row in rows]
            found[table.name] = sorted(rows, key=repr)
        return found
