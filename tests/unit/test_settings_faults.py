"""What a host is told when a setting is wrong, and that no secret is part of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from uttt.settings import Settings, SettingsError, load
from uttt.settings.sources import variable
from uttt.settings.values import mask_password


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def message_of(function: Callable[[], object]) -> str:
    with pytest.raises(SettingsError) as caught:
        function()
    message = str(caught.value)
    assert message.isprintable(), "one line"
    return message


def environment_fault(**values: str) -> str:
    return message_of(lambda: load(environ=values))


def toml_fault(text: str) -> str:
    Path("uttt.toml").write_text(text)
    return message_of(lambda: load(environ={}))


# --- faults of names and files ---


def test_value_and_file_both_given() -> None:
    message = environment_fault(UTTT_PORT="1", UTTT_PORT_FILE="x")
    assert message == "UTTT_PORT and UTTT_PORT_FILE are both set: only one of them may be"


def test_unknown_variables_are_all_named() -> None:
    message = environment_fault(UTTT_PROT="1", UTTT_ZZZ="1", UTTT_DATABASE_URL_FLE="x")
    assert message == (
        "unknown environment variable UTTT_DATABASE_URL_FLE (did you mean UTTT_DATABASE_URL_FILE?),"
        " UTTT_PROT (did you mean UTTT_PORT?), UTTT_ZZZ"
    )


def test_config_cannot_be_given_by_file() -> None:
    message = environment_fault(UTTT_CONFIG_FILE="x")
    assert message.startswith("unknown environment variable UTTT_CONFIG_FILE (did you mean ")


def test_unknown_toml_keys() -> None:
    assert toml_fault("prot = 1\n[server]\nport = 1") == (
        "uttt.toml: unknown setting prot (did you mean port?), server"
    )


def test_unknown_toml_key_with_line_breaks_stays_on_one_line() -> None:
    assert toml_fault('"a\\nb" = 1') == r"uttt.toml: unknown setting 'a\nb'"


def test_unknown_flag() -> None:
    message = message_of(lambda: load(flags={"elo_stat": 1}, environ={}))
    assert message == "unknown flag --elo-stat (did you mean --elo-start?)"


def test_kubernetes_service_links_are_explained() -> None:
    message = environment_fault(UTTT_SERVICE_HOST="10.0.0.1", UTTT_PORT="tcp://10.0.0.1:5556")
    assert "enableServiceLinks: false" in message


def test_malformed_toml() -> None:
    message = toml_fault("port =\n")
    assert message.startswith("uttt.toml: is not valid TOML: ")
    assert "line 1" in message


def test_missing_files_are_named_with_who_named_them() -> None:
    absent = "'absent' cannot be read: No such file or directory"
    assert environment_fault(UTTT_CONFIG="absent") == f"UTTT_CONFIG: {absent}"
    assert environment_fault(UTTT_PORT_FILE="absent") == f"UTTT_PORT_FILE: {absent}"
    message = message_of(lambda: load(environ={}, config=Path("absent")))
    assert message == f"--config: {absent}"


def test_unreadable_contents() -> None:
    Path("binary").write_bytes(b"\xff")
    assert environment_fault(UTTT_KEY_FILE="binary") == (
        "UTTT_KEY_FILE: 'binary' cannot be read: not UTF-8 text"
    )
    Path("uttt.toml").mkdir()
    assert message_of(lambda: load(environ={})) == (
        "uttt.toml: 'uttt.toml' cannot be read: Is a directory"
    )


# --- faults of values ---


def test_each_source_is_named_in_its_way() -> None:
    expected = "'abc' is not a whole number from 0 to 65535"
    assert environment_fault(UTTT_PORT="abc") == f"UTTT_PORT: {expected}"
    Path("value").write_text("abc\n")
    assert environment_fault(UTTT_PORT_FILE="value") == f"UTTT_PORT_FILE: {expected}"
    message = message_of(lambda: load(flags={"port": "abc"}, environ={}))
    assert message == f"--port: {expected}"
    assert toml_fault("port = 'abc'") == f"port in uttt.toml: {expected}"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("UTTT_PORT", "65536", "a whole number from 0 to 65535"),
        ("UTTT_PORT", "-1", "a whole number from 0 to 65535"),
        ("UTTT_PORT", "", "a whole number from 0 to 65535"),
        ("UTTT_PORT", "80.0", "a whole number from 0 to 65535"),
        ("UTTT_ELO_K", "0", "a whole number from 1 to 1000"),
        ("UTTT_ELO_START", "-5", "a whole number from 0 to 10000"),
        ("UTTT_MAX_OPEN_MATCHES", "0", "a whole number from 1 to 1000000"),
        ("UTTT_PASSWORD_THREADS", "65", "a whole number from 1 to 64"),
        ("UTTT_MESSAGES_PER_SECOND", "0", "a number above 0 and up to 1000000"),
        ("UTTT_MESSAGES_PER_SECOND", "nan", "a number above 0 and up to 1000000"),
        ("UTTT_RATE_LIMITS", "maybe", "on or off"),
        ("UTTT_LOG_LEVEL", "loud", "one of debug, info, warning, error"),
        ("UTTT_LOG_FORMAT", "xml", "one of auto, text, json"),
        (
            "UTTT_MESSAGE_SIZE",
            "64 potatoes",
            'a size from 256 to 64MiB, such as "64KiB" or a number of bytes',
        ),
        (
            "UTTT_OUTBOX_SIZE",
            "0",
            'a size from 64KiB to 1GiB, such as "64KiB" or a number of bytes',
        ),
        (
            "UTTT_CHECK_INTERVAL",
            "soon",
            'a time from 1ms to 36500d, such as "45d", "1h30m", "90s" or seconds',
        ),
        ("UTTT_TRUSTED_PROXIES", "10.0.0.1/8", "a list of IP networks such as 10.0.0.0/8,::1"),
        ("UTTT_CERTIFICATE", "absent.pem", "a file that this process can read"),
        ("UTTT_KEY", ".", "a file that this process can read"),
        (
            "UTTT_HOST",
            "localhost:80",
            "an IP address or host name without a port, or empty for all interfaces",
        ),
    ],
)
def test_wrong_values(name: str, value: str, expected: str) -> None:
    assert environment_fault(**{name: value}) == f"{name}: {value!r} is not {expected}"


@pytest.mark.parametrize(
    "line",
    [
        "port = true",
        "port = 80.0",
        "port = [80]",
        "elo_k = {}",
        "messages_per_second = true",
        "messages_per_second = inf",
        "messages_per_second = []",
        "check_interval = true",
        "check_interval = 1979-05-27",
        "message_size = 1024.5",
        "message_size = true",
        "rate_limits = 2",
        "rate_limits = 1.0",
        "trusted_proxies = 5",
        "trusted_proxies = [true]",
        "log_level = 1",
        "host = 1",
        "certificate = 1",
        'key = "a\\u0000b"',
        "database_url = 5",
    ],
)
def test_wrong_types_in_toml(line: str) -> None:
    name = line.split(" ", 1)[0]
    message = toml_fault(line)
    assert message.startswith(f"{name} in uttt.toml: ")
    assert " is not " in message


def test_long_values_are_shortened_and_kept_on_one_line() -> None:
    message = environment_fault(UTTT_PORT="x\ny" * 5000)
    assert message.startswith(r"UTTT_PORT: 'x\nyx")
    assert message.endswith("… is not a whole number from 0 to 65535")
    assert len(message) < 150


def test_a_path_is_shown_as_text() -> None:
    message = message_of(lambda: load(flags={"key": Path("absent")}, environ={}))
    assert message == "--key: 'absent' is not a file that this process can read"


@pytest.mark.parametrize(("given_one", "missing"), [("certificate", "key"), ("key", "certificate")])
def test_certificate_and_key_go_together(given_one: str, missing: str) -> None:
    Path("x.pem").touch()
    message = environment_fault(**{variable(given_one): "x.pem"})
    assert message == (
        f"{variable(given_one)}: 'x.pem' is given without {missing}: "
        "TLS needs both, certificate and key"
    )


def test_an_empty_certificate_is_none_at_all() -> None:
    settings = load(environ={"UTTT_CERTIFICATE": "", "UTTT_KEY": ""}).settings
    assert (settings.certificate, settings.key) == (None, None)


# --- the database and its password ---


UNUSABLE = "the URL of a database that can be used: sqlite, postgresql, mariadb or mysql"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("hunter2", "a database URL such as sqlite:///uttt.db"),
        ("mysql://bob:hunter2@db:port/uttt", "a database URL such as sqlite:///uttt.db"),
        ("sqlite://", "the URL of a file: with sqlite in memory nothing would be durable"),
        ("sqlite:///:memory:", "the URL of a file: with sqlite in memory nothing would be durable"),
        (
            "sqlite://bob:hunter2@db/x.db",
            "of the form sqlite:///relative.db or sqlite:////absolute.db",
        ),
        ("sqlite:///x.db?mode=ro", "of the form sqlite:///relative.db or sqlite:////absolute.db"),
        (
            "sqlite:///file:x?mode=memory&uri=true",
            "of the form sqlite:///relative.db or sqlite:////absolute.db",
        ),
        ("sqlite:///file:x", "of the form sqlite:///relative.db or sqlite:////absolute.db"),
        ("sqlite+aiosqlite:///x", UNUSABLE),
        ("postgresql+psycopg://db/uttt", UNUSABLE),
        ("oracle://bob:hunter2@db/uttt", UNUSABLE),
        (
            "postgresql://bob:hunter2@db",
            "the URL of a database: it needs a name, as in postgresql://host/name",
        ),
    ],
)
def test_database_urls_that_are_refused(url: str, expected: str) -> None:
    message = environment_fault(UTTT_DATABASE_URL=url)
    assert message == f"UTTT_DATABASE_URL: the value (not shown) is not {expected}"


def test_no_password_in_the_traceback_of_a_fault() -> None:
    with pytest.raises(SettingsError) as caught:
        load(environ={"UTTT_DATABASE_URL": "oracle://bob:hunter2@db/uttt"})
    assert caught.value.__context__ is None
    with pytest.raises(ValidationError) as direct:
        Settings(database_url="oracle://bob:hunter2@db/uttt")
    assert "hunter2" not in str(direct.value)


def test_a_password_is_masked_wherever_settings_are_printed() -> None:
    url = "postgresql://bob:hunter2@db/uttt"
    assert mask_password(url) == "postgresql://bob:***@db/uttt"
    settings = Settings(database_url=url)
    assert settings.printable()["database_url"] == "postgresql://bob:***@db/uttt"
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "bob:***@db" in text
        assert "hunter2" not in text
