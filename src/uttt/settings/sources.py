"""Where settings come from: defaults, a TOML file, the environment, flags, the later the stronger.

Keeps for each setting the source that won, and turns every fault into one line that names the
setting, its source and what was expected. Why not pydantic-settings' own sources: they ignore
unknown variables and forget where a value came from, which are the two things a host asks about.
No setting is named here, but by way of `SECRETS`.
"""

import difflib
import os
import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from uttt.settings.fields import SECRETS, Settings

PREFIX = "UTTT_"
DEFAULT_CONFIG = Path("uttt.toml")
_CONFIG_VARIABLE = f"{PREFIX}CONFIG"
_FOREIGN = (f"{PREFIX}TEST_", f"{PREFIX}BENCH_")
_LONGEST_SHOWN = 80


class SettingsError(Exception):
    """A setting cannot be used; the message is one line for the host."""


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, and for each field name where its value came from: "default", the path
    of the TOML file, a variable such as "UTTT_PORT", or a flag such as "--port"."""

    settings: Settings
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as somebody gave it; `source` for `LoadedSettings`, `label` to begin a message."""

    value: object
    source: str
    label: str


def load(
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> LoadedSettings:
    """Reads the settings.

    `flags` holds field names and values of the command line, None meaning not given; `environ` is
    the process's environment by default; `config` is the TOML file, by default that of
    `UTTT_CONFIG`, else uttt.toml in the working directory if it exists.

    Raises `SettingsError` for a value, a name or a file that cannot be used.
    """
    environ = os.environ if environ is None else environ
    given = _from_file(environ, config) | _from_environment(environ) | _from_flags(flags or {})
    try:
        settings = Settings.model_validate({name: item.value for name, item in given.items()})
    except ValidationError as error:
        message = _first_fault(error, given)
    else:
        sources = {
            name: given[name].source if name in given else "default"
            for name in Settings.model_fields
        }
        return LoadedSettings(settings, sources)
    # outside of the handler: a traceback must not show the values that pydantic keeps
    raise SettingsError(message)


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def flag(name: str) -> str:
    """The command-line flag of a setting."""
    return "--" + name.replace("_", "-")


def _from_file(environ: Mapping[str, str], config: Path | None) -> dict[str, _Given]:
    named = environ.get(_CONFIG_VARIABLE)
    if config is not None:
        path, label = config, "--config"
    elif named:
        path, label = Path(named), _CONFIG_VARIABLE
    elif DEFAULT_CONFIG.exists():
        path, label = DEFAULT_CONFIG, str(DEFAULT_CONFIG)
    else:
        return {}
    text = _read(path, label)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        fault = " ".join(str(error).split())
        raise SettingsError(f"{path}: is not valid TOML: {fault}") from None
    _refuse_unknown(table, Settings.model_fields, f"{path}: unknown setting ")
    return {
        name: _Given(value, source=str(path), label=f"{name} in {path}")
        for name, value in table.items()
    }


def _from_environment(environ: Mapping[str, str]) -> dict[str, _Given]:
    _refuse_service_links(environ)
    ours = [name for name in environ if name.startswith(PREFIX) and not name.startswith(_FOREIGN)]
    known = [_CONFIG_VARIABLE]
    for name in Settings.model_fields:
        known += [variable(name), variable(name) + "_FILE"]
    # compared without the prefix, which would make any two names alike
    _refuse_unknown(
        [name.removeprefix(PREFIX) for name in ours],
        [name.removeprefix(PREFIX) for name in known],
        "unknown environment variable ",
        variable,
    )
    given = {}
    for name in Settings.model_fields:
        direct, by_file = variable(name), variable(name) + "_FILE"
        if direct in environ and by_file in environ:
            raise SettingsError(f"{direct} and {by_file} are both set: only one of them may be")
        if direct in environ:
            given[name] = _Given(environ[direct], direct, direct)
        elif by_file in environ:
            content = _read(Path(environ[by_file]), by_file).strip()
            given[name] = _Given(content, by_file, by_file)
    return given


def _from_flags(flags: Mapping[str, object]) -> dict[str, _Given]:
    _refuse_unknown(flags, Settings.model_fields, "unknown flag ", flag)
    return {
        name: _Given(value, flag(name), flag(name))
        for name, value in flags.items()
        if value is not None
    }


def _refuse_service_links(environ: Mapping[str, str]) -> None:
    """Kubernetes gives each container UTTT_PORT=tcp://... and others for a service named uttt."""
    if f"{PREFIX}SERVICE_HOST" in environ:
        raise SettingsError(
            f"{PREFIX}SERVICE_HOST: Kubernetes sets it and others, such as {PREFIX}PORT, for a "
            "service named uttt: set enableServiceLinks: false for the pod"
        )


def _refuse_unknown(
    names: Collection[str],
    known: Collection[str],
    prefix: str,
    shown: Callable[[str], str] = str,
) -> None:
    """Raises `SettingsError` naming all of `names` that are not `known`, with likely meanings."""
    faults = []
    for name in sorted(set(names) - set(known)):
        likely = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean {shown(likely[0])}?)" if likely else ""
        faults.append(_shorten(shown(name)) + hint)
    if faults:
        raise SettingsError(prefix + ", ".join(faults))


def _read(path: Path, label: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        reason = "not UTF-8 text"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
    raise SettingsError(f"{label}: {str(path)!r} cannot be read: {reason}")


def _first_fault(error: ValidationError, given: Mapping[str, _Given]) -> str:
    """One line on the first error; one of the whole model names its setting in its context."""
    fault = error.errors(include_url=False, include_input=False)[0]
    name = str(fault["loc"][0] if fault["loc"] else fault["ctx"]["setting"])
    item = given[name]
    value = "the value (not shown)" if name in SECRETS else _shorten(repr(item.value))
    if isinstance(item.value, Path):
        value = repr(str(item.value))
    return f"{item.label}: {value} {fault['msg']}"


def _shorten(text: str) -> str:
    """`text` on one line of bounded length."""
    line = text if text.isprintable() else ascii(text)
    return line if len(line) <= _LONGEST_SHOWN else line[: _LONGEST_SHOWN - 1] + "…"
