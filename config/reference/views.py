"""``/openapi.json`` and ``/openapi.yaml``: the document, public and cacheable."""

import hashlib
import json
from functools import lru_cache
from typing import Any

import yaml
from django.http import HttpResponse
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from accounts.api.base import PublicViewSet
from accounts.api.one_form import OneForm
from config.reference.document import document

MAX_AGE_SECONDS = 300


class DocumentViewSet(PublicViewSet):
    """The OpenAPI document."""

    content_negotiation_class = OneForm

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return none: the answer is the same for everybody."""
        return {}

    def as_json(self, request: Request) -> HttpResponse:
        """Return the document as JSON."""
        return _answer(request, as_json(), "application/json")

    def as_yaml(self, request: Request) -> HttpResponse:
        """Return the document as YAML (RFC 9512)."""
        return _answer(request, as_yaml(), "application/yaml")


@lru_cache(maxsize=1)
def as_json() -> bytes:
    """Return the bytes of ``/openapi.json``."""
    return json.dumps(document(), ensure_ascii=False, separators=(",", ":")).encode()


@lru_cache(maxsize=1)
def as_yaml() -> bytes:
    """Return the bytes of ``/openapi.yaml``."""
    text: str = yaml.dump(document(), Dumper=_Plain, sort_keys=False, allow_unicode=True)
    return text.encode()


class _Plain(yaml.SafeDumper):
    """Writes what stands twice twice, instead of by anchors that few readers follow."""

    def ignore_aliases(self, data: Any) -> bool:
        """Say yes, whatever it is."""
        return True


def _answer(request: Request, content: bytes, media_type: str) -> HttpResponse:
    """Return ``content``, or 304 for who has it already."""
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={MAX_AGE_SECONDS}"}
    whole = HttpResponse(content, content_type=media_type, headers=headers)
    # DRF's own way to Django's request; a 304 keeps the headers that caches need.
    known = get_conditional_response(request._request, etag=etag, response=whole)  # noqa: SLF001
    return whole if known is None else known
