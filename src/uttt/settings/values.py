"""How hosts write values: durations, sizes, switches, networks, and how they are printed again.

Each `parse_*` takes what a TOML file, an environment variable or a flag can hold and raises
`PydanticCustomError` whose message completes the sentence "<value> ...", as in "is not a whole
number from 0 to 65535". Each `format_*` gives text that its `parse_*` reads as the same value. The
annotations at the end bind the two for pydantic. Nothing here may know the name of a setting.
"""

import math
import os
import re
from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

Network = IPv4Network | IPv6Network

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")  # a bound on digits: int() of a long text is slow
_NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,9})?"
_DECIMAL = re.compile(_NUMBER)
_QUANTITY = re.compile(rf"({_NUMBER})\s*([a-z]+)\s*", re.IGNORECASE)
_HOST_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252})")

_MILLISECONDS = {"d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
_UNIT_OF_TIME = {
    **{unit: unit for unit in _MILLISECONDS},
    **dict.fromkeys(("day", "days"), "d"),
    **dict.fromkeys(("hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "m"),
    **dict.fromkeys(("sec", "second", "seconds"), "s"),
}
LONGEST = timedelta(
    days=36_500
)  # a century: now + LONGEST is still a date that every database holds
_LONGEST_MILLISECONDS = LONGEST // timedelta(milliseconds=1)

_GREATEST_RATE = 1_000_000

_BINARY = {"gib": 1 << 30, "mib": 1 << 20, "kib": 1 << 10}
_BYTES = {**_BINARY, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9}

_DRIVERS = {
    *("sqlite", "postgresql", "postgresql+asyncpg"),
    *("mariadb", "mariadb+asyncmy", "mysql", "mysql+asyncmy"),
}

_SWITCH = {
    **dict.fromkeys(("on", "true", "1", "yes"), True),
    **dict.fromkeys(("off", "false", "0", "no"), False),
}


def refusal(expected: str) -> PydanticCustomError:
    """The error for a value that is not `expected` (with its article: "a whole number")."""
    return PydanticCustomError("setting", "is not {expected}", {"expected": expected})


def _whole_number(value: object) -> int | None:
    """The whole number that `value` is or spells, else None; True and 1.0 are none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        return int(value)
    return None


def whole(low: int, high: int) -> BeforeValidator:
    """Accepts a whole number from `low` to `high`, also as text."""

    def parse(value: object) -> int:
        number = _whole_number(value)
        if number is None or not low <= number <= high:
            raise refusal(f"a whole number from {low} to {high}")
        return number

    return BeforeValidator(parse)


def parse_positive(value: object) -> float:
    """A number above 0 and up to a million, also as text."""
    number = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and _DECIMAL.fullmatch(value.strip()):
        number = float(value)
    if not 0 < number <= _GREATEST_RATE:
        raise refusal(f"a number above 0 and up to {_GREATEST_RATE}")
    return float(number)


def _quantities(text: str, units: dict[str, int]) -> float | None:
    """The sum of "<number><unit>" terms, `units` giving the factor of each; None if there is other
    text or an unknown unit."""
    total, end = 0.0, 0
    while end < len(text):
        term = _QUANTITY.match(text, end)
        if term is None or (factor := units.get(term[2].lower())) is None:
            return None
        total += float(term[1]) * factor
        end = term.end()
    return total


def parse_duration(value: object) -> timedelta:
    """A time from 1 ms to a century, in whole milliseconds: seconds as a number, or text such as
    "90", "45d", "1h30m", "7 days"."""
    milliseconds: float | None = None
    if isinstance(value, timedelta):
        milliseconds = value / timedelta(milliseconds=1)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # int or infinite: both survive the comparison below, unlike a conversion
        milliseconds = value * 1000
    elif isinstance(value, str):
        text = value.strip()
        factors = {name: _MILLISECONDS[unit] for name, unit in _UNIT_OF_TIME.items()}
        seconds = float(text) if _DECIMAL.fullmatch(text) else None
        milliseconds = _quantities(text, factors) if seconds is None else seconds * 1000
    in_range = milliseconds is not None and 0 < milliseconds <= _LONGEST_MILLISECONDS
    whole_milliseconds = round(milliseconds) if milliseconds and in_range else 0
    if not whole_milliseconds:
        raise refusal('a time from 1ms to 36500d, such as "45d", "1h30m", "90s" or seconds')
    return timedelta(milliseconds=whole_milliseconds)


def format_duration(value: timedelta) -> str:
    """The short form, greatest unit first: "45d", "1h30m", "500ms"."""
    rest, terms = value // timedelta(milliseconds=1), []
    for unit, factor in _MILLISECONDS.items():
        count, rest = divmod(rest, factor)
        if count:
            terms.append(f"{count}{unit}")
    return "".join(terms) or "0s"


def size(low: int, high: int) -> BeforeValidator:
    """Accepts a number of bytes from `low` to `high`, also as text such as "64KiB"."""

    def parse(value: object) -> int:
        number: float | None = _whole_number(value)
        if number is None and isinstance(value, str) and value.strip():
            number = _quantities(value.strip(), _BYTES)
        if number is None or not low <= number <= high or number != int(number):
            bounds = f"from {format_size(low)} to {format_size(high)}"
            raise refusal(f'a size {bounds}, such as "64KiB" or a number of bytes')
        return int(number)

    return BeforeValidator(parse)


def format_size(value: int) -> str:
    """Bytes in the greatest binary unit that holds them exactly: "64KiB", "1MiB", "1000"."""
    for unit, factor in _BINARY.items():
        if value and value % factor == 0:
            return f"{value // factor}{unit[0].upper()}iB"
    return str(value)


def parse_switch(value: object) -> bool:
    """True or False, also as on, off, yes, no, 1, 0 in any case."""
    known = _SWITCH.get(str(value).strip().lower())
    if known is None or not isinstance(value, bool | int | str):
        raise refusal("on or off")
    return known


def parse_networks(value: object) -> tuple[Network, ...]:
    """IP networks from a comma-separated text or a list; a bare address is a network of one."""
    parts = value.split(",") if isinstance(value, str) else value
    expected = "a list of IP networks such as 10.0.0.0/8,::1"
    if not isinstance(parts, list | tuple):
        raise refusal(expected)
    texts = [str(part).strip() for part in parts]
    try:
        return tuple(ip_network(text) for text in texts if text)
    except ValueError:
        raise refusal(expected) from None


def format_networks(value: tuple[Network, ...]) -> str:
    """The networks, comma-separated."""
    return ",".join(map(str, value))


def one_of(*choices: str) -> BeforeValidator:
    """Accepts one of some words, in any case."""

    def parse(value: object) -> str:
        word = value.strip().lower() if isinstance(value, str) else None
        if word not in choices:
            raise refusal("one of " + ", ".join(choices))
        return word

    return BeforeValidator(parse)


def parse_host(value: object) -> str:
    """An IP address or a host name, or "" for all interfaces."""
    text = value.strip() if isinstance(value, str) else None
    if text is None or (text and not _HOST_NAME.fullmatch(text) and not _is_address(text)):
        raise refusal("an IP address or host name without a port, or empty for all interfaces")
    return text


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def parse_readable(value: object) -> Path | None:
    """The path of a file that this process can read, or None for None and ""."""
    if value is None or value == "":
        return None
    # a NUL in a path makes the checks raise ValueError, not answer False
    if isinstance(value, str | Path) and "\0" not in str(value):
        path = Path(value)
        if path.is_file() and os.access(path, os.R_OK):
            return path
    raise refusal("a file that this process can read")


def parse_database_url(value: object) -> str:
    """The URL of a database: a SQLite file, or a database on a PostgreSQL, MariaDB or MySQL server.

    A driver in the URL may only be the one that is used.
    """
    try:
        url = make_url(value.strip()) if isinstance(value, str) else None
    except (ArgumentError, ValueError):
        url = None
    if url is None:
        raise refusal("a database URL such as sqlite:///uttt.db")
    if url.drivername not in _DRIVERS:
        raise refusal(
            "the URL of a database that can be used: sqlite, postgresql, mariadb or mysql"
        )
    if url.get_backend_name() == "sqlite":
        _check_sqlite(url)
    elif not url.database:
        raise refusal("the URL of a database: it needs a name, as in postgresql://host/name")
    return str(value).strip()


def _check_sqlite(url: URL) -> None:
    if url.database in (None, "", ":memory:"):
        raise refusal("the URL of a file: with sqlite in memory nothing would be durable")
    extras = url.host or url.username or url.password or url.query
    if extras or str(url.database).startswith("file:"):
        raise refusal("of the form sqlite:///relative.db or sqlite:////absolute.db")


def mask_password(url: str) -> str:
    """A database URL as it may be printed: its password, if any, as ***."""
    return make_url(url).render_as_string(hide_password=True)


def _format_number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def _format_switch(value: bool) -> str:
    return "on" if value else "off"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, when_used="json"),
]
Size = Annotated[int, PlainSerializer(format_size, when_used="json")]
Rate = Annotated[
    float,
    BeforeValidator(parse_positive),
    PlainSerializer(_format_number, when_used="json"),
]
Switch = Annotated[
    bool,
    BeforeValidator(parse_switch),
    PlainSerializer(_format_switch, when_used="json"),
]
Networks = Annotated[
    tuple[Network, ...],
    BeforeValidator(parse_networks),
    PlainSerializer(format_networks, when_used="json"),
]
Host = Annotated[str, BeforeValidator(parse_host)]
ReadableFile = Annotated[Path | None, BeforeValidator(parse_readable)]
DatabaseUrl = Annotated[
    str,
    BeforeValidator(parse_database_url),
    PlainSerializer(mask_password, when_used="json"),
]
