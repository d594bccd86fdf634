"""Backups as they must not be restored, each made from a sound one by a change of its lines.

The digest is made right again, so that nothing but the change is to be found fault with.
"""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Lines = list[Any]
"""The lines as values: header, then sections and rows, then the footer."""


def parse(packed: bytes) -> Lines:
    return [json.loads(line) for line in gzip.decompress(packed).splitlines()]


def compose(lines: Lines) -> bytes:
    """With the digest and the counts as they are to be, where there is a footer."""
    texts = [_line(line) for line in lines]
    if isinstance(lines[-1], dict) and "sha256" in lines[-1]:
        digest = hashlib.sha256(b"".join(texts[:-1])).hexdigest()
        texts[-1] = _line({**lines[-1], "sha256": digest})
    return gzip.compress(b"".join(texts))


def _line(line: Any) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"


def tables(lines: Lines) -> dict[str, list[list[Any]]]:
    """The rows by table, read in the simplest possible way."""
    found: dict[str, list[list[Any]]] = {}
    for line in lines[1:-1]:
        if isinstance(line, dict):
            rows = found.setdefault(line["table"], [])
        else:
            rows.append(line)
    return found


@dataclass(frozen=True)
class Broken:
    """What is changed, and what the refusal says."""

    change: Callable[[Lines], Lines]
    says: str


def _header(**members: Any) -> Callable[[Lines], Lines]:
    return lambda lines: [{**lines[0], **members}, *lines[1:]]


def _value(table: str, column: str, value: Any, row: int = 0) -> Callable[[Lines], Lines]:
    """Change a value of a row."""

    def change(lines: Lines) -> Lines:
        described = next(t for t in lines[0]["tables"] if t["name"] == table)
        place = [name for name, _ in described["columns"]].index(column)
        changed = list(lines)
        at = lines.index({"table": table}) + 1 + row
        changed[at] = [*lines[at][:place], value, *lines[at][place + 1 :]]
        return changed

    return change


def _again(table: str) -> Callable[[Lines], Lines]:
    """Have the first row of a table twice."""

    def change(lines: Lines) -> Lines:
        at = lines.index({"table": table}) + 1
        header = json.loads(json.dumps(lines[0]))
        footer = json.loads(json.dumps(lines[-1]))
        next(t for t in header["tables"] if t["name"] == table)["rows"] += 1
        footer["rows"][table] += 1
        return [header, *lines[1:at], lines[at], *lines[at:-1], footer]

    return change


def _without_table(name: str) -> Callable[[Lines], Lines]:
    def change(lines: Lines) -> Lines:
        kept = [table for table in lines[0]["tables"] if table["name"] != name]
        return [{**lines[0], "tables": kept}, *lines[1:]]

    return change


def _column(change: Callable[[list[Any]], list[Any]]) -> Callable[[Lines], Lines]:
    """Change the columns that the header gives of players."""

    def changed(lines: Lines) -> Lines:
        described = [
            {**t, "columns": change(t["columns"])} if t["name"] == "players" else t
            for t in lines[0]["tables"]
        ]
        return [{**lines[0], "tables": described}, *lines[1:]]

    return changed


NO_BACKUP = "not a backup of uttt"
BROKEN = {
    "another format": Broken(_header(format="tar"), NO_BACKUP),
    "no header": Broken(lambda lines: lines[1:], NO_BACKUP),
    "a header that is no JSON": Broken(lambda lines: [b"{{{\n", *lines[1:]], NO_BACKUP),
    "version 0": Broken(_header(version=0), NO_BACKUP),
    "a newer format": Broken(_header(version=2), "newer format: install the newer program"),
    "newer tables": Broken(_header(schema="8888"), "newer tables.*install the newer program"),
    "a header without time": Broken(_header(made_at=None), "line 1: "),
    "a table too few": Broken(_without_table("seats"), "does not have the tables"),
    "an unknown column": Broken(
        _column(lambda columns: [*columns[:-1], ["shoe_size", "integer"]]),
        "players does not have the columns",
    ),
    "a column of another type": Broken(
        _column(lambda columns: [["id", "text"], *columns[1:]]), "players does not have the columns"
    ),
    "no footer": Broken(lambda lines: lines[:-1], "the file ends here"),
    "a row too few": Broken(lambda lines: [*lines[:2], *lines[3:]], "not a row of players"),
    "a row too many": Broken(lambda lines: [*lines[:3], *lines[2:]], "line .*: "),
    "two sections swapped": Broken(
        lambda lines: [lines[0], {"table": "moves"}, *lines[2:]],
        "line 2: here the rows of players are to begin",
    ),
    "another digest": Broken(
        lambda lines: [*lines[:-1], _line({**lines[-1], "sha256": "0" * 64})], "digest"
    ),
    "other counts": Broken(
        lambda lines: [*lines[:-1], {**lines[-1], "rows": {**lines[-1]["rows"], "moves": 1}}],
        "counts other rows",
    ),
    "something after the footer": Broken(
        lambda lines: [*lines[:-1], _line(lines[-1]) + b"{}\n"], "digest|more after the last line"
    ),
    "a row that is no JSON": Broken(
        lambda lines: [*lines[:2], b"[1,\n", *lines[3:]], "line 3: not a row of players"
    ),
    "a row that is no UTF-8": Broken(
        lambda lines: [*lines[:2], b'[1,"\xff"]\n', *lines[3:]], "line 3: not a row of players"
    ),
    "a row that is nested without end": Broken(
        lambda lines: [*lines[:2], b"[" * 500_000 + b"\n", *lines[3:]], "line 3: not a row"
    ),
    "a header that is no UTF-8": Broken(
        lambda lines: [_line(lines[0]).replace(b"players", b"player\xff"), *lines[1:]], "line 1: "
    ),
    "a line without end": Broken(
        lambda lines: [*lines[:2], b"[" + b" " * 2_000_000 + b"]\n", *lines[3:]], "too long"
    ),
    "a row that is too short": Broken(
        lambda lines: [*lines[:2], [1, "ann"], *lines[3:]], "line 3: not a row of players"
    ),
    "text for a number": Broken(_value("players", "rating", "990"), "line 3: .*players: .*int"),
    "a number for a switch": Broken(_value("players", "registered", 1), "line 3: .*bool"),
    "a fraction": Broken(_value("players", "seen_at", 1.5), "line 3: .*int"),
    "null where none may be": Broken(_value("players", "name", None), "line 3: .*str"),
    "a name that is too long": Broken(_value("players", "name", "x" * 17), "line 3: .*length"),
    "bytes that are none": Broken(_value("sessions", "token_hash", "?"), "sessions: .*base64"),
    "a number beyond all numbers": Broken(_value("players", "seen_at", 2**63), "line 3: "),
    "an id of 0": Broken(_value("players", "id", 0), "line 3: .*>= 1"),
    "the same key twice": Broken(_again("moves"), "refused rows of moves"),
    "the same name twice": Broken(_value("players", "name", "bob"), "refused rows of players"),
    "a move of no match": Broken(_value("moves", "match_id", 77), "refused rows of moves"),
    "a match of nobody": Broken(_value("matches", "player_b", 77), "refused rows of matches"),
    "a friend who is nobody": Broken(_value("friends", "friend_id", 77), "refused rows of friends"),
}
