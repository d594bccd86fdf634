"""How hosts may write values, and that what is printed is read as the same value."""

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from uttt.settings import LoadedSettings, SettingsError, load
from uttt.settings.values import LONGEST, format_duration, format_size, parse_duration

MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(autouse=True)
def _empty_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def from_environment(**values: str) -> LoadedSettings:
    return load(environ=values)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (90, 90.0),
        (0.5, 0.5),
        ("90", 90.0),
        ("0.25", 0.25),
        ("45d", 45 * 86_400.0),
        ("1h30m", 5400.0),
        ("90s", 90.0),
        ("500ms", 0.5),
        ("7 days", 7 * 86_400.0),
        (" 1 Hour 30 minutes ", 5400.0),
        ("1.5h", 5400.0),
        (timedelta(minutes=1), 60.0),
        ("36500d", LONGEST.total_seconds()),
    ],
)
def test_durations(value: object, seconds: float) -> None:
    assert parse_duration(value).total_seconds() == seconds


@pytest.mark.parametrize(
    "value",
    [
        "", " ", "0", 0, -1, "-1s", "0s", "1h30", "d", "1x", "1,5h", "1e3", "٣s", "inf", "0.0001",
        "36501d", "9" * 5000, "9" * 15 + "d", 10**400, float("inf"), float("nan"), True, None, [],
        timedelta(0), timedelta(days=-1), timedelta.max,
    ],
)  # fmt: skip
def test_no_durations(value: object) -> None:
    with pytest.raises(ValueError, match="is not a time from 1ms to 36500d"):
        parse_duration(value)


@given(st.timedeltas(min_value=MILLISECOND, max_value=LONGEST))
def test_durations_round_trip(value: timedelta) -> None:
    whole = value // MILLISECOND * MILLISECOND
    assert parse_duration(format_duration(whole)) == whole


@given(st.timedeltas(min_value=MILLISECOND, max_value=LONGEST))
def test_seconds_and_text_agree(value: timedelta) -> None:
    seconds = value // MILLISECOND / 1000
    assert parse_duration(seconds) == parse_duration(f"{seconds:.3f}")
    assert parse_duration(seconds) == value // MILLISECOND * MILLISECOND


@given(st.text() | st.from_regex(r"([0-9.]+ ?[a-z]{1,3} ?){1,3}", fullmatch=True))
def test_any_text_is_a_duration_in_range_or_refused(text: str) -> None:
    try:
        duration = parse_duration(text)
    except ValueError:
        return
    assert MILLISECOND <= duration <= LONGEST
    assert parse_duration(format_duration(duration)) == duration


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1000", 1000),
        ("64KiB", 65536),
        ("64 kib", 65536),
        ("1.5 KiB", 1536),
        ("64kB", 64000),
        ("2MB", 2_000_000),
        ("300b", 300),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert from_environment(UTTT_MESSAGE_SIZE=text).settings.message_size == size


@given(st.integers(256, 64 << 20) | st.integers(1, 64 << 10).map(lambda kib: kib << 10))
def test_sizes_round_trip(size: int) -> None:
    environ = {"UTTT_MESSAGE_SIZE": format_size(size)}
    assert load(environ=environ).settings.message_size == size


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, True) for text in ("on", "true", "1", "yes", "ON", " Yes ")),
        *((text, False) for text in ("off", "false", "0", "no", "Off")),
    ],
)
def test_switches(text: str, value: bool) -> None:
    assert from_environment(UTTT_RATE_LIMITS=text).settings.rate_limits is value


@pytest.mark.parametrize(
    ("text", "networks"),
    [
        ("", []),
        ("127.0.0.1", ["127.0.0.1/32"]),
        ("10.0.0.0/8, fd00::/8,", ["10.0.0.0/8", "fd00::/8"]),
    ],
)
def test_networks(text: str, networks: list[str]) -> None:
    settings = from_environment(UTTT_TRUSTED_PROXIES=text).settings
    assert settings.trusted_proxies == tuple(map(ip_network, networks))


@pytest.mark.parametrize("text", ["", "192.0.2.1", "::", "::1", "fe80::1%eth0", "play.example.org"])
def test_hosts(text: str) -> None:
    assert from_environment(UTTT_HOST=text).settings.host == text


@pytest.mark.parametrize("text", ["[::1]", "a b", "http://x", "x/y", "10.0.0.1:80", "-x"])
def test_no_hosts(text: str) -> None:
    with pytest.raises(SettingsError, match="is not an IP address or host name"):
        from_environment(UTTT_HOST=text)


def test_words_in_any_case() -> None:
    loaded = from_environment(UTTT_LOG_LEVEL="WARNING", UTTT_LOG_FORMAT=" Json ")
    assert (loaded.settings.log_level, loaded.settings.log_format) == ("warning", "json")
