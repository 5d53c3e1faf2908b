"""One file, by headings. Places differ by environment only: docs/environment.md has the list."""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from config.broker import broker_url
from config.env import (
    env_archive,
    env_bool,
    env_choice,
    env_database,
    env_hosts,
    env_int,
    env_list,
    env_mail_host,
    env_owner,
    env_path,
    env_redis,
    env_robot_hosts,
    env_secret,
    env_sender,
    env_site,
    env_str,
    env_time,
    env_zone,
)

# Where the work is done: every day and hour that people read, whatever the machine's own clock says
TIME_ZONE = env_zone("TIME_ZONE", default="Asia/Shanghai")

# Where things are -------------------------------------------------------------------------------
BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env_path("DATA_DIR", default=BASE_DIR / "var")

# Who may ask ------------------------------------------------------------------------------------
DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_secret("SECRET_KEY", file=DATA_DIR / "secret_key")
ALLOWED_HOSTS = env_hosts("ALLOWED_HOSTS", default="localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", default="")
BEHIND_TLS = env_bool("BEHIND_TLS", default=False)  # a proxy speaks https, sets X-Forwarded-Proto
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", default=12, least=1, most=24) * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# What it is made of -----------------------------------------------------------------------------
INSTALLED_APPS = [
    "reports",
    "rectification",
    "accounts",
    "accounts.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "import_export",
    "django_htmx",
    "template_partials",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.no_more_than_asked",
    "config.middleware.no_store",
    "config.middleware.no_blank_page",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.SignInRequired",
    "accounts.acting.ActingMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "accounts.acting.deputyships",
                "rectification.context.menu",
            ],
        },
    }
]

# Where the record is ----------------------------------------------------------------------------
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMBEDDED_DATABASE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA_DIR / "ledger.sqlite3",
    "OPTIONS": {
        # The defaults answer "database is locked" under eight writers (reliability: fact 4).
        "transaction_mode": "IMMEDIATE",
        "timeout": 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
}
DATABASES = {"default": env_database("DATABASE_URL", embedded=EMBEDDED_DATABASE)}
# On PostgreSQL: the role that owns the tables and migrates, which the application's is not.
MIGRATE_DATABASE = env_owner("MIGRATE_DATABASE_URL", of=DATABASES["default"])

# The doorbell: Celery carries no work, it only wakes (architecture, decision 4) -------------------
REDIS_URL = env_redis("REDIS_URL")
CELERY_BROKER_URL = REDIS_URL or broker_url(DATA_DIR)
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_timeout": 5, "socket_connect_timeout": 5}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = TIME_ZONE

# People -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "rectification:desk"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

# Language and time ------------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
USE_I18N = True
USE_TZ = True

# Messages ---------------------------------------------------------------------------------------
# From this time of a working day on, where the work is done, people get their digest.
DIGEST_AT = env_time("DIGEST_AT", default="08:30")
# A worker that was paused dies (timer) before another one takes over what it had (lease).
DELIVERY_LEASE_SECONDS = env_int("DELIVERY_LEASE_SECONDS", default=120, least=3, most=3600)
DELIVERY_TIMER_SECONDS = env_int(
    "DELIVERY_TIMER_SECONDS",
    default=DELIVERY_LEASE_SECONDS * 3 // 4,
    least=2,
    most=DELIVERY_LEASE_SECONDS - 1,
)
DELIVERY_SWEEP_SECONDS = env_int("DELIVERY_SWEEP_SECONDS", default=60, least=1, most=3600)
DELIVERY_MOST_ATTEMPTS = env_int("DELIVERY_MOST_ATTEMPTS", default=8, least=1, most=1000)
DELIVERY_RETRY_SECONDS = env_int("DELIVERY_RETRY_SECONDS", default=60, least=1, most=86_400)
DELIVERY_BATCH = env_int("DELIVERY_BATCH", default=100, least=1, most=1000)
EMAIL_HOST = env_mail_host("EMAIL_HOST")
EMAIL_SECURITY = env_choice("EMAIL_SECURITY", default="none", among=("none", "starttls", "tls"))
EMAIL_PORT = env_int(
    "EMAIL_PORT",
    default={"none": 25, "starttls": 587, "tls": 465}[EMAIL_SECURITY],
    least=1,
    most=65535,
)
EMAIL_USER = env_str("EMAIL_USER", default="")
EMAIL_PASSWORD = env_str("EMAIL_PASSWORD", default="")
EMAIL_TIMEOUT = env_int(
    "EMAIL_TIMEOUT",
    default=min(20, max(DELIVERY_TIMER_SECONDS // 4, 1)),
    least=1,
    most=min(60, DELIVERY_TIMER_SECONDS - 1),
)
MAIL_ARCHIVE = env_archive("MAIL_ARCHIVE")
# The hosts to which a robot's message may go, and no other; "name:port" for another port.
ROBOT_HOSTS = env_robot_hosts(
    "ROBOT_HOSTS", default="qyapi.weixin.qq.com,oapi.dingtalk.com,open.feishu.cn"
)

# Files ------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
TESTING = "pytest" in sys.modules
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        # Under a manifest the live server of the tests never finds its files: plain there.
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = DATA_DIR / "files"
# The journal's heads, outside the database: best on another disk or machine than the database.
HEAD_FILE = env_path("HEAD_FILE", default=DATA_DIR / "journal_heads")
UPLOAD_MOST_BYTES = env_int("UPLOAD_MOST_MB", default=20, least=1, most=200) * 1024 * 1024
# Beyond this a request is not read at all; up to it, the form says how large a file may be.
REQUEST_MOST_BYTES = 3 * UPLOAD_MOST_BYTES
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # a pasted report is at most this long
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000

# The house (shown on every page and every report; part of the settings of an installation) --------
# Links in messages begin with this, and Message-IDs end in its host.
PORT = env_int("PORT", default=8000, least=1, most=65535)
SITE_URL = env_site("SITE_URL", default=f"http://localhost:{PORT}")
MAIL_DOMAIN = urlsplit(SITE_URL).hostname or "localhost"
SITE_NAME = env_str("SITE_NAME", default="整改台账")
EMAIL_FROM = env_sender("EMAIL_FROM", default=f"{SITE_NAME} <noreply@{MAIL_DOMAIN}>")
# Who publishes, on the public pages. Without a name: what the report itself says.
OFFICE_NAME = env_str("OFFICE_NAME", default="")
OFFICE_PHONE = env_str("OFFICE_PHONE", default="")
OFFICE_ADDRESS = env_str("OFFICE_ADDRESS", default="")
RECORD_NUMBER = env_str("RECORD_NUMBER", default="")
