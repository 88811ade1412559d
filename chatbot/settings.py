"""Django's settings, all from the environment or .env. .env.example lists every variable.

Only Django's own values are parsed here, strictly. The chat's and the providers' variables are passed on as they are
(SECRET_ENVIRONMENT). chat/checks.py checks them, so that all mistakes are reported together.
"""

import datetime
import io
import os
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured
from django.http.request import split_domain_port
from dotenv import load_dotenv

from chat.addresses import own_names
from chatbot import envfile
from chatbot.environment import database, env, hosts, keys, problems, public_urls, read, redis

BASE_DIR = Path(__file__).resolve().parent.parent

# Into os.environ. The real environment wins. Passwords may contain a dollar sign, so nothing is interpolated.
ENV_FILE = Path(os.environ.get("ENV_FILE") or BASE_DIR / ".env")
if os.environ.get("ENV_FILE") and not ENV_FILE.exists():
    raise ImproperlyConfigured(f"ENV_FILE names a file that doesn't exist: {ENV_FILE}")
try:
    load_dotenv(stream=io.StringIO(envfile.read(ENV_FILE)), interpolate=False)
except envfile.UnreadableFile as error:
    raise ImproperlyConfigured(str(error)) from None

_HOST_NAMES = (
    "must be host names without scheme and path, separated by commas. Example: ALLOWED_HOSTS=chat.example.com,localhost"
)
_PUBLIC_URL = (
    "must be the whole address of the chat as browsers show it. Commas separate several. "
    "Example: PUBLIC_URL=https://chat.example.com"
)

SECRET_ENVIRONMENT = dict(os.environ)  # because of its name, Django hides it on debug pages
SECRET_KEY = env.str("SECRET_KEY", "")
if not SECRET_KEY:
    problems.append(
        "SECRET_KEY is not set. `make run` writes a random one into .env. Example: SECRET_KEY=50-random-characters"
    )
SECRET_KEY_FALLBACKS = read(
    "SECRET_KEY_FALLBACKS",
    keys,
    [],
    "must be keys, separated by commas. Example: SECRET_KEY_FALLBACKS=the-former-key",
)
DEBUG = read("DEBUG", env.bool, False, "must be on or off. Example: DEBUG=off")
HOST = read("HOST", env.str, "127.0.0.1", "")
PORT = read("PORT", env.int, 8000, "must be a port from 1 to 65535. Example: PORT=8000")
LOG_LEVEL = read("LOG_LEVEL", env.str, "INFO", "").upper()
TIME_ZONE = read("TIME_ZONE", env.str, "UTC", "")
REDIS_URL = read(
    "REDIS_URL",
    redis,
    "",
    "must be an address that begins with redis://, rediss:// or unix://. Example: REDIS_URL=redis://localhost:6379/0",
)
PUBLIC_URLS = read("PUBLIC_URL", public_urls, [], _PUBLIC_URL)
"""Where browsers find the chat, without a slash at the end; all have one scheme and one path. May be empty."""
PUBLIC_ORIGINS = [url.removesuffix(urlsplit(url).path) for url in PUBLIC_URLS]
PREFIX = urlsplit(PUBLIC_URLS[0]).path if PUBLIC_URLS else ""
"""The path below which the chat is reached, such as /support; empty if it has the host for itself."""
_IS_PUBLIC_HTTPS = PUBLIC_URLS[0].startswith("https:") if PUBLIC_URLS else False
HTTPS = read("HTTPS", env.bool, _IS_PUBLIC_HTTPS, "must be on or off. Example: HTTPS=on")
HSTS_SECONDS = read("HSTS_SECONDS", env.int, 3600, "must be a number of seconds, 0 or more. Example: HSTS_SECONDS=31536000")
ALLOWED_HOSTS = read("ALLOWED_HOSTS", hosts, own_names(HOST), _HOST_NAMES)
ALLOWED_HOSTS += [split_domain_port(urlsplit(origin).netloc)[0] for origin in PUBLIC_ORIGINS]
DATABASES = {
    "default": read(
        "DATABASE_URL",
        database,
        {"ENGINE": "django.db.backends.sqlite3", "NAME": str(BASE_DIR / "chat.sqlite3")},
        "must be the address of an SQLite file or a PostgreSQL database. "
        "Example: DATABASE_URL=postgres://user:password@localhost:5432/chat or DATABASE_URL=sqlite:///chat.sqlite3",
    )
}
if PUBLIC_URLS and HTTPS != _IS_PUBLIC_HTTPS:
    problems.append("HTTPS says the opposite of PUBLIC_URL, which begins with http:// or https://. Leave HTTPS empty.")
if HSTS_SECONDS < 0:
    problems.append("HSTS_SECONDS must be a number of seconds, 0 or more. Example: HSTS_SECONDS=31536000")
if not 1 <= PORT <= 65535:
    problems.append("PORT must be a port from 1 to 65535. Example: PORT=8000")
if LOG_LEVEL not in ("DEBUG", "INFO", "WARNING", "ERROR"):
    problems.append("LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR. Example: LOG_LEVEL=INFO")
if TIME_ZONE not in zoneinfo.available_timezones():
    problems.append("TIME_ZONE must be the name of a time zone. Example: TIME_ZONE=Europe/Berlin")
if problems:
    raise ImproperlyConfigured(
        "The configuration can't be used. Change .env or the environment:\n  " + "\n  ".join(problems)
    )

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # WAL lets readers and the one writer work at the same time. IMMEDIATE takes the write lock at BEGIN, where the busy
    # timeout (seconds) applies. A deferred transaction that turns into a write fails at once instead of waiting.
    # FULL: a commit survives a power failure. A checkpoint comes every 4,000 pages (16 MB) and not every 1,000: each
    # makes commits wait, and under load the same pages are written again and again.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 5,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;",
    }
else:
    # If the network drops a connection silently, it ends within seconds, and not after the system's hours.
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 3,
        "keepalives_idle": 10,
        "keepalives_interval": 3,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,  # milliseconds
        **DATABASES["default"].get("OPTIONS", {}),
    }

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "chat",  # before staticfiles, which has a `runserver`, too
    "django.contrib.staticfiles",
    "csp",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chat.staff.errors.RefuseNul",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer to a locked-out log-in by its page
]
ROOT_URLCONF = "chatbot.urls"
FORCE_SCRIPT_NAME = PREFIX or None
ASGI_APPLICATION = "chatbot.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",  # first: a locked-out user is not authenticated
    "django.contrib.auth.backends.ModelBackend",
]
# Ten wrong passwords from an address lock an account for this address, for 15 minutes. More attempts don't extend that.
AXES_HANDLER = "chat.staff.lockout.Handler"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # what a success forgets
AXES_RESET_ON_SUCCESS = True
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = datetime.timedelta(minutes=15)
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "chat.connections.client_address.of_request"
AXES_USERNAME_CALLABLE = "chat.staff.lockout.login_name"
AXES_LOCKOUT_CALLABLE = "chat.staff.lockout.locked_out"
AXES_DISABLE_ACCESS_LOG = True  # log-ins are private, and the table would grow for ever
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en"
LANGUAGES = [(tag, LANG_INFO[tag]["name"]) for tag in ("en", "de", "es", "fr", "pt", "ar", "ja")]
LOCALE_PATHS = [BASE_DIR / "chat" / "locale"]  # the widget's texts go before the admin's, such as "Delete"
USE_I18N = True
USE_TZ = True

STATIC_URL = f"{PREFIX}/static/"
STATIC_ROOT = BASE_DIR / ".static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chatbot.static.ModuleManifestStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", "https:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
# Django's checks name Django's settings. chat.checks names our variables instead.
SILENCED_SYSTEM_CHECKS = [f"security.W{number:03}" for number in (4, 5, 8, 9, 12, 16, 18, 20, 21)]
CSRF_TRUSTED_ORIGINS = PUBLIC_ORIGINS
CSRF_FAILURE_VIEW = "chat.web.refusals.csrf_failure"
if PREFIX:  # another site on the same host may have cookies of the same names
    SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{PREFIX}/"
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "chatbot_sessionid", "chatbot_csrftoken"
if HTTPS:  # behind a proxy that ends TLS and sets X-Forwarded-Proto
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    if len(PUBLIC_ORIGINS) == 1:  # the proxy may have changed the Host
        SECURE_SSL_HOST = urlsplit(PUBLIC_ORIGINS[0]).netloc
    SECURE_REDIRECT_EXEMPT = [rf"^{PREFIX.lstrip('/')}/?health/"]  # a load balancer asks from inside, without TLS
    SECURE_HSTS_SECONDS = HSTS_SECONDS
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

DEFAULT_EXCEPTION_REPORTER_FILTER = "chatbot.debug.SecretsFilter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "chat.logs.Formatter", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "filters": {"sparing": {"()": "chat.logs.Sparing"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["sparing"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # At INFO or DEBUG these log what they send: the address of a Wit.ai call contains the visitor's text.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "google": {"level": "WARNING"},
        "channels_redis": {"level": "CRITICAL"},  # tracebacks while Redis is down. chat.delivery.bus logs one line
        # A traceback for each unreadable answer, and for each call without a token. The outcome tells it.
        "grpc._common": {"level": "CRITICAL"},
        "grpc._plugin_wrapping": {"level": "CRITICAL"},
        "django": {"handlers": [], "propagate": True},
        # Anybody could make these write a line for each request, with any text in it. chat.web.refusals logs what is
        # wrong, once a minute at most.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        "daphne": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
