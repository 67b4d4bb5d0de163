"""``/problems/``: what each problem means and how to mend it, as HTML or JSON.

Made from drf-problems' registry, which ``publish_catalogue`` fills from the very
classes that are raised. JSON comes first, for ``*/*`` and for no ``Accept`` at all;
a browser asks for HTML by name.
"""

from collections.abc import Sequence
from typing import Any

from drf_problems import PROBLEM_EXCEPTION_MAP
from rest_framework.renderers import BaseRenderer, TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PublicViewSet
from accounts.api.parsers import CompactJSONRenderer
from config.api.problems import no_such_address, problem_type, title_of

MAX_AGE_SECONDS = 300


class ProblemPages(PublicViewSet):
    """The pages of the problems."""

    renderer_classes: Sequence[type[BaseRenderer]] = (CompactJSONRenderer, TemplateHTMLRenderer)

    @property
    def default_response_headers(self) -> dict[str, str]:
        """Return what a public page is kept by: the same for everybody, in two forms."""
        return {"Vary": "Accept", "Cache-Control": f"public, max-age={MAX_AGE_SECONDS}"}

    def list(self, request: Request) -> Response:
        """Return every problem, by status and code."""
        items = [_written(page, error) for page, error in PROBLEM_EXCEPTION_MAP.items()]
        items.sort(key=lambda item: (item["status"], item["code"]))
        return Response({"items": items}, template_name="problems/list.html")

    def retrieve(self, request: Request, page: str) -> Response:
        """Return one problem: its cause and the fix."""
        error = PROBLEM_EXCEPTION_MAP.get(page)
        if error is None:
            raise no_such_address()
        return Response(_written(page, error), template_name="problems/detail.html")


def _written(page: str, error: Any) -> dict[str, Any]:
    cause, _, fix = error.description.partition("\n\n")
    return {
        "type": problem_type(page),
        "page": page,
        "code": error.title,
        "status": error.status_code,
        "title": title_of(error.status_code),
        "cause": " ".join(cause.split()),
        "fix": " ".join(fix.split()),
    }
