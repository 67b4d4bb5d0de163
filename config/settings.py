"""Django's settings: one module, in named sections.

Everything that an installation may decide comes from the environment
(``config/env.py``; the table is in ``docs/operate.md``). Without ``DATABASE_URL``
this is the *embedded default*: SQLite in ``WARDKEY_DATA_DIR``, for this machine
alone. With it, the production settings are demanded.
"""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config import database, env, forward_jwt, mail, server_keys
from config.operations.logs import LEVELS

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of installation this is -------------------------------------------------------

_database_url = env.text("DATABASE_URL")  # lower case: it may hold a password
WARDKEY_EMBEDDED = not _database_url
WARDKEY_DATA_DIR = Path(env.text("WARDKEY_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DEBUG = env.flag("WARDKEY_DEBUG")
WARDKEY_PORT = env.count("WARDKEY_PORT", 8000, least=1, most=65535)

# --- Where it answers ------------------------------------------------------------------------

WARDKEY_PUBLIC_URL = env.text("WARDKEY_PUBLIC_URL").rstrip("/")
WARDKEY_PUBLIC_URL_IS_DERIVED = not WARDKEY_PUBLIC_URL
if WARDKEY_PUBLIC_URL_IS_DERIVED:
    if not WARDKEY_EMBEDDED:
        raise ImproperlyConfigured(
            "Set WARDKEY_PUBLIC_URL to the address under which people and programs reach this"
            " installation, like https://keys.example.com."
        )
    WARDKEY_PUBLIC_URL = f"http://127.0.0.1:{WARDKEY_PORT}"
_public = urlsplit(WARDKEY_PUBLIC_URL)
if _public.scheme not in {"http", "https"} or not _public.hostname or _public.path:
    raise ImproperlyConfigured("WARDKEY_PUBLIC_URL is like https://keys.example.com, no path.")
_HTTPS = _public.scheme == "https"

_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
ALLOWED_HOSTS = [
    *([] if WARDKEY_PUBLIC_URL_IS_DERIVED else [_public.hostname]),
    *env.words("WARDKEY_ALLOWED_HOSTS"),
    *(_LOOPBACK if WARDKEY_EMBEDDED else []),
]
USE_X_FORWARDED_HOST = False
WARDKEY_TRUSTED_PROXIES = env.networks("WARDKEY_TRUSTED_PROXIES")

CORS_ALLOWED_ORIGINS = env.words("WARDKEY_CORS_ORIGINS")
CORS_ALLOW_HEADERS = ["accept", "authorization", "content-type", "idempotency-key", "x-request-id"]
CORS_EXPOSE_HEADERS = [
    "idempotent-replayed",
    "link",
    "location",
    "retry-after",
    "www-authenticate",
    "x-request-id",
]
# A preflight is answered by us; at the verify address it is a gateway that asks.
CORS_URLS_REGEX = r"^/(?!console/|admin/|(api/)?tokens/validate$).*"

# --- Keys ------------------------------------------------------------------------------------

WARDKEY_SECRET_KEYS = server_keys.load(
    env.text("WARDKEY_SECRET_KEYS"), WARDKEY_DATA_DIR, embedded=WARDKEY_EMBEDDED
)
SECRET_KEY = WARDKEY_SECRET_KEYS[0].derive("django").hex()
SECRET_KEY_FALLBACKS = [key.derive("django").hex() for key in WARDKEY_SECRET_KEYS[1:]]

# --- Tokens, scopes, sign-in -----------------------------------------------------------------

WARDKEY_TOKEN_PREFIXES = env.words("WARDKEY_TOKEN_PREFIX") or ["wdk"]
WARDKEY_MAX_TOKEN_LIFETIME = env.span("WARDKEY_MAX_TOKEN_LIFETIME")
WARDKEY_SCOPES = env.text("WARDKEY_SCOPES")
WARDKEY_SCOPE_PRESETS = env.text("WARDKEY_SCOPE_PRESETS")
WARDKEY_API_KEY_HEADER = env.flag("WARDKEY_API_KEY_HEADER")
WARDKEY_USAGE_ADDRESSES = env.choice(
    "WARDKEY_USAGE_ADDRESSES", "network", ("full", "network", "off")
)
WARDKEY_JWT_ISSUER = env.text(
    "WARDKEY_JWT_ISSUER",
    "http://localhost" if WARDKEY_PUBLIC_URL_IS_DERIVED else WARDKEY_PUBLIC_URL,
)
WARDKEY_JWT_AUDIENCE = env.text("WARDKEY_JWT_AUDIENCE", "wardkey")
WARDKEY_ISSUERS = env.text("WARDKEY_ISSUERS")
WARDKEY_FORWARD_JWT = env.flag("WARDKEY_FORWARD_JWT")
WARDKEY_FORWARD_JWT_AUDIENCE = forward_jwt.audience(
    env.text("WARDKEY_FORWARD_JWT_AUDIENCE"),
    is_on=WARDKEY_FORWARD_JWT,
    own=(WARDKEY_JWT_AUDIENCE, WARDKEY_JWT_ISSUER, WARDKEY_PUBLIC_URL),
)
WARDKEY_PROBLEMS_URL = env.text("WARDKEY_PROBLEMS_URL").rstrip("/")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.web.backend.PeopleBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- The console's mail, sessions and forms --------------------------------------------------

_mail = mail.configuration(env.text("WARDKEY_EMAIL_URL"))
EMAIL_BACKEND = _mail.backend
EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("WARDKEY_EMAIL_FROM", f"wardkey@{_public.hostname}")

SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_NAME = "__Host-wardkey_session" if _HTTPS else "wardkey_session"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = "__Host-wardkey_csrf" if _HTTPS else "wardkey_csrf"
CSRF_COOKIE_HTTPONLY = True
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
WARDKEY_STAFF_MFA = env.flag("WARDKEY_STAFF_MFA", default=not WARDKEY_EMBEDDED)
LOGIN_URL = "accounts:sign-in"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "accounts:home"

# --- Second factors and single sign-on (django-allauth) --------------------------------------

ACCOUNT_ADAPTER = "accounts.web.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
"""Its own limits count in a cache, which each process has for itself; ours count in one table
(``accounts/services/throttle.py``)."""
MFA_ADAPTER = "accounts.web.adapters.MfaAdapter"
SOCIALACCOUNT_ADAPTER = "accounts.web.adapters.SocialAccountAdapter"
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Wardkey"
MFA_TOTP_TOLERANCE = 1
"""The code of the 30 seconds before, and after, is right too (RFC 6238 section 5.2)."""
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up, so nobody enrols at another's address
MFA_WEBAUTHN_USER_VERIFICATION = "required"
"""By a PIN or a finger, wherever a passkey is shown: allauth keeps one challenge in the session for
both pages that ask for one, and what suffices beside a password would sign in without it."""
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _public.scheme == "http"  # browsers allow localhost alone
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False  # an e-mail address never joins two people
SOCIALACCOUNT_STORE_TOKENS = False

# --- Applications ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "accounts",  # before Django's, whose ``changepassword`` writes no audit line
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin.apps.SimpleAdminConfig",  # what is registered stands in config/admin.py
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_problems",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "tokens",
    "config",
]
MIDDLEWARE = [
    "config.operations.middleware.WaitMiddleware",
    "config.operations.middleware.RequestIdMiddleware",
    "config.operations.middleware.AccessLogMiddleware",
    "config.operations.middleware.HeadersMiddleware",
    "config.refusals.RefusalMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "config.operations.middleware.AddressMiddleware",
    "config.operations.middleware.PagesMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
WARDKEY_PAGE_MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.web.middleware.ConsoleMiddleware",
]
"""Below ``/console`` and ``/admin`` alone. The forms' check and allauth's stay above, where their
system checks look for them."""
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "config.refusals.csrf_failure"

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

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tokens.api.authentication.CredentialAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_PARSER_CLASSES": ["accounts.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["accounts.api.parsers.CompactJSONRenderer"],
    "EXCEPTION_HANDLER": "config.api.problems.problem_handler",
    "DEFAULT_SCHEMA_CLASS": "config.reference.document.OperationSchema",
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Wardkey",
    "DESCRIPTION": "Service accounts and their API tokens: create, list, revoke, verify.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/api"}, {"url": "/"}],
    "SERVE_INCLUDE_SCHEMA": False,
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SORT_OPERATION_PARAMETERS": False,
    "PREPROCESSING_HOOKS": ["config.reference.document.one_door"],
    "POSTPROCESSING_HOOKS": ["config.reference.document.complete"],
}

# --- Database --------------------------------------------------------------------------------

DATABASES = {"default": database.configuration(_database_url, WARDKEY_DATA_DIR)}
WARDKEY_VERIFY_DATABASE = database.replica(env.text("WARDKEY_VERIFY_DATABASE_URL"))
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language, time, static files ------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("de", "Deutsch")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
STATIC_ROOT = WARDKEY_DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_MANIFEST_STRICT = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.operations.static.HashedStaticFiles"},
}

# --- Transport -------------------------------------------------------------------------------

SECURE_PROXY_SSL_HEADER = ("WARDKEY_SCHEME", "https")
"""What ``RequestIdMiddleware`` writes from the public URL; no header that clients can send."""
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008", "admin.E408", "admin.E409", "admin.E410"]
"""No redirect to https: a request over plain http has shown its credential already, and a
redirect drops its body. The proxy in front closes that port (``docs/operate.md``). The layers that
the admin needs stand in ``WARDKEY_PAGE_MIDDLEWARE``."""
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "no-referrer"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Numbers ---------------------------------------------------------------------------------

WARDKEY_METRICS_ADDRESS = env.address("WARDKEY_METRICS_ADDRESS")
WARDKEY_METRICS_TOKEN = env.text("WARDKEY_METRICS_TOKEN")

# --- Logs ------------------------------------------------------------------------------------

LOGGING_CONFIG = "config.operations.logs.configure"
LOGGING = {"level": env.choice("WARDKEY_LOG_LEVEL", "INFO", LEVELS)}
DEFAULT_EXCEPTION_REPORTER = "config.operations.reports.Report"
DEFAULT_EXCEPTION_REPORTER_FILTER = "config.operations.reports.ReportFilter"
