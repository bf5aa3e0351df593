"""Django's settings, all from the environment (docs/settings.md). Without a setting, the safe side is taken."""

import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from photosky import database, people_settings
from photosky.env import S3Settings, env

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("PHOTOSKY_DATA_DIR", str(BASE_DIR / "var")))

# LOCAL is a gallery on this computer's loopback address, over http; everything else is a public site over https.
LOCAL = env.boolean("PHOTOSKY_LOCAL")
LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ
DEBUG = env.boolean("PHOTOSKY_DEBUG")

# Empty, Django refuses to use it and the start-up check says how to set it: there is no default secret.
SECRET_KEY = env.secret("PHOTOSKY_SECRET_KEY")
SECRET_KEY_FALLBACKS = env.words("PHOTOSKY_SECRET_KEY_FALLBACKS")

SITE_URL = env.address("PHOTOSKY_SITE_URL")
_site = urlsplit(SITE_URL)
if SITE_URL and _site.scheme != "https" and not LOCAL:
    raise ImproperlyConfigured(
        f"PHOTOSKY_SITE_URL is {SITE_URL!r}: a public site needs https, or session cookies travel in clear. "
        "Use an https address, or set PHOTOSKY_LOCAL=true for a gallery on this computer only."
    )
LOOPBACK = ["127.0.0.1", "localhost"]
ALLOWED_HOSTS = env.words("PHOTOSKY_ALLOWED_HOSTS") or ([_site.hostname] if _site.hostname else [])
if LOCAL:
    ALLOWED_HOSTS = [*ALLOWED_HOSTS, *LOOPBACK]
elif LAMBDA and not ALLOWED_HOSTS:
    # Before the first deployment nobody knows the address that AWS will give. Its front ends pass on requests for
    # their own host only, so these names cannot be forged by a client.
    ALLOWED_HOSTS = [
        f".{service}.{env.text('AWS_REGION')}.{domain}"
        for service, domain in (
            ("execute-api", "amazonaws.com"),
            ("lambda-url", "on.aws"),
        )
    ]
CSRF_TRUSTED_ORIGINS = [SITE_URL] if SITE_URL else []

INSTALLED_APPS = [
    "gallery",
    # Its models are registered when one of its addresses is asked for (photosky/admin_urls.py).
    "photosky.admin_site.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    # For the translated names of countries; it brings no tables.
    "django_countries",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "corsheaders",
    "csp",
]

MIDDLEWARE = [
    "photosky.security.HeadWithoutBody",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "gallery.accounts.language.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "csp.middleware.CSPMiddleware",
    "photosky.security.AllowObjectStore",
    "photosky.security.PrivateByDefault",
    "photosky.security.ForgetOnSignOut",
    "photosky.security.RateLimits",
    "gallery.idempotency.KeepAnswers",
    "gallery.webhooks.noticing.NoticeChanges",
    "photosky.security.NoNullCharacters",
    "gallery.audit.Acting",
]
if LAMBDA:
    MIDDLEWARE = [
        "photosky.lambda_requests.ClientAddress",
        "photosky.lambda_requests.AccessLog",
        *MIDDLEWARE,
    ]

ROOT_URLCONF = "photosky.urls"
WSGI_APPLICATION = "photosky.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "photosky.template_engine.Templates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "gallery.views.context.page",
                "gallery.accounts.context.people",
            ],
        },
    },
]

DATABASES = {"default": database.configuration(env.secret("DATABASE_URL"), DATA_DIR)}
# What a statement of a request may take; API Gateway gives up after 29 seconds.
DATABASE_STATEMENT_SECONDS = env.integer("PHOTOSKY_DATABASE_STATEMENT_SECONDS", 20, least=0)
# Guesses at passwords are counted here. A public site has many processes, which come and go: they count in the database,
# in the table that a migration makes. Room for more names than can be tried before the first of them is forgotten.
SHARED_CACHE: dict[str, Any] = {
    "BACKEND": "photosky.counting.SharedCache",
    "LOCATION": "photosky_cache",
    "OPTIONS": {"MAX_ENTRIES": 10_000},
}
CACHES = {"default": SHARED_CACHE}
if LOCAL:
    CACHES = {"default": {"BACKEND": "photosky.counting.LocalCache", "OPTIONS": SHARED_CACHE["OPTIONS"]}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# People
AUTH_USER_MODEL = "gallery.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
OPEN_SIGN_UP = env.boolean("PHOTOSKY_OPEN_SIGN_UP")
# Who owns an album may bring in people without an account, and write to them.
MEMBERS_INVITE = env.boolean("PHOTOSKY_MEMBERS_INVITE")
INVITATIONS_A_DAY = env.integer("PHOTOSKY_INVITATIONS_A_DAY", 20, least=1)
ACCOUNT_ADAPTER = "gallery.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_ADAPTER = "gallery.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "PhotoSky"
# A code that is entered while it changes is right; its clock may be off by one step.
MFA_TOTP_TOLERANCE = 1
# Accounts are made by invitation, and mail may not be set up: nobody is kept from a second factor for want of it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
# The browser allows passkeys over http on localhost, and nowhere else.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = LOCAL

# Mail: without it a lost password is reset by whoever runs the gallery.
_mail = people_settings.mail(env.secret("PHOTOSKY_EMAIL_URL"), SITE_URL)
globals().update(_mail)
MAIL_WORKS = bool(_mail)
DEFAULT_FROM_EMAIL = env.text("PHOTOSKY_EMAIL_FROM", f"photosky@{_site.hostname or 'localhost'}")
# Tells people of changes to their account: a new password, passkey or address.
ACCOUNT_EMAIL_NOTIFICATIONS = MAIL_WORKS

# Single sign-on: an account is known by the provider's subject, never by an e-mail address that the provider states.
OIDC = people_settings.oidc(
    env.address("PHOTOSKY_OIDC_URL"),
    env.text("PHOTOSKY_OIDC_CLIENT_ID"),
    env.secret("PHOTOSKY_OIDC_CLIENT_SECRET"),
    env.text("PHOTOSKY_OIDC_NAME", "Single sign-on"),
)
OIDC_SIGN_UP = env.boolean("PHOTOSKY_OIDC_SIGNUP")
if OIDC:
    # Of the package for Lambda (photosky/deployment/archive.py); elsewhere there is no such folder.
    sys.path.append(str(BASE_DIR / "set_apart"))
    INSTALLED_APPS += ["allauth.socialaccount", "allauth.socialaccount.providers.openid_connect"]
    SOCIALACCOUNT_PROVIDERS = OIDC
    SOCIALACCOUNT_ADAPTER = "gallery.accounts.single_sign_on.SingleSignOnAdapter"
    SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "gallery:timeline"
LOGOUT_REDIRECT_URL = "account_login"

# Time and language: times are kept in UTC; a photograph whose camera knew no offset is read in TIME_ZONE.
LANGUAGE_CODE = "en-gb"
# Those that every page is translated to; a person or a browser chooses among them.
LANGUAGES = [("en-gb", "English"), ("de", "Deutsch")]
TIME_ZONE = env.text("PHOTOSKY_TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# Photographs
S3 = S3Settings(
    bucket=env.text("PHOTOSKY_BUCKET"),
    region=env.text("PHOTOSKY_S3_REGION") or env.text("AWS_REGION", "us-east-1"),
    endpoint=env.address("PHOTOSKY_S3_ENDPOINT"),
    public_endpoint=env.address("PHOTOSKY_S3_PUBLIC_ENDPOINT"),
    access_key=env.text("PHOTOSKY_S3_ACCESS_KEY"),
    secret_key=env.secret("PHOTOSKY_S3_SECRET_KEY"),
    session_token=env.secret("PHOTOSKY_S3_SESSION_TOKEN"),
    addressing=env.choice("PHOTOSKY_S3_ADDRESSING", "auto", ("auto", "path", "virtual")),
    media_base_url=env.address("PHOTOSKY_MEDIA_BASE_URL"),
)
# Where a worker function hears of jobs; empty where the worker is a thread or a process that looks by itself.
QUEUE_URL = env.address("PHOTOSKY_QUEUE_URL")
MAX_UPLOAD_BYTES = env.integer("PHOTOSKY_MAX_UPLOAD_BYTES", 200 * 1024**2, least=1)
# Photographs are decoded by processes of their own, which may be killed; as many at once as there are processors, but one
# on Lambda, where AWS starts as many functions as there is work.
DECODERS = env.integer("PHOTOSKY_DECODERS", 1 if LAMBDA else os.cpu_count() or 1, least=1, most=64)
DECODER_SECONDS = env.integer("PHOTOSKY_DECODER_SECONDS", 30, least=1)
DECODER_MEMORY_MB = env.integer("PHOTOSKY_DECODER_MEMORY_MB", 1200, least=100)
DECODER_MODULE = "gallery.imaging.child"
# The keywords in a photo become tags of its owner as it arrives.
KEYWORDS_TO_TAGS = env.boolean("PHOTOSKY_KEYWORDS_TO_TAGS", default=True)
# Renditions are made anew as AVIF when there is nothing else to do.
AVIF = env.boolean("PHOTOSKY_AVIF")
DEFAULT_QUOTA_BYTES = env.integer("PHOTOSKY_QUOTA_BYTES", 0)
PMTILES_URL = env.address("PHOTOSKY_PMTILES_URL")
AUDIT_DAYS = env.integer("PHOTOSKY_AUDIT_DAYS", 400, least=1, most=36_500)
BIN_DAYS = env.integer("PHOTOSKY_BIN_DAYS", 30, least=1, most=36_500)

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "gallery.objectstore.PhotoStorage"},
    "staticfiles": {"BACKEND": "photosky.staticfiles.HashedStaticFilesStorage"},
}
STATIC_URL = env.address("PHOTOSKY_STATIC_URL") + "/" if env.address("PHOTOSKY_STATIC_URL") else "/static/"
# Where a local gallery was given them collected: hashed, compressed, and kept by browsers as on Lambda.
_collected = env.text("PHOTOSKY_STATIC_ROOT", "")
STATIC_ROOT: Path | None = Path(_collected or BASE_DIR / "staticfiles")
WHITENOISE_MAX_AGE = 3600
# Pages name files by their hash alone.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
if LOCAL and not _collected:
    # A laptop serves its static files from where they lie: no collecting before the first page.
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    STATIC_ROOT = None
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_MAX_AGE = 0

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "gallery.api.tokens.TokenAuthentication",
        "gallery.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "gallery.api.tokens.WithinScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["gallery.api.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "gallery.api.browsable.BrowsableRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "gallery.api.auto_schema.AutoSchema",
    "DEFAULT_VERSIONING_CLASS": None,
    "EXCEPTION_HANDLER": "gallery.api.problems.handle",
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%SZ",
    "DEFAULT_THROTTLE_CLASSES": ["gallery.api.throttles.PerMinute", "gallery.api.idempotency.Once"],
}
# Requests to the API within a minute, of one token or person, and of one address without either; 0 is without limit.
API_REQUESTS_PER_MINUTE = env.integer("PHOTOSKY_API_REQUESTS_PER_MINUTE", 1200)
API_REQUESTS_PER_MINUTE_UNKNOWN = env.integer("PHOTOSKY_API_REQUESTS_PER_MINUTE_UNKNOWN", 120)
SPECTACULAR_SETTINGS = {
    "TITLE": "PhotoSky API",
    "DESCRIPTION": (
        "Your photographs, albums and uploads, for programs. Bodies are JSON, times are in UTC, sizes in bytes. Lists come in "
        "pages: follow `next`. Errors are problem details (RFC 9457) whose `code` is stable. A parameter, a member or a field "
        "that is not known is refused with those that are. Every answer tells by RateLimit (draft-ietf-httpapi-ratelimit-headers) "
        "how many more requests may come within the minute."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/",
    # What is sent and what is answered are two shapes: of the first nothing is only read, of the second nothing written.
    "COMPONENT_SPLIT_REQUEST": True,
    # Choices stand where they belong: names for sets of them would change with every new field called "kind".
    "POSTPROCESSING_HOOKS": [
        "gallery.api.schema.add_problems",
        "gallery.api.idempotency.describe",
        "gallery.api.examples.add_examples",
    ],
}
# Immich's clients can upload; their files pass through the gallery, of which a request to Lambda takes 6 MB, base64 included.
IMMICH_API = env.boolean("PHOTOSKY_IMMICH_API")
IMMICH_MAX_BYTES = env.integer(
    "PHOTOSKY_IMMICH_MAX_BYTES", 4 * 1024**2 if LAMBDA else MAX_UPLOAD_BYTES, least=1, most=MAX_UPLOAD_BYTES
)
# For whoever writes a receiver on the computer on which the gallery runs: webhooks may go to http://localhost, any port.
WEBHOOKS_LOCAL = env.boolean("PHOTOSKY_WEBHOOKS_LOCAL") and LOCAL
CORS_ALLOWED_ORIGINS = env.words("PHOTOSKY_CORS_ORIGINS")
CORS_URLS_REGEX = r"^/api/.*$"
# Scripts of other sites come with a token, never with the cookie of somebody who is signed in here.
CORS_ALLOW_HEADERS = (
    "accept", "authorization", "content-type", "idempotency-key", "if-match", "if-none-match",
)  # fmt: skip
CORS_EXPOSE_HEADERS = (
    "ETag",
    "Link",
    "Location",
    "Retry-After",
    "RateLimit",
    "RateLimit-Policy",
    "Idempotency-Replayed",
)

# Browser security. AllowObjectStore adds the one foreign address that a page may reach.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", *([STATIC_URL] if "://" in STATIC_URL else [])],
        "style-src": ["'self'", *([STATIC_URL] if "://" in STATIC_URL else [])],
        # Server-formatted numbers and colours of the photo grid only.
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'"],
        # The service worker fetches what a page shows.
        "connect-src": ["'self'", *([STATIC_URL] if "://" in STATIC_URL else [])],
        "worker-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SESSION_ENGINE = "photosky.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
CSRF_COOKIE_HTTPONLY = True
if not LOCAL:
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.boolean("PHOTOSKY_HSTS_SUBDOMAINS")
    SECURE_HSTS_PRELOAD = False
    # Preloading and sub-domains bind more than this site: the owner of the domain decides, not we.
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
    SECURE_SSL_REDIRECT = env.boolean("PHOTOSKY_SSL_REDIRECT", default=True)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        "json": {"()": "photosky.jsonlog.JsonFormatter"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": env.choice("PHOTOSKY_LOG_FORMAT", "json" if LAMBDA else "line", ("line", "json")),
        }
    },
    # libvips tells every step of every picture.
    "loggers": {"pyvips": {"level": "ERROR"}},
    "root": {
        "handlers": ["stderr"],
        "level": env.choice("PHOTOSKY_LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
    },
}
