"""Logging: one format for all loggers, valid JSON whatever is logged, and nothing secret in it."""

import io
import json
import logging
import math
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from uttt import logs

SECRET = "hunter2"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@dataclass
class Login:
    name: str
    pw: str
    hidden: str = field(default=SECRET, repr=False)


class Reconnect(msgspec.Struct):
    session_id: str
    client: str = "classic"


@dataclass(eq=False)
class StrangeError(Exception):
    reason: str


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("uttt")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    structlog.reset_defaults()


def own() -> structlog.stdlib.BoundLogger:
    return structlog.stdlib.get_logger("uttt.tests")


def json_stream(level: Literal["debug", "info", "warning", "error"] = "info") -> io.StringIO:
    stream = io.StringIO()
    logs.configure(level, "json", stream)
    return stream


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in stream.getvalue().splitlines()]


def fail(message: str) -> None:
    password = message  # a local variable, for tracebacks to keep to themselves
    raise ValueError("bad input " + str(len(password)))


# --- formats ---


def test_a_json_line() -> None:
    stream = json_stream()
    own().info("started", port=5556)
    (entry,) = entries(stream)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry.pop("timestamp"))
    assert entry == {"level": "info", "logger": "uttt.tests", "event": "started", "port": 5556}
    assert stream.getvalue().startswith('{"timestamp": ')


def test_a_text_line_without_a_terminal_has_no_colors() -> None:
    stream = io.StringIO()
    logs.configure("info", "text", stream)
    own().info("started", port=5556)
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\S+Z \[info +\] started +\[uttt\.tests\] port=5556\n", stream.getvalue()
    )


def test_auto_is_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal, file = Terminal(), io.StringIO()
    logs.configure("info", "auto", terminal)
    own().info("started")
    logs.configure("info", "auto", file)
    own().info("started")
    assert "\x1b[" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
    assert entries(file)[0]["event"] == "started"


def test_json_on_a_terminal_if_asked_for() -> None:
    terminal = Terminal()
    logs.configure("info", "json", terminal)
    own().info("started")
    assert entries(terminal)[0]["event"] == "started"


def test_standard_error_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    own().info("started")
    captured = capsys.readouterr()
    assert json.loads(captured.err)["event"] == "started"
    assert captured.out == ""


def test_the_last_configuration_counts_and_nothing_is_logged_twice() -> None:
    first = json_stream()
    logger = own()
    logger.info("one")
    second = json_stream("warning")
    logger.info("two")
    logger.warning("three")
    assert [entry["event"] for entry in entries(first)] == ["one"]
    assert [entry["event"] for entry in entries(second)] == ["three"]


def test_handlers_of_others_stay() -> None:
    other = logging.NullHandler()
    logging.getLogger().addHandler(other)
    json_stream()
    assert other in logging.getLogger().handlers


# --- levels and libraries ---


@pytest.mark.parametrize(
    ("level", "heard"),
    [
        ("debug", ["debug", "info", "warning", "error"]),
        ("info", ["info", "warning", "error"]),
        ("warning", ["warning", "error"]),
        ("error", ["error"]),
    ],
)
def test_levels(level: Literal["debug", "info", "warning", "error"], heard: list[str]) -> None:
    stream = json_stream(level)
    for name in ("debug", "info", "warning", "error"):
        getattr(own(), name)("ours")
        getattr(logging.getLogger("aiohttp.server"), name)("theirs")
    ours = [entry["level"] for entry in entries(stream) if entry["logger"] == "uttt.tests"]
    theirs = [entry["level"] for entry in entries(stream) if entry["logger"] == "aiohttp.server"]
    assert ours == heard
    assert theirs == [name for name in heard if name in ("warning", "error")]


@pytest.mark.parametrize("library", ["aiohttp.server", "alembic.runtime.migration", "asyncio"])
def test_libraries_share_the_format(library: str) -> None:
    stream = json_stream()
    logging.getLogger(library).warning("slow: %d s", 3, extra={"peer": "192.0.2.1"})
    (entry,) = entries(stream)
    entry.pop("message", None)  # pytest's own handler, which formats first, leaves it in the record
    assert list(entry) == ["timestamp", "level", "logger", "event", "peer"]
    assert (entry["event"], entry["logger"], entry["level"]) == ("slow: 3 s", library, "warning")


def test_warnings_are_logged() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        stream = json_stream()
        warnings.warn("careful", stacklevel=1)
        logging.captureWarnings(capture=False)
    (entry,) = entries(stream)
    assert entry["logger"] == "py.warnings"
    assert "careful" in entry["event"]


def test_context_variables_are_part_of_every_line() -> None:
    stream = json_stream()
    with structlog.contextvars.bound_contextvars(connection=7):
        own().info("ours")
        logging.getLogger("asyncio").warning("theirs")
    assert [entry["connection"] for entry in entries(stream)] == [7, 7]


def test_cached_loggers_can_still_be_captured_in_tests() -> None:
    json_stream()
    logger = own()
    logger.info("before")
    json_stream()
    with capture_logs() as captured:
        logger.info("captured", n=1)
    assert captured == [{"event": "captured", "n": 1, "log_level": "info"}]


# --- exceptions ---


def test_exceptions_are_structured_and_show_no_variables() -> None:
    stream = json_stream()
    try:
        fail(SECRET)
    except ValueError:
        own().exception("failed", match=3)
        logging.getLogger("asyncio").exception("failed")
    assert SECRET not in stream.getvalue()
    for entry in entries(stream):
        (exception,) = entry["exception"]
        assert (exception["exc_type"], exception["exc_value"]) == ("ValueError", "bad input 7")
        assert exception["frames"][-1]["name"] == "fail"
        assert "exc_info" not in entry


def test_tracebacks_in_text_show_no_variables() -> None:
    stream = io.StringIO()
    logs.configure("info", "text", stream)
    try:
        fail(SECRET)
    except ValueError:
        own().exception("failed")
        logging.getLogger("asyncio").exception("failed")
    assert stream.getvalue().count("ValueError: bad input 7") == 2
    assert SECRET not in stream.getvalue()


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_an_exception_that_is_a_dataclass(log_format: Literal["json", "text"]) -> None:
    stream = io.StringIO()
    logs.configure("info", log_format, stream)
    own().error("failed", exc_info=StrangeError("odd"))
    assert "StrangeError" in stream.getvalue()
    assert "odd" in stream.getvalue()


# --- redaction ---


@pytest.mark.parametrize("key", [*sorted(logs.SENSITIVE), "Password", "Set-Cookie", "SESSION-ID"])
@pytest.mark.parametrize("log_format", ["json", "text"])
def test_sensitive_keys(key: str, log_format: Literal["json", "text"]) -> None:
    stream = io.StringIO()
    logs.configure("info", log_format, stream)
    own().info("ours", **{key: SECRET})
    own().bind(**{key: SECRET}).info("bound")
    own().info("nested", data={"deep": [{key: SECRET}], "pair": ({key: [SECRET]}, 1)})
    logging.getLogger("aiohttp.server").warning("theirs", extra={key: SECRET})
    with structlog.contextvars.bound_contextvars(**{key: SECRET}):
        own().info("context")
    assert SECRET not in stream.getvalue()
    assert stream.getvalue().count(logs.REDACTED) == 6


def test_dataclasses_and_structs_are_looked_into() -> None:
    stream = json_stream()
    own().info("messages", login=Login("alice", SECRET), again=[Reconnect(SECRET)])
    (entry,) = entries(stream)
    assert entry["login"] == {"name": "alice", "pw": logs.REDACTED}
    assert entry["again"] == [{"session_id": logs.REDACTED, "client": "classic"}]


def test_what_is_not_sensitive_is_left_alone() -> None:
    event = {"event": "x", "tokens": 3, "name": "pw", "kind": Login, "pair": (1, None)}
    assert logs.redact(None, "info", event) == event


def test_the_original_is_not_changed() -> None:
    data = {"pw": SECRET}
    logs.redact(None, "info", {"event": "x", "data": data})
    assert data == {"pw": SECRET}


def test_too_deep_to_look_at_is_not_written() -> None:
    cycle: dict[str, Any] = {}
    cycle["self"] = cycle
    deep: Any = {"pw": SECRET}
    for _ in range(20):
        deep = [deep]
    stream = json_stream()
    own().info("odd", cycle=cycle, deep=deep)
    assert SECRET not in stream.getvalue()
    assert "..." in json.dumps(entries(stream)[0]["cycle"])


# --- JSON ---


def test_awkward_values_are_still_json() -> None:
    stream = json_stream()
    own().info(
        "line one\nline two",
        none=None,
        number=math.nan,
        numbers=[math.inf, 10**400 % 10**80],
        keys={1: "a", (2, 3): "b", None: "c"},
        thing=object(),
        data=b"\xff",
        text="\ud800 \u2028",
        kinds={1},
    )
    (entry,) = entries(stream)
    assert entry["event"] == "line one\nline two"
    assert entry["number"] == "nan"
    assert entry["numbers"][0] == "inf"
    assert entry["keys"] == {"1": "a", "(2, 3)": "b", "None": "c"}
    assert entry["data"] == r"b'\xff'"


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner)
    ),
    max_leaves=8,
)


@given(event=st.text(), value=values)
def test_every_line_is_json(event: str, value: object) -> None:
    stream = json_stream()
    own().info(event, value=value)
    (entry,) = entries(stream)
    assert entry["event"] == event
    assert "value" in entry
