"""The one settings file. Everything comes from the environment, is typed, and a bad value stops the start.

| variable | default | meaning |
|---|---|---|
| HACKTUNE_ROLE | site | `site` (web), `scorer` (Celery), `manage` (command line); only the last two know the labels |
| HACKTUNE_DEBUG | false | Django's debug pages |
| HACKTUNE_SECRET_KEY | none | at least 50 characters; may be left out in debug only |
| HACKTUNE_ALLOWED_HOSTS | none | comma-separated host names |
| HACKTUNE_SITE_URL | http://127.0.0.1:8000 | public address: links in mails and answers start with it |
| HACKTUNE_DATA_DIR | .data/dev | folder of SQLite, files and static files |
| HACKTUNE_LABELS_DIR | files/labels in the data folder | the label store; on a volume of its own in production |
| HACKTUNE_S3_ENDPOINT | none | `https://…` of an S3-compatible store: files are there, not in the data folder |
| HACKTUNE_S3_PUBLIC_ENDPOINT | the endpoint | the store's address for nodes, used in signed URLs |
| HACKTUNE_S3_REGION | us-east-1 | what requests are signed for |
| HACKTUNE_S3_BUCKET, HACKTUNE_S3_ACCESS_KEY, HACKTUNE_S3_SECRET_KEY | none | required with the endpoint |
| HACKTUNE_S3_LABELS_BUCKET | none | bucket of the label store, else HACKTUNE_LABELS_DIR; never for role `site` |
| HACKTUNE_S3_LABELS_ACCESS_KEY, HACKTUNE_S3_LABELS_SECRET_KEY | none | required with that bucket: a key of its own |
| DATABASE_URL | SQLite in the data folder | `postgres://…` in production |
| HACKTUNE_BROKER_URL | memory:// | `redis://…` or `redis+socket:///PATH?virtual_host=0` |
| HACKTUNE_CACHE_URL | in-process | `redis://…` or `unix://PATH`; without it rate limits count per process |
| HACKTUNE_MAIL | smtp | `smtp`, or `outbox`: a page shows all mail to everybody, on this machine only, for the demo |
| HACKTUNE_EMAIL_URL | smtp://localhost:25 | `smtp+tls://USER:PASSWORD@HOST:PORT`; `consolemail://` (debug) prints |
| HACKTUNE_MAIL_FROM | noreply@ the site's host | sender of mails |
| HACKTUNE_PROXIES | 0 | proxies in front of the site: rate limits believe that many X-Forwarded-For entries |
| HACKTUNE_HSTS_PRELOAD | false | lets browsers ship the site's host as https only (hstspreload.org): hard to undo |
| HACKTUNE_METRICS_TOKEN | none | bearer token of `/metrics`, at least 32 characters; without it there is no such page |
| HACKTUNE_LOG_JSON | true unless debug | one JSON object a line on standard error |
| HACKTUNE_LOG_LEVEL | INFO | of what is logged |
| HACKTUNE_LEASE_SECONDS, HACKTUNE_SWEEP_SECONDS | 40, 3 | how soon a dead worker is noticed |
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
import structlog
from django.core.exceptions import ImproperlyConfigured

from .files.settings import file_storages

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

ROLE = env.str("HACKTUNE_ROLE", "site")
if ROLE not in {"site", "scorer", "manage"}:
    raise ImproperlyConfigured(f"HACKTUNE_ROLE is {ROLE!r}; it must be site, scorer or manage.")

DEBUG = env.bool("HACKTUNE_DEBUG", False)
SECRET_KEY = env.str("HACKTUNE_SECRET_KEY", "debug-only-" + "x" * 50 if DEBUG else "")
_IS_PLACEHOLDER = any(word in SECRET_KEY.lower() for word in ("change", "insecure", "placeholder"))
if not DEBUG and (len(SECRET_KEY) < 50 or _IS_PLACEHOLDER or len(set(SECRET_KEY)) < 10):
    raise ImproperlyConfigured(
        "HACKTUNE_SECRET_KEY must be at least 50 random characters: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
    )
ALLOWED_HOSTS = env.list("HACKTUNE_ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEBUG else [])
SITE_URL = env.str("HACKTUNE_SITE_URL", "http://127.0.0.1:8000").rstrip("/")
_SITE = urlsplit(SITE_URL)
if _SITE.scheme not in {"http", "https"} or not _SITE.hostname or f"{_SITE.scheme}://{_SITE.netloc}" != SITE_URL:
    raise ImproperlyConfigured(
        f"HACKTUNE_SITE_URL is {SITE_URL!r}; it must be https://HOST or https://HOST:PORT: the site is served from /."
    )
if env.str("SCRIPT_NAME", ""):
    raise ImproperlyConfigured("SCRIPT_NAME is set, but the site is served from / of its host, not below a path.")
SECURE = SITE_URL.startswith("https://")
DATA_DIR = Path(env.str("HACKTUNE_DATA_DIR", str(BASE_DIR / ".data" / "dev"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

INSTALLED_APPS = [
    "evaluation",
    "submissions",
    "teams",
    "hackathon",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "hackathon.admin.apps.GroupedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",  # trigram indexes; on SQLite it does nothing
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
]
MIDDLEWARE = [
    "hackathon.web.middleware.InsideHost",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hackathon.web.middleware.SecurityHeaders",
    "hackathon.web.middleware.KnownMethods",
    "hackathon.web.middleware.ApiSlash",
    "hackathon.web.caching.Caching",
    "hackathon.web.middleware.CleanSessions",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hackathon.web.zones.ViewerZone",
    "hackathon.web.middleware.DomainErrors",
    "hackathon.web.incoming.CleanText",
]
ROOT_URLCONF = "hackathon.urls"
WSGI_APPLICATION = "hackathon.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ]
        },
    }
]

# --- database, cache, broker ---------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {"default": env.db_url("DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
    # a file: the shared in-memory database locks under threads
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "test.sqlite3"}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHE_URL = env.str("HACKTUNE_CACHE_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = env.str("HACKTUNE_BROKER_URL", "memory://")

# --- files: one storage alias per kind of thing --------------------------------------------------------------

STORAGES: dict[str, dict[str, Any]] = file_storages(env, role=ROLE, data_dir=DATA_DIR) | {
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
ECHARTS_DIR = BASE_DIR / "node_modules" / "echarts" / "dist"
ECHARTS = "echarts/echarts.min.js"
STATICFILES_DIRS = [("echarts", ECHARTS_DIR)] if ECHARTS_DIR.is_dir() else []
STATICFILES_FINDERS = [
    "hackathon.web.static_files.PackageFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
WHITENOISE_USE_FINDERS = DEBUG

# --- people and security -------------------------------------------------------------------------------------

AUTH_USER_MODEL = "hackathon.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_ADAPTER = "hackathon.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "hackathon.accounts.forms.SignUpForm",
    "login": "hackathon.accounts.forms.LogInForm",
    "reset_password": "hackathon.accounts.forms.ResetForm",
    "reset_password_from_key": "hackathon.accounts.forms.ResetKeyForm",
    "change_password": "hackathon.accounts.forms.ChangePasswordForm",
    "set_password": "hackathon.accounts.forms.SetPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True  # one address an account; the new one replaces it once it is confirmed
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # for that: a session that was left open does not move an account
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SECURE else "http"
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_EMAIL_CONFIRMATION_ANONYMOUS_REDIRECT_URL = "/login/"
ACCOUNT_SESSION_REMEMBER = True
# A hall of people may share one address: limits by address are wide, those by account are allauth's.
ACCOUNT_RATE_LIMITS = {
    "signup": "100/m/ip",
    "login": "200/m/ip",
    "login_failed": "100/m/ip,5/5m/key",
    "reset_password": "60/m/ip,5/m/key",
    "reset_password_from_key": "60/m/ip",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("HACKTUNE_PROXIES", 0)
if ALLAUTH_TRUSTED_PROXY_COUNT < 0:
    raise ImproperlyConfigured("HACKTUNE_PROXIES must be 0 or more.")
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Hacktune"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = SECURE
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked from inside the network, past the proxy
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_HSTS_PRELOAD = SECURE and env.bool("HACKTUNE_HSTS_PRELOAD", False)
SILENCED_SYSTEM_CHECKS = [] if SECURE_HSTS_PRELOAD else ["security.W021"]  # to preload or not is the operator's to say
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "hackathon.web.error_pages.csrf_failure"
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SECURE else []

# --- mail ----------------------------------------------------------------------------------------------------

MAIL = env.str("HACKTUNE_MAIL", "smtp")
if MAIL not in {"smtp", "outbox"}:
    raise ImproperlyConfigured(f"HACKTUNE_MAIL is {MAIL!r}; it must be smtp or outbox.")
if MAIL == "outbox" and urlsplit(SITE_URL).hostname not in {"127.0.0.1", "localhost", "::1"}:
    raise ImproperlyConfigured(
        "HACKTUNE_MAIL=outbox shows everybody's mail; HACKTUNE_SITE_URL must be on this machine."
    )
OUTBOX_DIR = DATA_DIR / "outbox"
_MAIL_SERVER = env.email_url("HACKTUNE_EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25")
EMAIL_BACKEND = "hackathon.mail.backend.OutboxBackend"  # a row of the database; what follows is how rows are sent
MAIL_TRANSPORT = "hackathon.mail.demo_outbox.FileBackend" if MAIL == "outbox" else _MAIL_SERVER["EMAIL_BACKEND"]
MAIL_AT_ONCE = CELERY_BROKER_URL.startswith("memory:")  # no other process hears the wake-up: the site's own sends
MAIL_SWEEP_SECONDS = 2.0 if MAIL == "outbox" else 10.0  # how late a mail is whose wake-up was lost
EMAIL_HOST, EMAIL_PORT = _MAIL_SERVER["EMAIL_HOST"], _MAIL_SERVER["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL_SERVER["EMAIL_HOST_USER"], _MAIL_SERVER["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _MAIL_SERVER.get("EMAIL_USE_TLS", False), _MAIL_SERVER.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
_MAIL_FROM = env.str("HACKTUNE_MAIL_FROM", "")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _MAIL_FROM or f"Hacktune <noreply@{urlsplit(SITE_URL).hostname}>"

# --- language and time ---------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "hackathon" / "locale"]
USE_TZ = True
TIME_ZONE = "UTC"

# --- API -----------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "hackathon.api.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["hackathon.api.permissions.SignedIn"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "hackathon.api.pagination.Pages",
    "DEFAULT_SCHEMA_CLASS": "hackathon.api.schema.Schema",
    "EXCEPTION_HANDLER": "hackathon.api.errors.handle",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "DEFAULT_VERSIONING_CLASS": None,
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Hacktune",
    "DESCRIPTION": "Run and join AI-model hackathons. Sign in with `Authorization: Bearer <API token>`.",
    "VERSION": "0.1.0",
    "OAS_VERSION": "3.1.0",
    "COMPONENT_SPLIT_REQUEST": True,  # a body's text that may not be blank says so
    "ENUM_NAME_OVERRIDES": {
        "JobState": "submissions.enums.JobState",
        "MembershipRole": "teams.models.MembershipRole",
        "Role": "hackathon.enums.Role",
        "ExampleKind": "evaluation.api.report.KINDS",
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
LONGEST_BODY = "submissions.worker_api.uploads.longest_body"  # asked by the web server before it takes a large body

# --- a job's life --------------------------------------------------------------------------------------------

LEASE_SECONDS = env.float("HACKTUNE_LEASE_SECONDS", 40.0)
SWEEP_SECONDS = env.float("HACKTUNE_SWEEP_SECONDS", 3.0)
MAX_LOSSES = 5
SIGNED_URL_SECONDS = 15 * 60

# --- watching ------------------------------------------------------------------------------------------------

METRICS_TOKEN = env.str("HACKTUNE_METRICS_TOKEN", "")
if METRICS_TOKEN and len(METRICS_TOKEN) < 32:
    raise ImproperlyConfigured("HACKTUNE_METRICS_TOKEN must be at least 32 random characters, or left out.")

# --- logs ----------------------------------------------------------------------------------------------------

LOG_JSON = env.bool("HACKTUNE_LOG_JSON", not DEBUG)
_SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]
structlog.configure(
    processors=[*_SHARED_PROCESSORS, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOG_LEVEL = env.str("HACKTUNE_LOG_LEVEL", "INFO")
# Celery has several info lines a task, also where nothing was to be done; ours are in `hackathon/celery.py`
_CHATTY = ("celery.worker.strategy", "celery.app.trace", "celery.beat")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": structlog.processors.JSONRenderer()
            if LOG_JSON
            else structlog.dev.ConsoleRenderer(colors=False),
            "foreign_pre_chain": _SHARED_PROCESSORS,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {} if LOG_LEVEL == "DEBUG" else {name: {"level": "WARNING"} for name in _CHATTY},
}
