"""A Django site that authenticates by each of the peers, and does nothing else.

No middleware, connections that stay open, no renderer but the one for JSON: each peer as cheap as
settings make it. Django keeps a connection open for each thread; behind ASGI every request has a
thread of its own, so there a pool keeps them (``PEERS_POOL``).
"""

import os
from datetime import timedelta

import dj_database_url

from benchmarks.verify.peers.credentials import JWT_KEY

SECRET_KEY = JWT_KEY
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "benchmarks.verify.peers.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIDDLEWARE: list[str] = []
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "rest_framework.authtoken",
    "knox",
    "rest_framework_api_key",
    "oauth2_provider",
]
_pooled = "PEERS_POOL" in os.environ
_database = dj_database_url.parse(os.environ["DATABASE_URL"], conn_max_age=0 if _pooled else None)
if _pooled:
    _database["OPTIONS"] = {"pool": {"min_size": 4, "max_size": 4}}
DATABASES = {"default": _database}
LOGGING_CONFIG = None
REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}
SIMPLE_JWT = {"ACCESS_TOKEN_LIFETIME": timedelta(hours=12)}
OAUTH2_PROVIDER = {"SCOPES": {"introspection": "Ask about tokens", "read": "Read"}}
