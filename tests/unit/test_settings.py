"""Settings: the object, the sources and their order, and the table for hosts."""

import runpy
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import ValidationError

from uttt.settings import LoadedSettings, Settings, load
from uttt.settings.sources import flag, variable

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def from_environment(**values: str) -> LoadedSettings:
    return load(environ=values)


# --- the object ---


def test_defaults() -> None:
    loaded = load(environ={})
    assert loaded.settings == Settings()
    assert loaded.sources == dict.fromkeys(Settings.model_fields, "default")
    assert loaded.settings.printable() == {
        "host": "",
        "port": "5556",
        "certificate": "",
        "key": "",
        "database_url": "sqlite:///uttt.db",
        "elo_start": "1000",
        "elo_k": "20",
        "account_lifetime": "45d",
        "session_lifetime": "20d",
        "temporary_session_lifetime": "1h",
        "match_lifetime": "7d",
        "check_interval": "1h",
        "max_open_matches": "5",
        "bots": "on",
        "bots_rated": "off",
        "bot_matches": "1000",
        "bot_delay": "1s",
        "bot_offer": "on",
        "bot_offer_after": "20s",
        "bot_fill": "on",
        "engine_processes": "0",
        "engine_memory": "16MiB",
        "engine_patience": "10s",
        "engine_idle": "1m",
        "rate_limits": "on",
        "message_size": "64KiB",
        "messages_per_second": "20",
        "messages_burst": "60",
        "logins_per_minute_per_address": "60",
        "logins_per_minute_per_name": "10",
        "analyses_per_minute_per_account": "6",
        "analyses_per_minute_per_address": "3",
        "api_requests_per_minute_per_address": "120",
        "connections_per_address": "200",
        "login_timeout": "30s",
        "outbox_size": "1MiB",
        "ping_interval": "30s",
        "password_threads": "1",
        "trusted_proxies": "",
        "analysis_time": "200ms",
        "log_level": "info",
        "log_format": "auto",
        "metrics_port": "0",
        "metrics_host": "127.0.0.1",
        "shutdown_timeout": "5s",
    }


def test_is_frozen_and_hashable() -> None:
    settings = Settings(trusted_proxies=(ip_network("10.0.0.0/8"),))
    assert hash(settings) == hash(Settings(trusted_proxies=(ip_network("10.0.0.0/8"),)))
    with pytest.raises(ValidationError, match="frozen"):
        settings.port = 1  # type: ignore[misc]


def test_construction_reads_nothing_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTTT_PORT", "1")
    Path("uttt.toml").write_text("port = 2")
    assert Settings().port == 5556


def test_construction_refuses_unknown_names() -> None:
    with pytest.raises(ValidationError, match="prot"):
        Settings.model_validate({"prot": 1})


def test_every_default_is_a_valid_value() -> None:
    assert Settings.model_validate(Settings().model_dump()) == Settings()


def test_what_is_printed_is_read_as_the_same() -> None:
    Path("c.pem").touch()
    settings = Settings(
        host="::1",
        certificate=Path("c.pem"),
        key=Path("c.pem"),
        session_lifetime=timedelta(milliseconds=90_061_001),
        rate_limits=False,
        message_size=1000,
        messages_per_second=0.5,
        trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("::1")),
    )
    assert load(flags=settings.printable(), environ={}).settings == settings


def test_every_setting_has_a_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert (field.description or "").endswith("."), name


# --- the sources ---


def test_each_source_beats_those_before_it() -> None:
    Path("uttt.toml").write_text("port = 1\nelo_k = 1\nelo_start = 1\n")
    loaded = load(flags={"port": 3, "host": None}, environ={"UTTT_PORT": "2", "UTTT_ELO_K": "2"})
    settings, sources = loaded.settings, loaded.sources
    assert (settings.port, sources["port"]) == (3, "--port")
    assert (settings.elo_k, sources["elo_k"]) == (2, "UTTT_ELO_K")
    assert (settings.elo_start, sources["elo_start"]) == (1, "uttt.toml")
    assert (settings.host, sources["host"]) == ("", "default")


def test_a_flag_beats_the_file_and_a_secret_file_too() -> None:
    Path("uttt.toml").write_text("port = 1\nelo_k = 1\n")
    Path("secret").write_text("2")
    loaded = load(
        flags={"port": 3}, environ={"UTTT_PORT_FILE": "secret", "UTTT_ELO_K_FILE": "secret"}
    )
    assert (loaded.settings.port, loaded.settings.elo_k) == (3, 2)
    assert loaded.sources["elo_k"] == "UTTT_ELO_K_FILE"


def test_an_overridden_value_is_not_checked() -> None:
    Path("uttt.toml").write_text("port = 'abc'")
    assert load(flags={"port": 3}, environ={}).settings.port == 3


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UTTT_PORT", "7")
    assert load().settings.port == 7


def test_the_config_argument_beats_the_variable_and_that_the_default_file() -> None:
    Path("uttt.toml").write_text("port = 1")
    Path("named.toml").write_text("port = 2")
    Path("flag.toml").write_text("port = 3")
    environ = {"UTTT_CONFIG": "named.toml"}
    by_flag = load(environ=environ, config=Path("flag.toml"))
    assert (by_flag.settings.port, by_flag.sources["port"]) == (3, "flag.toml")
    by_variable = load(environ=environ)
    assert (by_variable.settings.port, by_variable.sources["port"]) == (2, "named.toml")
    assert load(environ={"UTTT_CONFIG": ""}).settings.port == 1


def test_a_value_of_each_kind_from_toml() -> None:
    Path("uttt.toml").write_text(
        "rate_limits = false\nmessages_per_second = 2\naccount_lifetime = 90\n"
        'login_timeout = 0.5\nmessage_size = "2KiB"\nlog_level = "debug"\n'
        'trusted_proxies = ["10.0.0.0/8", "::1"]\n'
    )
    settings = load(environ={}).settings
    assert settings.rate_limits is False
    assert settings.messages_per_second == 2.0
    assert settings.account_lifetime == timedelta(seconds=90)
    assert settings.login_timeout == timedelta(milliseconds=500)
    assert settings.message_size == 2048
    assert settings.log_level == "debug"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))


def test_a_setting_in_a_file_is_stripped() -> None:
    Path("secret").write_text("\n sqlite:///secret.db \n")
    loaded = from_environment(UTTT_DATABASE_URL_FILE="secret")
    assert loaded.settings.database_url == "sqlite:///secret.db"
    assert loaded.sources["database_url"] == "UTTT_DATABASE_URL_FILE"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_can_be_given_by_variable_by_file_and_by_flag(name: str) -> None:
    text = Settings().printable()[name]
    Path("value").write_text(text + "\n")
    for loaded, source in (
        (load(environ={variable(name): text}), variable(name)),
        (load(environ={variable(name) + "_FILE": "value"}), variable(name) + "_FILE"),
        (load(environ={}, flags={name: text}), flag(name)),
    ):
        assert loaded.settings == Settings()
        assert loaded.sources == dict.fromkeys(Settings.model_fields, "default") | {name: source}


def test_foreign_variables_are_ignored() -> None:
    loaded = from_environment(UTTT_TEST_X="1", UTTT_BENCH_X="1", UTTTX="1", PATH="1", uttt_port="1")
    assert loaded.settings == Settings()


# --- the documentation ---


def test_the_table_has_a_row_for_each_setting() -> None:
    table = runpy.run_path(str(DOCS / "settings_table.py"))["settings_table"]()
    head, rule, *rows = table.splitlines()
    assert head.count("|") == rule.count("|") == 5
    assert [row.split("|")[1].strip(" `") for row in rows] == list(Settings.model_fields)
    assert (
        "| `port` | `UTTT_PORT` | `5556` "
        "| TCP port for WebSocket and HTTP; 0 takes any free port. |"
    ) in rows
    assert all(row.count("|") == 5 for row in rows)
