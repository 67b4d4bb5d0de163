"""The real settings, made hermetic and fast.

The environment of whoever runs the suite does not reach it, but for ``WARDKEY_TEST_…``:
``DATABASE_URL`` names a PostgreSQL to run on, ``CHROMIUM`` a browser, and with ``BROWSER`` set
to ``required`` there must be one (``tests/browser/chromium.py``), with ``NODEJS`` likewise
Node.js (``tests/examples/services.py``).
"""

import os
import tempfile

TEST_KEYS = (
    "k2:dGVzdHMtb25seS1rZXktdHdvLTMyLWJ5dGVzLWxvbmch,"
    "k1:dGVzdHMtb25seS1rZXktb25lLTMyLWJ5dGVzLWxvbmch"
)

for name in [name for name in os.environ if name.startswith(("DATABASE_URL", "WARDKEY_"))]:
    if not name.startswith("WARDKEY_TEST_"):
        del os.environ[name]
os.environ["WARDKEY_SECRET_KEYS"] = TEST_KEYS
os.environ["WARDKEY_DATA_DIR"] = tempfile.mkdtemp(prefix="wardkey-tests-")
if url := os.environ.get("WARDKEY_TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
    os.environ["WARDKEY_PUBLIC_URL"] = "http://127.0.0.1:8000"

from config.settings import *  # noqa: E402, F403 - the environment first

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
STATIC_ROOT.mkdir()  # noqa: F405 - else whitenoise warns that nothing has been collected
if url:
    # Making and dropping databases on a busy machine may take longer than any request may.
    DATABASES["default"]["OPTIONS"]["options"] = "-c statement_timeout=120000"  # noqa: F405
