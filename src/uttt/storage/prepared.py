"""Statements that are run again and again: written in SQLAlchemy, compiled once, run on the driver.

SQLAlchemy, too, compiles a statement once per kind of database, but to run it then costs several
times what the driver needs (13 to 35 instead of 2 microseconds on SQLite). Worth it for what
belongs to logins and to the beginnings and ends of matches; all else is run the usual way.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from sqlalchemy import BindParameter, Connection, Dialect, Table, bindparam, insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.elements import CompilerElement

T = TypeVar("T")
Values = Mapping[str, Any]
"""What to put in for each `bindparam` of a statement, by its name."""
STATEMENTS: Final = "uttt statements"
"""Key of the `info` of a connection of the driver: its `Statements`, put there by whoever has a
faster way than a cursor.
"""


class Statements(Protocol):
    """How statements are run on one connection. All methods raise DBAPIError."""

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run a statement and return all rows, as sequences of values."""

    def run(self, sql: str, values: Sequence[Any]) -> int:
        """Run a statement and return how many rows it has written."""

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        """Run a statement that inserts a row and return its number."""

    def run_each(self, sql: str, each: Sequence[Sequence[Any]]) -> None:
        """Run a statement once for each of several rows of values."""


class _Compiled(NamedTuple):
    sql: str
    names: tuple[str, ...]
    constants: dict[str, Any]

    def arguments(self, values: Values) -> tuple[Any, ...]:
        return tuple(
            [values[name] if name in values else self.constants[name] for name in self.names]
        )


class Prepared:
    """A statement with a fixed number of parameters.

    Values are those of the driver: SQLite and MariaDB return a Boolean as 0 or 1.
    """

    def __init__(self, statement: CompilerElement) -> None:
        self._statement = statement
        self._compiled: dict[str, _Compiled] = {}

    def rows(self, connection: Connection, values: Values) -> Sequence[Any]:
        """Run it and return all rows, as sequences of values. Raises DBAPIError."""
        compiled = self._for(connection)
        return _statements(connection).rows(compiled.sql, compiled.arguments(values))

    def run(self, connection: Connection, values: Values) -> int:
        """Run it and return how many rows it has written. Raises DBAPIError."""
        compiled = self._for(connection)
        return _statements(connection).run(compiled.sql, compiled.arguments(values))

    def insert(self, connection: Connection, values: Values) -> int:
        """Run it, which inserts a row into a table that numbers its rows; return the number.
        Raises DBAPIError.
        """
        compiled = self._for(connection)
        return _statements(connection).insert(compiled.sql, compiled.arguments(values))

    def run_each(self, connection: Connection, each: Sequence[Values]) -> None:
        """Run it once for each of several sets of values. Raises DBAPIError."""
        if len(each) == 1:
            self.run(connection, each[0])
        elif each:
            compiled = self._for(connection)
            rows = [compiled.arguments(values) for values in each]
            _statements(connection).run_each(compiled.sql, rows)

    def _for(self, connection: Connection) -> _Compiled:
        return self._compiled.get(connection.dialect.name) or self._compile(connection.dialect)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self._statement.compile(dialect=dialect)
        names = tuple(compiled.positiontup or ())
        constants = {n: compiled.params[n] for n in names if not compiled.binds[n].required}
        found = _Compiled(compiled.string, names, constants)
        self._compiled[dialect.name] = found
        return found


def _statements(connection: Connection) -> Statements:
    info = connection.info  # lives as long as the connection of the driver
    found: Statements | None = info.get(STATEMENTS)
    if found is None:
        found = info[STATEMENTS] = _ByCursor(connection)
    return found


class _ByCursor:
    """By a cursor of the Python Database API, which all have: SQLite's, and for commands those that
    SQLAlchemy makes of the others.
    """

    def __init__(self, connection: Connection) -> None:
        self._dialect = connection.dialect
        self._driver: Any = connection.connection.dbapi_connection
        self._error: type[Exception] = connection.dialect.loaded_dbapi.Error

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        return self._execute(sql, values, _rows)

    def run(self, sql: str, values: Sequence[Any]) -> int:
        return self._execute(sql, values, _written)

    def insert(self, sql: str, values: Sequence[Any]) -> int:
        return self._execute(sql, values, _number)

    def run_each(self, sql: str, each: Sequence[Sequence[Any]]) -> None:
        try:
            self._driver.cursor().executemany(sql, each)
        except self._error as error:
            raise self._as_sqlalchemy_has_it(sql, error) from error

    def _execute(self, sql: str, values: Sequence[Any], outcome: Callable[[Any], T]) -> T:
        cursor = self._driver.cursor()
        try:
            cursor.execute(sql, values)
            return outcome(cursor)
        except self._error as error:
            raise self._as_sqlalchemy_has_it(sql, error) from error
        finally:
            # a failure keeps it, and whoever lets go of that, in whatever thread, would wait until
            # SQLite has done what this connection is just doing
            cursor.close()

    def _as_sqlalchemy_has_it(self, sql: str, error: Any) -> DBAPIError:  # noqa: ANN401
        wrapped = DBAPIError.instance(
            sql, None, error, self._error, hide_parameters=True, dialect=self._dialect,
            connection_invalidated=self._dialect.is_disconnect(error, self._driver, None),
        )  # fmt: skip
        assert isinstance(wrapped, DBAPIError)  # noqa: S101 - as it is an error of the driver
        return wrapped


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


class PreparedForList:
    """A statement that has a list in it, such as that of an IN: compiled for a few lengths, the
    powers of two; what a list is shorter is filled up with its last item.
    """

    def __init__(self, build: Callable[[Sequence[BindParameter[Any]]], CompilerElement]) -> None:
        """`build` returns the statement for a list of so many parameters."""
        self._build = build
        self._of_length: dict[int, Prepared] = {}

    def rows(self, connection: Connection, items: Sequence[Any], **others: Any) -> Sequence[Any]:  # noqa: ANN401
        """Run it and return all rows. `others`: its parameters besides the list. Raises
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


class PreparedInsertion:
    """An INSERT of several rows, all with the same columns: compiled for each number of rows."""

    def __init__(self, table: Table, *returned: str) -> None:
        """`returned`: the columns that it returns of each row, for databases that can."""
        self._table = table
        self._returned = [table.c[name] for name in returned]
        self._of_number: dict[int, Prepared] = {}

    def rows(self, connection: Connection, rows: Sequence[Values]) -> Sequence[Any]:
        """Insert rows, and return what it returns of them, in any order. Raises DBAPIError."""
        prepared, values = self._for(rows)
        return prepared.rows(connection, values)

    def run(self, connection: Connection, rows: Sequence[Values]) -> int:
        """Insert rows with one that returns nothing. Raises DBAPIError."""
        prepared, values = self._for(rows)
        return prepared.run(connection, values)

    def _for(self, rows: Sequence[Values]) -> tuple[Prepared, Values]:
        prepared = self._of_number.get(len(rows))
        if prepared is None:
            places: list[dict[str, Any]] = [
                {name: bindparam(f"{name}_{n}") for name in rows[0]} for n in range(len(rows))
            ]
            statement = insert(self._table).values(places)
            if self._returned:
                statement = statement.returning(*self._returned)
            prepared = self._of_number[len(rows)] = Prepared(statement)
        return prepared, {f"{name}_{n}": row[name] for n, row in enumerate(rows) for name in row}
