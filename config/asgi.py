"""The server's entry: Django's synchronous handler, with the front before it.

``manage.py serve`` imports this once in each worker. The pieces are made here; their threads
are made with the first request.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from config.server.front import Front  # noqa: E402 - Django has to be set up before
from config.server.onehop import OneHopHandler  # noqa: E402

django_handler = OneHopHandler()
application = Front(django_handler, close=django_handler.close)
