"""The real settings, with the toy addresses beside the real ones."""

from config.settings import *  # noqa: F403 - all of them

ROOT_URLCONF = "tests.server.toy_urls"
