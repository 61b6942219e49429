"""Reading the LVS_* environment variables. A wrong one stops the start with one line that says what to write instead.

Every function raises ImproperlyConfigured for a value that it cannot use.
"""

import difflib
import hashlib
import importlib.util
import ipaddress
import os
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from tzlocal import get_localzone_name

from videos.core.addresses import EVERY_ADDRESS, HOST_PATTERN, as_host, is_loopback, split_bind
from videos.library.exclusions import BadPattern, compile_patterns
from videos.library.extensions import BadExtension, clean_extensions

VARIABLES = (
    "LVS_ALLOWED_HOSTS",
    "LVS_BIND",
    "LVS_CACHE_URL",
    "LVS_CLEANUP_AFTER_DAYS",
    "LVS_DATABASE_URL",
    "LVS_DATA_DIR",
    "LVS_DEBUG",
    "LVS_DECODERS",
    "LVS_EXCLUDE",
    "LVS_EXTENSIONS",
    "LVS_KEEP_DAILY",
    "LVS_KEEP_HOURLY",
    "LVS_KEEP_MONTHLY",
    "LVS_KEEP_YEARLY",
    "LVS_PROXIES",
    "LVS_REQUIRE_LOGIN",
    "LVS_SCAN_MINUTES",
    "LVS_SENDFILE",
    "LVS_STREAMS_PER_ADDRESS",
    "LVS_TRUSTED_ORIGINS",
    "LVS_VIDEO_DIR",
)
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SQLITE_OPTIONS = {
    # IMMEDIATE takes the write lock at BEGIN, where SQLite waits for it. Asking for the lock in the middle of a
    # transaction fails at once.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL, not NORMAL: with WAL, NORMAL may lose the last commits at a power cut, and a star that was shown as saved
    # must be there afterwards. The cost is in docs/performance.md.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA cache_size=-16384; "
        "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
    ),
}
# The cache keys carry revision numbers (videos/cache.py), so the timeout limits the memory and not how old an answer
# can be.
_CACHE_SECONDS = 300
# Django's default of 300 entries would throw a third of them away at each overflow.
_MAX_CACHE_ENTRIES = 20_000


def refuse_unknown_variables() -> None:
    for name in sorted(os.environ):
        if name.startswith("LVS_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(VARIABLES)}."
            raise ImproperlyConfigured(f"{name} is not a setting of Local Video Server; {hint}")


# --- one value ----------------------------------------------------------------------------------------------------


def env_bool(name: str, default: bool) -> bool:
    value = os.environ.get(name, "").strip().lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off: use 1 or 0.")
    return default


def env_number(name: str, lowest: int, highest: int) -> int | None:
    """Return the whole number in the variable, or None if it is not set."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10 and lowest <= int(value) <= highest):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {lowest:,} to {highest:,}.")
    return int(value)


def env_choice(name: str, *choices: str) -> str | None:
    """Return the one of the choices that the variable names, or None if it is not set."""
    value = os.environ.get(name, "").strip().lower()
    if value and value not in choices:
        raise ImproperlyConfigured(f"{name}={value!r} is none of: {', '.join(choices)}.")
    return value or None


def env_list(name: str) -> list[str]:
    return [part for part in (part.strip() for part in os.environ.get(name, "").split(",")) if part]


def env_dir(name: str, default: Path) -> Path:
    value = os.environ.get(name, "").strip()
    if "\0" in value:
        raise ImproperlyConfigured(f"{name} is not a path.")
    try:
        return Path(os.path.abspath(Path(value).expanduser())) if value else default
    except RuntimeError as error:
        raise ImproperlyConfigured(f"{name}={value!r}: there is no such home folder.") from error


def split_url(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port  # urlsplit checks the port only when it is read
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {value!r} is not a URL ({error}).") from error
    return parts


# --- one setting --------------------------------------------------------------------------------------------------


def access_settings(bind: str) -> dict[str, Any]:
    """Return the settings that depend on the address to listen on: who may come in, and under which host names."""
    host, _port = split_bind(bind)
    # A server that listens on every address learns its own names as requests arrive (server/connection_worker.py).
    own = [] if host in EVERY_ADDRESS else [as_host(host)]
    return {
        "BIND": bind,
        "REQUIRE_LOGIN": env_bool("LVS_REQUIRE_LOGIN", default=not is_loopback(host)),
        "ALLOWED_HOSTS": list(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", *own, *_allowed_hosts()])),
    }


def _allowed_hosts() -> list[str]:
    hosts = env_list("LVS_ALLOWED_HOSTS")
    for host in hosts:
        if host != "*" and not HOST_PATTERN.fullmatch(host.removeprefix(".")):
            raise ImproperlyConfigured(f"LVS_ALLOWED_HOSTS: {host!r} is not a host name, like videos.example.org.")
    return hosts


def proxies() -> list[Network]:
    try:
        return [ipaddress.ip_network(part) for part in env_list("LVS_PROXIES")]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"LVS_PROXIES: {error}. It takes addresses and networks, like 10.0.0.0/8."
        ) from error


def trusted_origins() -> list[str]:
    origins = env_list("LVS_TRUSTED_ORIGINS")
    for origin in origins:
        parts = split_url("LVS_TRUSTED_ORIGINS", origin)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ImproperlyConfigured(
                f"LVS_TRUSTED_ORIGINS: {origin!r} is not an origin, like https://videos.example.org."
            )
    return origins


def video_dir(default: Path, remembered: Path) -> Path:
    """Return LVS_VIDEO_DIR, else the folder that `serve FOLDER` noted in the file `remembered`, else the default."""
    with suppress(OSError):
        default = Path(os.fsdecode(remembered.read_bytes()).strip() or default)
    return env_dir("LVS_VIDEO_DIR", default)


def exclude_patterns() -> list[str]:
    patterns = env_list("LVS_EXCLUDE")
    try:
        compile_patterns(patterns)
    except BadPattern as error:
        raise ImproperlyConfigured(f"LVS_EXCLUDE: {error}") from error
    return patterns


def extra_extensions() -> frozenset[str]:
    try:
        return clean_extensions(env_list("LVS_EXTENSIONS"))
    except BadExtension as error:
        raise ImproperlyConfigured(f"LVS_EXTENSIONS: {error}") from error


def kept_copies(period: str, default: int) -> int:
    """Return for how many periods ("HOURLY", "DAILY" …) a backup is kept."""
    number = env_number(f"LVS_KEEP_{period}", 0, 100_000)
    return default if number is None else number


def database(default: Path) -> dict[str, Any]:
    """Return Django's entry for the database: LVS_DATABASE_URL, else the SQLite file at `default`."""
    url = os.environ.get("LVS_DATABASE_URL", "").strip()
    if not url:
        url_config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": default}
    else:
        try:
            url_config = dict(dj_database_url.parse(url))
        except (ValueError, dj_database_url.ParseError, dj_database_url.UnknownSchemeError) as error:
            raise ImproperlyConfigured(
                "LVS_DATABASE_URL is not a database URL like postgres://user@host/name."
            ) from error
        if url_config["ENGINE"] not in ("django.db.backends.sqlite3", "django.db.backends.postgresql"):
            raise ImproperlyConfigured("LVS_DATABASE_URL: the database is SQLite or PostgreSQL.")
    if url_config["ENGINE"] == "django.db.backends.sqlite3":
        # Our backend also reads on a full or read-only disk.
        url_config |= {"ENGINE": "videos.db.sqlite", "OPTIONS": SQLITE_OPTIONS}
    return url_config


def cache(data_dir: Path) -> dict[str, Any]:
    """Return Django's entry for the cache: this process's memory, or the Redis server of LVS_CACHE_URL."""
    url = os.environ.get("LVS_CACHE_URL", "").strip()
    if not url:
        return {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": "videos",
            "TIMEOUT": _CACHE_SECONDS,
            "OPTIONS": {"MAX_ENTRIES": _MAX_CACHE_ENTRIES},
        }
    if split_url("LVS_CACHE_URL", url).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured("LVS_CACHE_URL is not a Redis URL like redis://localhost:6379/0.")
    if importlib.util.find_spec("redis") is None:
        raise ImproperlyConfigured("LVS_CACHE_URL needs the package redis: pip install redis.")
    return {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "TIMEOUT": _CACHE_SECONDS,
        # Two libraries may share one Redis server.
        "KEY_PREFIX": hashlib.blake2b(os.fsencode(data_dir), digest_size=6).hexdigest(),
    }


def local_time_zone() -> str:
    """Return the name of this computer's time zone: old snapshots hold local times without one."""
    try:
        return get_localzone_name() or "UTC"
    except (ValueError, LookupError, OSError):
        return "UTC"
