"""Statements that are run again and again: written in SQLAlchemy, compiled once, run on the driver.

SQLAlchemy, too, compiles a statement once per kind of database, but to run it then costs several
times what the driver needs (13 to 35 instead of 2 microseconds on SQLite). Worth it for what
belongs to logins and to the beginnings and ends of matches; all else is run the usual way.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Connection, bindparam
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import CompilerElement

T = TypeVar("T")
Values = Mapping[str, Any]
"""What to put in for each `bindparam` of a statement, by its name."""


class _Compiled(NamedTuple):
    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]


class Prepared:
    """A statement with a fixed number of parameters.

    Values are those of the driver: SQLite and MariaDB return a Boolean as 0 or 1.
    """

    def __init__(self, statement: CompilerElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> list[Any]:
        """Run it and return all rows, as tuples. Raises DBAPIError."""
        return self._execute(connection, [values], _rows)

    def run(self, connection: Connection, values: Values) -> int:
        """Run it and return how many rows it has written. Raises DBAPIError."""
        return self._execute(connection, [values], _written)

    def insert(self, connection: Connection, values: Values) -> int:
        """Run it, which inserts a row into a table that numbers its rows; return the number.
        Raises DBAPIError.
        """
        return self._execute(connection, [values], _number)

    def run_each(self, connection: Connection, each: Sequence[Values]) -> None:
        """Run it once for each of several sets of values. Raises DBAPIError."""
        if each:
            self._execute(connection, each, _written)

    def _execute(
        self, connection: Connection, each: Sequence[Values], outcome: Callable[[Any], T]
    ) -> T:
        dialect = connection.dialect
        sql, names, constants = self._compiled.get(dialect.name) or self._compile(connection)
        rows = [
            tuple([values[name] if name in values else constants[name] for name in names])
            for values in each
        ]
        try:
            cursor = connection.connection.cursor()
            if len(rows) == 1:
                cursor.execute(sql, rows[0])
            else:
                cursor.executemany(sql, rows)
            found = outcome(cursor)
            cursor.close()
        except dialect.loaded_dbapi.Error as error:
            raise _as_sqlalchemy_has_it(connection, sql, error) from error
        return found

    def _compile(self, connection: Connection) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=connection.dialect)
        names = tuple(compiled.positiontup or ())
        constants = {n: compiled.params[n] for n in names if not compiled.binds[n].required}
        found = _Compiled(compiled.string, names, constants)
        self._compiled[connection.dialect.name] = found
        return found


def _rows(cursor: Any) -> list[Any]:  # noqa: ANN401 - the driver's
    rows: list[Any] = cursor.fetchall()
    return rows


def _written(cursor: Any) -> int:  # noqa: ANN401
    written: int = cursor.rowcount
    return written


def _number(cursor: Any) -> int:  # noqa: ANN401
    # PostgreSQL alone needs, and gets from SQLAlchemy, a RETURNING for it
    number: int = cursor.fetchone()[0] if cursor.description else cursor.lastrowid
    return number


def _as_sqlalchemy_has_it(connection: Connection, sql: str, error: Any) -> DBAPIError:  # noqa: ANN401
    dialect = connection.dialect
    is_lost = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    wrapped = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=dialect,
    )
    if is_lost:
        connection.invalidate(error)
    assert isinstance(wrapped, DBAPIError)  # noqa: S101 - as it is an error of the driver
    return wrapped


class PreparedForList:
    """A statement that has a list in it, such as that of an IN: compiled for a few lengths, the
    powers of two; what a list is shorter is filled up with its last item.
    """

    def __init__(self, build: Callable[[Sequence[BindParameter[Any]]], CompilerElement]) -> None:
        """`build` returns the statement for a list of so many parameters."""
        self._build = build
        self._of_length: dict[int, Prepared] = {}

    def rows(self, connection: Connection, items: Sequence[Any], **others: Any) -> list[Any]:  # noqa: ANN401
        """Run it and return all rows, as tuples. `others`: its parameters besides the list. Raises
        DBAPIError.
        """
        prepared, values = self._for(items)
        return prepared.rows(connection, {**values, **others})

    def run(self, connection: Connection, items: Sequence[Any], **others: Any) -> int:  # noqa: ANN401
        """Run it and return how many rows it has written. Raises DBAPIError."""
        prepared, values = self._for(items)
        return prepared.run(connection, {**values, **others})

    def _for(self, items: Sequence[Any]) -> tuple[Prepared, dict[str, Any]]:
        length = 1 << (len(items) - 1).bit_length()
        prepared = self._of_length.get(length)
        if prepared is None:
            parameters: list[BindParameter[Any]] = [
                bindparam(f"item{number}") for number in range(length)
            ]
            prepared = self._of_length[length] = Prepared(self._build(parameters))
        values = {f"item{number}": item for number, item in enumerate(items)}
        for number in range(len(items), length):
            values[f"item{number}"] = items[-1]
        return prepared, values
