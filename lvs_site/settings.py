"""Settings of Local Video Server. What people may change is an LVS_* variable; docs/settings.md lists them."""

import os
from pathlib import Path

from lvs_site import env
from lvs_site.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env.refuse_unknown_variables()

# --- the library --------------------------------------------------------------------------------------------------

DATA_DIR = env.env_dir("LVS_DATA_DIR", BASE_DIR)
GENERATED_DIR = DATA_DIR / "generated"
# `serve FOLDER` notes the folder here, so that the other commands and the next start use the same one.
REMEMBERED_VIDEO_DIR = DATA_DIR / ".video_dir"
VIDEO_DIR = env.video_dir(BASE_DIR / "media", REMEMBERED_VIDEO_DIR)
# Globs of what scans skip, in addition to hidden names and system folders (videos/library/exclusions.py).
EXCLUDE = env.exclude_patterns()
# Extensions of videos in addition to the known ones (videos/core/video_extensions.py).
EXTENSIONS = env.extra_extensions()
# Network drives report no changes, so the folder is also scanned at this interval.
SCAN_MINUTES: int = env.env_number("LVS_SCAN_MINUTES", 1, 10_000) or 1
# None: videos whose file is gone are kept until somebody runs cleanup_orphans.
CLEANUP_AFTER_DAYS = env.env_number("LVS_CLEANUP_AFTER_DAYS", 1, 100_000)
# For how many hours, days, months and years one backup and one snapshot each is kept (videos/maintenance/retention.py).
KEEP_HOURLY = env.kept_copies("HOURLY", 24)
KEEP_DAILY = env.kept_copies("DAILY", 31)
KEEP_MONTHLY = env.kept_copies("MONTHLY", 12)
KEEP_YEARLY = env.kept_copies("YEARLY", 10)
# "nginx": nginx in front of this server sends the files (X-Accel-Redirect, docs/deployment.md). None: this server does.
SENDFILE = env.env_choice("LVS_SENDFILE", "nginx")
# Half of the cores at most, so that pages and playback never wait for thumbnails.
DECODERS: int = env.env_number("LVS_DECODERS", 1, 64) or max(1, min(4, (os.cpu_count() or 2) // 2))

# --- who may come in ----------------------------------------------------------------------------------------------

DEBUG = env.env_bool("LVS_DEBUG", default=False)
# SECRET_KEY_PROBLEM is "" or why the key could not be kept, which `serve` prints.
SECRET_KEY, SECRET_KEY_PROBLEM = secret_key(DATA_DIR / ".secret_key")
_access = env.access_settings(os.environ.get("LVS_BIND", "").strip() or "127.0.0.1:8000")
BIND: str = _access["BIND"]
REQUIRE_LOGIN: bool = _access["REQUIRE_LOGIN"]
ALLOWED_HOSTS: list[str] = _access["ALLOWED_HOSTS"]
# The proxies whose X-Forwarded-For and X-Forwarded-Proto headers are trusted. None, unless named.
PROXIES = env.proxies()
STREAMS_PER_ADDRESS: int = env.env_number("LVS_STREAMS_PER_ADDRESS", 1, 100_000) or 64
# How many streams may run in all. `serve` sets it from the number of its threads. None: no limit.
MAX_STREAMS: int | None = None
CSRF_TRUSTED_ORIGINS = env.trusted_origins()
# A trusted origin with https means that the site is behind TLS: cookies then travel over TLS only.
_tls = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = _tls
SESSION_COOKIE_AGE = 60 * 60 * 24 * 90
# Plain http on a home network is the normal case: a redirect to https, or HSTS for a year, would lock people out.
# A proxy with TLS does both (docs/deployment.md).
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
AUTHENTICATION_BACKENDS = ["videos.accounts.login_throttle.ThrottledBackend"]
# No page takes files. The largest form holds the ids of 50,000 selected videos.
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
    "videos.middleware.private_responses.PrivateResponsesMiddleware",
    "videos.middleware.gzip.CompressionMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    # Before every middleware whose answer holds text. It needs only a cookie and a header.
    "videos.middleware.locale.LanguageMiddleware",
    # Before everything that reads the address or the form: what cannot be parsed is answered 400, not 500.
    "videos.middleware.form_bodies.FormBodyMiddleware",
    # Before everything that uses the database: without one, this answers from the JSON files.
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
# The pages while the database cannot be read (videos/middleware/fallback.py).
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

DATABASES = {"default": env.database(DATA_DIR / "video_metadata.db")}
CACHES = {"default": env.cache(DATA_DIR)}

# --- language, time, static files, log ----------------------------------------------------------------------------

# For commands, the worker, and browsers that ask for none of LANGUAGES.
LANGUAGE_CODE = "en"
# Each by its own name; the translations are in locale/.
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = env.local_time_zone()
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = GENERATED_DIR / "static"
# Files that are not collected yet are served from the apps' own folders.
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
        # Only tasks that fail: at INFO each start and end would be logged.
        "django_tasks": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "django_tasks_db": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}

GRAPH_MODELS = {"app_labels": ["videos"]}
