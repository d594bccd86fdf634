"""How the server logs: lines for people on a terminal, JSON lines elsewhere, one format for all.

Our own code logs through structlog with names and values; what libraries log through the standard
library ends in the same lines. `redact` is the second line of defence for passwords and session
ids; the first is never to log them. Nothing here may decide what is worth logging.
"""

import dataclasses
import logging
import math
import sys
from collections.abc import Mapping
from typing import Literal, TextIO

import msgspec
import structlog
from structlog.processors import ExceptionRenderer, JSONRenderer, StackInfoRenderer, TimeStamper
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.types import EventDict, Processor, WrappedLogger

SENSITIVE = frozenset(
    {
        "authorization",
        "cookie",
        "id_token",
        "password",
        "pw",
        "secret",
        "session_id",
        "set_cookie",
        "token",
    }
)
"""Keys whose values are never written, compared in lower case with `-` as `_`."""

REDACTED = "[redacted]"

_DEEPEST = 8
_OURS = "uttt"
_QUIETER = {
    "asyncmy": logging.ERROR,  # warns of each row that INSERT IGNORE has left out
    "sqlalchemy.pool": logging.CRITICAL,  # reports dead connections, which we do ourselves
}
"""Libraries whose messages below a level are no news."""
_LEADING = ("timestamp", "level", "logger", "event")

_SHARED: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    TimeStamper(fmt="iso", utc=True),
    StackInfoRenderer(),
]
# One list for the life of the process: cached loggers and structlog.testing both hold on to it.
_OWN: list[Processor] = [
    structlog.stdlib.filter_by_level,
    structlog.stdlib.PositionalArgumentsFormatter(),
    *_SHARED,
    ProcessorFormatter.wrap_for_formatter,
]


def configure(
    level: Literal["debug", "info", "warning", "error"],
    log_format: Literal["auto", "text", "json"],
    stream: TextIO | None = None,
) -> None:
    """Sends all logging of the process to `stream` (standard error by default), one entry a line
    save for the tracebacks of the text format.

    `level` is that of our own loggers; libraries are heard from warning on. "auto" is text if
    `stream` is a terminal, else JSON. May be called again; the last call counts.
    """
    stream = sys.stderr if stream is None else stream
    terminal = stream.isatty()
    as_text = log_format == "text" or (log_format == "auto" and terminal)
    own_level = logging.getLevelNamesMapping()[level.upper()]

    structlog.configure(
        processors=_OWN,
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(stream)
    handler.set_name(_OURS)
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.ExtraAdder()],
            processors=[
                ProcessorFormatter.remove_processors_meta,
                redact,
                *(_text(colors=terminal) if as_text else _json()),
            ],
        )
    )
    root = logging.getLogger()
    for other in root.handlers[:]:
        if other.get_name() == _OURS:
            root.removeHandler(other)
    root.addHandler(handler)
    root.setLevel(max(logging.WARNING, own_level))
    logging.getLogger(_OURS).setLevel(own_level)
    for name, least in _QUIETER.items():
        logging.getLogger(name).setLevel(least)
    logging.captureWarnings(capture=True)


def redact(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Replaces the values of `SENSITIVE` keys at any depth of mappings, lists, tuples, dataclasses
    and msgspec structs. What it returns is also fit for JSON: keys are text, NaN is text."""
    # exc_info stays what the renderers expect: an exception may well be a dataclass
    return {
        key: value if key == "exc_info" else _clean(key, value, depth=0)
        for key, value in event_dict.items()
    }


def _clean(key: str, value: object, depth: int) -> object:
    if key.lower().replace("-", "_") in SENSITIVE:
        return REDACTED
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if not isinstance(value, Mapping | list | tuple):
        names = _field_names(value)
        if names is None:
            return value
        value = {name: getattr(value, name) for name in names}
    if depth == _DEEPEST:  # perhaps a cycle; and what is not looked at must not be written
        return "..."
    if isinstance(value, Mapping):
        return {str(name): _clean(str(name), item, depth + 1) for name, item in value.items()}
    items = [_clean("", item, depth + 1) for item in value]
    return tuple(items) if isinstance(value, tuple) else items


def _field_names(value: object) -> tuple[str, ...] | None:
    """The members of a dataclass instance or a struct, which its repr would show; else None."""
    if isinstance(value, msgspec.Struct):
        return value.__struct_fields__
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return tuple(field.name for field in dataclasses.fields(value) if field.repr)
    return None


def _text(*, colors: bool) -> list[Processor]:
    # rich tracebacks would show local variables, passwords among them
    return [
        structlog.dev.ConsoleRenderer(
            colors=colors, exception_formatter=structlog.dev.plain_traceback
        )
    ]


def _json() -> list[Processor]:
    return [
        ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
        _usual_first,
        JSONRenderer(),
    ]


def _usual_first(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Begins each line with what all lines have, for those who read them raw."""
    return {name: event_dict[name] for name in _LEADING if name in event_dict} | dict(event_dict)
