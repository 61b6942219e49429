"""Settings of Local Video Server. Every knob is an LVS_* environment variable; docs/settings.md lists them."""

import difflib
import errno
import hashlib
import importlib.util
import ipaddress
import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured
from tzlocal import get_localzone_name

from videos.core.addresses import EVERY_ADDRESS, HOST_PATTERN, as_host, is_loopback, split_bind
from videos.library.exclusions import BadPattern, compile_patterns
from videos.library.extensions import BadExtension, clean_extensions

BASE_DIR = Path(__file__).resolve().parent.parent

# --- reading LVS_* ------------------------------------------------------------------------------------------------

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


def refuse_unknown_variables() -> None:
    for name in sorted(os.environ):
        if name.startswith("LVS_") and name not in VARIABLES:
            near = difflib.get_close_matches(name, VARIABLES, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(VARIABLES)}."
            raise ImproperlyConfigured(f"{name} is not a setting of Local Video Server; {hint}")


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
    """Return the whole number that the variable holds, or None where it is not set."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 10 and lowest <= int(value) <= highest):
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number from {lowest:,} to {highest:,}.")
    return int(value)


def env_choice(name: str, *choices: str) -> str | None:
    """Return the one of the choices that the variable names, or None where it is not set."""
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
        _ = parts.port  # looked at only when it is asked for
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {value!r} is not a URL ({error}).") from error
    return parts


def allowed_hosts() -> list[str]:
    hosts = env_list("LVS_ALLOWED_HOSTS")
    for host in hosts:
        if host != "*" and not HOST_PATTERN.fullmatch(host.removeprefix(".")):
            raise ImproperlyConfigured(f"LVS_ALLOWED_HOSTS: {host!r} is not a host name, like videos.example.org.")
    return hosts


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def proxies() -> list[Network]:
    try:
        return [ipaddress.ip_network(part) for part in env_list("LVS_PROXIES")]
    except ValueError as error:
        raise ImproperlyConfigured(
            f"LVS_PROXIES: {error}. It takes addresses and networks, like 10.0.0.0/8."
        ) from error


def door(bind: str) -> dict[str, Any]:
    """Return the settings that follow from the address to listen on: who may come in, and under which host names."""
    host, _port = split_bind(bind)
    # Listening on every address, the server learns its own as it is reached by them (server/connection_worker.py).
    own = [] if host in EVERY_ADDRESS else [as_host(host)]
    return {
        "BIND": bind,
        "REQUIRE_LOGIN": env_bool("LVS_REQUIRE_LOGIN", default=not is_loopback(host)),
        "ALLOWED_HOSTS": list(dict.fromkeys(["localhost", "127.0.0.1", "[::1]", *own, *allowed_hosts()])),
    }


def secret_key(path: Path) -> tuple[str, str]:
    """Return the key kept at `path`, made at the first start, readable by its owner alone; and why it is not kept.

    Where the disk does not take one, a key for this run alone is as good, but that logins end with it.
    """
    try:
        if not path.exists():
            _make_secret_key(path)
        key = path.read_text().strip()
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM) or path.exists():
            raise ImproperlyConfigured(f"The data folder {path.parent} cannot be used: {error}") from error
        return secrets.token_urlsafe(64), f"{path} cannot be written ({error.strerror})"
    except UnicodeDecodeError as error:
        raise ImproperlyConfigured(f"The data folder {path.parent} cannot be used: {error}") from error
    if len(key) < 50:
        raise ImproperlyConfigured(f"{path} holds no usable key; delete it and a new one is made.")
    return key, ""


def _make_secret_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(64))
        # A link fails if another process was quicker, so that both end with the same key.
        os.link(draft, path)
    except FileExistsError:
        pass
    except OSError:
        if not draft.exists() or draft.stat().st_size == 0:
            raise
        # No links on this disk (exFAT, some network shares): a rename will do.
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


refuse_unknown_variables()

# --- the library --------------------------------------------------------------------------------------------------

DATA_DIR = env_dir("LVS_DATA_DIR", BASE_DIR)
GENERATED_DIR = DATA_DIR / "generated"
# `serve FOLDER` notes the folder here, so that the other commands and the next start look at the same one.
REMEMBERED_VIDEO_DIR = DATA_DIR / ".video_dir"


def default_video_dir() -> Path:
    try:
        return Path(os.fsdecode(REMEMBERED_VIDEO_DIR.read_bytes()).strip() or BASE_DIR / "media")
    except OSError:
        return BASE_DIR / "media"


VIDEO_DIR = env_dir("LVS_VIDEO_DIR", default_video_dir())
# Globs of what scans pass over, beside hidden names and the folders of systems (videos/library/exclusions.py).
EXCLUDE = env_list("LVS_EXCLUDE")
try:
    compile_patterns(EXCLUDE)
except BadPattern as bad_pattern:
    raise ImproperlyConfigured(f"LVS_EXCLUDE: {bad_pattern}") from bad_pattern
# Extensions of videos beside those that are known (videos/streaming/headers.py).
try:
    EXTENSIONS = clean_extensions(env_list("LVS_EXTENSIONS"))
except BadExtension as bad_extension:
    raise ImproperlyConfigured(f"LVS_EXTENSIONS: {bad_extension}") from bad_extension
# A drive on the network sends no word of what changes on it, so the folder is looked through this often, too.
SCAN_MINUTES: int = env_number("LVS_SCAN_MINUTES", 1, 10_000) or 1
# None: videos whose file is gone are kept until somebody runs cleanup_orphans.
CLEANUP_AFTER_DAYS = env_number("LVS_CLEANUP_AFTER_DAYS", 1, 100_000)


def kept_copies(kind: str, default: int) -> int:
    number = env_number(f"LVS_KEEP_{kind}", 0, 100_000)
    return default if number is None else number


# Of how many hours, days, months and years the backups and snapshots are kept, one of each (videos/snapshots/).
KEEP_HOURLY = kept_copies("HOURLY", 24)
KEEP_DAILY = kept_copies("DAILY", 31)
KEEP_MONTHLY = kept_copies("MONTHLY", 12)
KEEP_YEARLY = kept_copies("YEARLY", 10)
# "nginx": the server in front sends the files, told by X-Accel-Redirect (docs/deployment.md). None: this one does.
SENDFILE = env_choice("LVS_SENDFILE", "nginx")
# Half of the cores at most, so that pages and playing never wait for pictures.
DECODERS: int = env_number("LVS_DECODERS", 1, 64) or max(1, min(4, (os.cpu_count() or 2) // 2))

# --- who may come in ----------------------------------------------------------------------------------------------

DEBUG = env_bool("LVS_DEBUG", default=False)
# The second is why the key is not kept, which `serve` says; "" where it is.
SECRET_KEY, SECRET_KEY_PROBLEM = secret_key(DATA_DIR / ".secret_key")
_door = door(os.environ.get("LVS_BIND", "").strip() or "127.0.0.1:8000")
BIND: str = _door["BIND"]
REQUIRE_LOGIN: bool = _door["REQUIRE_LOGIN"]
ALLOWED_HOSTS: list[str] = _door["ALLOWED_HOSTS"]
# Who may say, by X-Forwarded-For and X-Forwarded-Proto, on whose behalf it asks. Nobody, unless named.
PROXIES = proxies()
STREAMS_PER_ADDRESS: int = env_number("LVS_STREAMS_PER_ADDRESS", 1, 100_000) or 64
# How many streams may run in all; `serve` says it, as it knows its threads. None: as many as there will be.
MOST_STREAMS: int | None = None
CSRF_TRUSTED_ORIGINS = env_list("LVS_TRUSTED_ORIGINS")
for _origin in CSRF_TRUSTED_ORIGINS:
    _parts = split_url("LVS_TRUSTED_ORIGINS", _origin)
    if _parts.scheme not in ("http", "https") or not _parts.netloc:
        raise ImproperlyConfigured(
            f"LVS_TRUSTED_ORIGINS: {_origin!r} is not an origin, like https://videos.example.org."
        )

# Behind TLS, the trusted origins say so, and the cookies then travel over TLS alone.
_tls = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _tls
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
# Plain http on a home network is the normal case: redirecting to https, or promising it for a year, would lock
# people out. A proxy with TLS does both (docs/deployment.md).
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
AUTHENTICATION_BACKENDS = ["videos.accounts.login_throttle.ThrottledBackend"]
# No page takes files. The largest form names videos that were chosen one by one: 50,000 of them.
FILE_UPLOAD_HANDLERS = ["videos.middleware.form_bodies.FileRefuser"]
DATA_UPLOAD_MAX_MEMORY_SIZE = 512 * 1024
PASSWORD_HASHERS = [
    "videos.accounts.password_hashing.LimitedPBKDF2PasswordHasher",
    "videos.accounts.password_hashing.LimitedPBKDF2SHA1PasswordHasher",
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "videos.accounts.password_hashing.LimitedScryptPasswordHasher",
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "gallery"
LOGOUT_REDIRECT_URL = "gallery"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# --- the application ----------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "videos",
    # Without looking for the modules called admin: urls.py does, so that a command starts without the pages.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_extensions",
    "django_tasks",
    "django_tasks_db",
]
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "videos.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "videos.middleware.private_responses.PrivateAnswersMiddleware",
    "videos.middleware.gzip.CompressionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Before all that answers with words, the next one among them. It asks for a cookie and a header, nothing else.
    "videos.middleware.locale.LanguageMiddleware",
    # Before everything that reads an address or a form: what cannot be read is the asker's affair, and never a failure.
    "videos.middleware.form_bodies.FormBodyMiddleware",
    # Before everything that asks the database: without one, this answers from the JSON files.
    "videos.middleware.fallback.DatabaseFallbackMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "videos.middleware.login.LoginMiddleware",
    "videos.middleware.login_throttle.LoginThrottleMiddleware",
    "videos.middleware.viewer.ViewerMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "videos.middleware.method_not_allowed.MethodNotAllowedMiddleware",
]
ROOT_URLCONF = "lvs_site.urls"
# What is answered while the database cannot be read (videos/middleware/fallback.py).
EMERGENCY_URLCONF = "videos.views.site.emergency"
WSGI_APPLICATION = "lvs_site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "videos.presentation.site_context.site_context",
                "videos.views.lists.saved_lists.in_rail",
            ],
        },
    },
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FIXTURE_DIRS = [BASE_DIR / "fixtures"]

# --- the database -------------------------------------------------------------------------------------------------

SQLITE_OPTIONS = {
    # IMMEDIATE takes the write lock at BEGIN, where SQLite waits for it; a lock wanted halfway fails at once.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    # FULL, not NORMAL: with WAL, NORMAL may lose the last commits at a power cut, and a star that was shown as saved
    # must be there afterwards. What it costs is in docs/performance.md.
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA mmap_size=0; PRAGMA cache_size=-16384; "
        "PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864"
    ),
}


def database() -> dict[str, Any]:
    url = os.environ.get("LVS_DATABASE_URL", "").strip()
    if not url:
        url_config: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": DATA_DIR / "video_metadata.db"}
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
        # Also reads on a full or read-only disk.
        url_config |= {"ENGINE": "videos.db.sqlite", "OPTIONS": SQLITE_OPTIONS}
    return url_config


DATABASES = {"default": database()}


def cache() -> dict[str, Any]:
    # Five minutes bound the memory, never the truth: the keys carry revision numbers (videos/cache.py). The default
    # of 300 entries would throw a third away at each overflow.
    common = {"TIMEOUT": 300, "OPTIONS": {"MAX_ENTRIES": 20_000}}
    url = os.environ.get("LVS_CACHE_URL", "").strip()
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "videos", **common}
    if split_url("LVS_CACHE_URL", url).scheme not in ("redis", "rediss", "unix"):
        raise ImproperlyConfigured("LVS_CACHE_URL is not a Redis URL like redis://localhost:6379/0.")
    if importlib.util.find_spec("redis") is None:
        raise ImproperlyConfigured("LVS_CACHE_URL needs the package redis: pip install redis.")
    # Two libraries may share one Redis.
    prefix = hashlib.blake2b(os.fsencode(DATA_DIR), digest_size=6).hexdigest()
    redis = "django.core.cache.backends.redis.RedisCache"
    return {"BACKEND": redis, "LOCATION": url, "TIMEOUT": 300, "KEY_PREFIX": prefix}


CACHES = {"default": cache()}

# --- language, time, static files, log ----------------------------------------------------------------------------

# What commands and the worker say, and whoever takes none of the languages that there are.
LANGUAGE_CODE = "en"
# Each by its own name; the texts are in locale/.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True


def local_time_zone() -> str:
    """Return the name of this computer's zone: old snapshots hold local times without one."""
    try:
        return get_localzone_name() or "UTC"
    except (ValueError, LookupError, OSError):
        return "UTC"


TIME_ZONE = local_time_zone()
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = GENERATED_DIR / "static"
# Also what is not collected yet is served, from the apps' own folders.
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "lvs_site.static_files.StaticFilesStorage"},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"brief_refusals": {"()": "videos.middleware.log_filters.BriefRefusals"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["brief_refusals"]},
    },
    "loggers": {
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "videos": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        # Only of tasks that fail: these would tell of each that begins and ends.
        "django_tasks": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django_tasks_db": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}

GRAPH_MODELS = {"app_labels": ["videos"]}
