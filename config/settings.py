"""Django's settings: one module, in named sections.

Everything that an installation may decide comes from the environment
(``config/env.py``; the table is in ``docs/operate.md``). Without ``DATABASE_URL``
this is the *embedded default*: SQLite in ``WARDKEY_DATA_DIR``, for this machine
alone. With it, the production settings are demanded.
"""

from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from accounts.keys import HOW_TO_MAKE_ONE, BadKeys, ServerKey, make_key_file, parse_keys
from config import database, env
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


def _load_keys() -> tuple[ServerKey, ...]:
    """Return the server keys; on the embedded default's first start make one.

    Raises:
        ImproperlyConfigured: there are none, they cannot be used, or the embedded
            default's database is there while its key file is gone.
    """
    text = env.text("WARDKEY_SECRET_KEYS")
    path = WARDKEY_DATA_DIR / "secret_keys"
    if not text and not WARDKEY_EMBEDDED:
        raise ImproperlyConfigured(
            "Set WARDKEY_SECRET_KEYS (or WARDKEY_SECRET_KEYS_FILE) to id:key, newest first."
            f" Make a key with: {HOW_TO_MAKE_ONE}"
        )
    if not text:
        if not path.exists():
            if database.embedded_file(WARDKEY_DATA_DIR).exists():
                raise ImproperlyConfigured(
                    f"{path} is gone, but the database that was used with it is there: no token"
                    " in it can be verified. Put the file back from your backup."
                )
            make_key_file(path)
        text = path.read_text(encoding="utf-8")
    try:
        return parse_keys(text)
    except BadKeys as fault:
        raise ImproperlyConfigured(
            f"WARDKEY_SECRET_KEYS: {fault}. Make a key with: {HOW_TO_MAKE_ONE}"
        ) from None


WARDKEY_SECRET_KEYS = _load_keys()
SECRET_KEY = WARDKEY_SECRET_KEYS[0].derive("django").hex()
SECRET_KEY_FALLBACKS = [key.derive("django").hex() for key in WARDKEY_SECRET_KEYS[1:]]

# --- Tokens, scopes, sign-in -----------------------------------------------------------------

WARDKEY_TOKEN_PREFIXES = env.words("WARDKEY_TOKEN_PREFIX") or ["wdk"]
WARDKEY_MAX_TOKEN_LIFETIME = env.span("WARDKEY_MAX_TOKEN_LIFETIME")
WARDKEY_SCOPES = env.text("WARDKEY_SCOPES")
WARDKEY_API_KEY_HEADER = env.flag("WARDKEY_API_KEY_HEADER")
WARDKEY_JWT_ISSUER = env.text(
    "WARDKEY_JWT_ISSUER",
    "http://localhost" if WARDKEY_PUBLIC_URL_IS_DERIVED else WARDKEY_PUBLIC_URL,
)
WARDKEY_JWT_AUDIENCE = env.text("WARDKEY_JWT_AUDIENCE", "wardkey")
WARDKEY_ISSUERS = env.text("WARDKEY_ISSUERS")
WARDKEY_PROBLEMS_URL = env.text("WARDKEY_PROBLEMS_URL").rstrip("/")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- Applications ----------------------------------------------------------------------------

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "corsheaders",
    "rest_framework",
    "drf_problems",
    "drf_spectacular",
    "accounts",
    "tokens",
    "config",
]
MIDDLEWARE = [
    "config.operations.middleware.RequestIdMiddleware",
    "config.operations.middleware.AccessLogMiddleware",
    "config.operations.middleware.HeadersMiddleware",
    "config.api.problems.ProblemMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    *(["corsheaders.middleware.CorsMiddleware"] if CORS_ALLOWED_ORIGINS else []),
    "config.operations.middleware.AddressMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "config.api.problems.csrf_failure"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
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
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Language, time, static files ------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
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

_HTTPS = _public.scheme == "https"
SECURE_PROXY_SSL_HEADER = ("WARDKEY_SCHEME", "https")
"""What ``RequestIdMiddleware`` writes from the public URL; no header that clients can send."""
SECURE_SSL_REDIRECT = False
SILENCED_SYSTEM_CHECKS = ["security.W008"]
"""No redirect to https: a request over plain http has shown its credential already, and a
redirect drops its body. The proxy in front closes that port (``docs/operate.md``)."""
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _HTTPS
SECURE_HSTS_PRELOAD = _HTTPS
SECURE_REFERRER_POLICY = "no-referrer"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# --- Numbers ---------------------------------------------------------------------------------

WARDKEY_METRICS_TOKEN = env.text("WARDKEY_METRICS_TOKEN")

# --- Logs ------------------------------------------------------------------------------------

LOGGING_CONFIG = "config.operations.logs.configure"
LOGGING = {"level": env.choice("WARDKEY_LOG_LEVEL", "INFO", LEVELS)}
