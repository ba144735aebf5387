"""Settings: defaults < file < `TOKENSPACE_*` < flags. The only place that reads the environment."""

import getpass
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import platformdirs

APP = "tokenspace"
CHOICES = {
    "profile": ("core", "full", "anthropic"),
    "download": ("yes", "no"),
    "log_level": ("DEBUG", "INFO", "WARNING", "ERROR"),
}
SPACE = ("db", "project")
PATHS = (*SPACE, "data", "tls_cert", "tls_key", "token_file")
_MOST = 10**9  # a number that is given
NUMBERS = {
    "context_budget": (1, _MOST),
    "port": (0, 65_535),
    "rate": (1, _MOST),
    "open_spaces": (1, _MOST),
}
"""Settings that are numbers, with the least and the most that each can be."""

TOKEN = "TOKENSPACE_TOKEN"  # noqa: S105 - the variable's name
"""What holds the token for an endpoint; it is no setting, so that no message names its value."""

HOSTS = (
    "CLAUDECODE",
    "CLAUDE_PLUGIN_ROOT",
    "COPILOT_AGENT_SESSION_ID",
    "CURSOR_VERSION",
    "GEMINI_CLI",
    "QWEN_CODE_CLI",
)
"""What assistants' programs say of themselves to the hooks that they run."""

_ELSEWHERE = (
    *("APPDATA", "XDG_CONFIG_HOME"),
    *("CLAUDE_CONFIG_DIR", "CLINE_DIR", "CODEX_HOME", "COPILOT_HOME"),
)
_SECRET = re.compile(r"(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD)S?$", re.IGNORECASE)
_SHORTEST = 6  # characters of a key; what is shorter is a word like any other
_UNEXPANDED = re.compile(r"\$\{[^}]*\}")


class SettingsError(Exception):
    """A setting is unknown or cannot be; start-up ends with exit code 2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a start of the program was asked to do.

    Attributes:
        db, project, data, tls_cert, tls_key, token_file: As in `default.toml`: absolute paths,
            empty where not given.
        origin: Where each setting that is not a default came from, for messages.
        client_project: The folder a client says it works in (`CLAUDE_PROJECT_DIR`).
        data_dir: The platform's folder for this user's data.
        runtime_dir: A folder for what this user's processes share while they run.
        hub: Where models lie that were downloaded from the Hugging Face hub.
    """

    db: str = ""
    project: str = ""
    profile: str = "core"
    user: str = ""
    model: str = ""
    device: str = "cpu"
    query_prefix: str = ""
    passage_prefix: str = ""
    context_budget: int = 6_000
    download: str = "no"
    sleep_model: str = ""
    data: str = ""
    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str = ""
    tls_cert: str = ""
    tls_key: str = ""
    proxy: str = ""
    issuer: str = ""
    rate: int = 6_000
    open_spaces: int = 64
    space: str = ""
    token_file: str = ""
    log_level: str = "WARNING"
    origin: Mapping[str, str] = field(default_factory=dict[str, str])
    client_project: str = ""
    data_dir: Path = field(default_factory=Path)
    runtime_dir: Path = field(default_factory=Path)
    hub: Path = field(default_factory=Path)


def load(flags: Mapping[str, str | None], environ: Mapping[str, str] | None = None) -> Settings:
    """Return the settings for these flags (None: not given) and this environment.

    Raises:
        SettingsError: the file is malformed, a key is unknown, or a value is not allowed.
    """
    env = os.environ if environ is None else environ
    values, origin = _defaults(), dict[str, str]()
    path = config_file()
    for source, found in (
        (str(path), _from_file(path, values)),
        ("TOKENSPACE_{}", {k: env.get(f"TOKENSPACE_{k.upper()}") for k in values}),
        ("--{}", dict(flags)),
    ):
        # A client that cannot expand `${workspaceFolder}` leaves it as it is.
        given = {k: v for k, v in found.items() if v and not _UNEXPANDED.search(v)}
        if given.keys() & set(SPACE):  # which space is one question: the last to answer it decides
            for key in SPACE:
                values[key] = ""
                origin.pop(key, None)
        for key, value in given.items():
            shown = key.upper() if source.startswith("TOKENSPACE") else key.replace("_", "-")
            origin[key] = source.replace("{}", shown)
            values[key] = _expanded(value, origin[key]) if key in PATHS else value
    for key, allowed in CHOICES.items():
        if values[key] not in allowed:
            raise SettingsError(
                f"{origin[key]}: {values[key]!r} is not a {key}; choose {', '.join(allowed)}."
            )
    values["user"] = values["user"] or _login_name()
    typed: dict[str, Any] = dict(values)
    typed |= {key: _number(key, values[key], origin) for key in NUMBERS}
    return Settings(
        **typed,
        origin=origin,
        client_project=env.get("CLAUDE_PROJECT_DIR", ""),
        data_dir=Path(platformdirs.user_data_dir(APP, appauthor=False)),
        runtime_dir=_runtime_dir(env),
        hub=_hub(env),
    )


def token(settings: Settings, environ: Mapping[str, str] | None = None) -> str:
    """Return the token for an endpoint: of a file that a flag names, the environment, a file.

    Raises:
        SettingsError: it cannot be read, or cannot be one; it says nothing of what it is.
    """
    given = (os.environ if environ is None else environ).get(TOKEN, "").strip()
    origin, found = TOKEN, given
    if settings.token_file and (not given or settings.origin["token_file"].startswith("--")):
        origin, path = settings.origin["token_file"], Path(settings.token_file)
        try:
            found = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise SettingsError(f"{origin}: cannot read {path} ({why}).") from None
    if _UNEXPANDED.search(found) or re.search(r"[^!-~]", found):
        raise SettingsError(f"{origin} holds no token: one is a single word, such as ts_....")
    return found


def editor() -> str:
    """Return the command of the person's editor."""
    default = "notepad" if os.name == "nt" else "vi"
    return os.environ.get("VISUAL") or os.environ.get("EDITOR") or default


def inherited() -> dict[str, str]:
    """Return the environment for a process of ours that needs nobody's keys."""
    return {name: value for name, value in os.environ.items() if not _SECRET.search(name)}


def secrets() -> list[str]:
    """Return the keys that the environment holds, the longest first; they are shown to nobody."""
    found = {value for name, value in os.environ.items() if _SECRET.search(name)}
    return sorted((value for value in found if len(value) >= _SHORTEST), key=len, reverse=True)


def host() -> dict[str, str]:
    """Return what the assistant that runs a hook says of itself in the environment."""
    return {name: os.environ[name] for name in HOSTS if os.environ.get(name)}


def log_folder() -> Path:
    """Return where a program that may say nothing to its caller notes what went wrong."""
    return Path(platformdirs.user_log_dir(APP, appauthor=False))


def elsewhere(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what the environment says of where other programs keep their settings."""
    env = os.environ if environ is None else environ
    return {name: env[name] for name in _ELSEWHERE if env.get(name)}


def config_file() -> Path:
    """Return where the user's own settings lie."""
    return Path(platformdirs.user_config_dir(APP, appauthor=False)) / "config.toml"


def _defaults() -> dict[str, str]:
    text = Path(__file__).with_name("default.toml").read_text("utf-8")
    values: dict[str, str] = tomllib.loads(text)
    assert set(values) <= {f.name for f in fields(Settings)}  # noqa: S101 - our own two files agree
    return values


def _from_file(path: Path, known: Mapping[str, str]) -> dict[str, str]:
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read {path}: {error}.") from error
    for key, value in found.items():
        if key not in known:
            raise SettingsError(f"{path}: {key!r} is unknown; settings are {', '.join(known)}.")
        if not isinstance(value, str):
            raise SettingsError(f"{path}: {key} must be a text in quotes, not {value!r}.")
    return found


def _number(key: str, value: str, origin: Mapping[str, str]) -> int:
    least, most = NUMBERS[key]
    digits = value.replace("_", "").replace(",", "")
    if not digits.isdecimal() or not least <= int(digits[:10]) <= most:
        within = "above 0" if most == _MOST else f"from {least} to {most}"
        raise SettingsError(f"{origin[key]}: {value!r} is not a {key}; give a number {within}.")
    return int(digits)


def _expanded(path: str, origin: str) -> str:
    try:
        return str(Path(os.path.expandvars(path)).expanduser().absolute())
    except (OSError, RuntimeError) as error:  # no working directory any more; no such home
        raise SettingsError(f"{origin}: cannot tell where {path} is: {error}.") from error


def _runtime_dir(env: Mapping[str, str]) -> Path:
    """Return the session's folder where there is one, else one in this user's cache."""
    if env.get("XDG_RUNTIME_DIR"):
        return Path(env["XDG_RUNTIME_DIR"]) / APP
    return Path(platformdirs.user_cache_dir(APP, appauthor=False)) / "run"


def _hub(env: Mapping[str, str]) -> Path:
    """Return the cache of models, where the libraries that fill it look for it."""
    if env.get("HF_HUB_CACHE"):
        return Path(env["HF_HUB_CACHE"]).expanduser()
    if env.get("HF_HOME"):
        return Path(env["HF_HOME"]).expanduser() / "hub"
    return Path(env.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "huggingface" / "hub"


def _login_name() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no such user in the system's list, as in some containers
        return ""
