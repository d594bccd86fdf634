"""Servers that the tests of databases do not see: too old ones, and MySQL."""

from types import SimpleNamespace
from typing import Any

import pytest
from asyncmy import errors

from uttt.storage import mysql
from uttt.storage.schema import SchemaMismatch, refuse_old_server


def dialect(version: tuple[int, ...] | None, **members: Any) -> Any:
    return SimpleNamespace(server_version_info=version, **members)


def test_an_old_mariadb_is_refused() -> None:
    """At the start, not at the first statement that it does not know."""
    with pytest.raises(
        SchemaMismatch, match=r"^MariaDB 10\.6 or newer is needed; this is 10\.5\.29\.$"
    ):
        refuse_old_server(dialect((10, 5, 29), is_mariadb=True))


@pytest.mark.parametrize(
    "accepted",
    [
        dialect((10, 6), is_mariadb=True),
        dialect((11, 4, 2), is_mariadb=True),
        dialect((8, 0, 36), is_mariadb=False),
        dialect((3, 40, 1)),
    ],
)
def test_all_others_are_not(accepted: Any) -> None:
    refuse_old_server(accepted)


@pytest.mark.parametrize("number", [1205, 3572])
def test_what_is_said_of_a_lock(number: int) -> None:
    """With NOWAIT MySQL has a number of its own for it, which MariaDB never sends."""
    assert mysql.DIALECT.is_lock_timeout(errors.OperationalError(number, "locked"))
