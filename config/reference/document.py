"""The OpenAPI 3.1 document, made from the code by drf-spectacular.

Every operation of the two doors is in it, once and without the door's prefix. What
only the root answers (`/openapi.*`, `/problems/`, `/healthz`, `/readyz`) is left out:
pages, and probes of the installation.
"""

import json
from functools import lru_cache
from typing import Any, cast

import uritemplate
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from accounts.api.answers import Answer, answer_of
from accounts.api.base import MemberViewSet, PublicViewSet
from accounts.api.idempotency import KEY, LONGEST_KEY
from accounts.api.pages import PageOut
from accounts.api.shapes import Shape
from accounts.slugs import LEAST, MOST, PATTERN
from config.reference import gate
from config.reference.fields import example_of, summary
from config.reference.links import add_links
from config.reference.problems import (
    SCHEMAS,
    header_refs,
    problem_responses,
    refusals_of,
    shared_responses,
)

DOOR = "/api"
KEY_SET = "/.well-known/jwks.json"
SLUG = {"type": "string", "minLength": LEAST, "maxLength": MOST, "pattern": f"^{PATTERN}$"}
NAMES = {
    "account": ("The service account's slug.", "deploy"),
    "token": ("The token's slug.", "github-actions"),
}
SCHEMES = {
    "userJwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A person's JWT, from `POST /auth/token`; its scopes are their role's.",
    },
    "serviceAccountToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "wdk_…",
        "description": "A service account's token, with the scopes that it was given.",
    },
}
HEADERS = {
    "X-Request-Id": "The id of the request: the one that was sent, or a new one.",
    "Cache-Control": "`no-store`: no answer is to be kept. Public keys are, for five minutes.",
    "WWW-Authenticate": "The challenge (RFC 6750): what credential, or which scope, is needed.",
    "Allow": "The methods that the address answers.",
    "Retry-After": "How many seconds to wait.",
    "Location": "The address of what was created.",
    "Idempotent-Replayed": "`true`: an earlier request has made it.",
    "Link": 'The next page (`rel="next"`), where there is one.',
}

ONCE = OpenApiParameter(
    "Idempotency-Key",
    {
        "type": "string",
        "minLength": 1,
        "maxLength": LONGEST_KEY,
        "pattern": f"^{KEY}$",
        "examples": ["5f1c9f0e-8a34-4c57-9d0b-2f6a7e1c3b48"],
    },
    OpenApiParameter.HEADER,
    description=(
        "For 24 hours, a repeat by the same caller with the same key and body makes nothing and"
        " answers 200 without a secret; with another body it is 422."
    ),
)

Endpoint = tuple[str, str, str, Any]


class OperationSchema(AutoSchema):
    """One operation, as its viewset declares it: shapes, scopes, answers and refusals."""

    @property
    def viewset(self) -> PublicViewSet:
        """The viewset of the operation, with the operation as its action."""
        return cast("PublicViewSet", self.view)

    @property
    def answer(self) -> Answer:
        """What the operation answers, as noted on its action."""
        return answer_of(getattr(self.viewset, self.viewset.action or ""))

    @property
    def scope(self) -> str | None:
        """The scope that the operation needs, None for no certain one."""
        needs = self.viewset.needs if isinstance(self.viewset, MemberViewSet) else {}
        return needs.get(self.viewset.action or "")

    @property
    def repeat_shape(self) -> type[Shape] | None:
        """What a repeat under the same ``Idempotency-Key`` answers, None if it heeds none."""
        return self.viewset.once_shapes.get(self.viewset.action or "")

    def get_operation(self, path: str, *args: Any, **options: Any) -> dict[str, Any] | None:
        """Return the operation object, with security, the refusals and the headers of answers."""
        operation: dict[str, Any] | None = super().get_operation(path, *args, **options)
        if operation is None:
            return None
        operation["security"] = self.get_auth()
        if "requestBody" in operation:
            operation["requestBody"]["required"] = True
            shape = self.viewset.body_shapes[self.viewset.action or ""]()
            for content in operation["requestBody"]["content"].values():
                content["example"] = example_of(shape)
        refusals = refusals_of(self.viewset, path, self.answer)
        made = operation["responses"]
        operation["responses"] = {str(self.answer.status): self._good(made)}
        if self.repeat_shape is not None:
            operation["responses"]["200"] = self._repeat(made["200"], self.repeat_shape)
        operation["responses"] |= problem_responses(refusals, path)
        return operation

    def get_operation_id(self) -> str:
        """Return the stable name."""
        return self.answer.operation

    def get_summary(self) -> str:
        """Return the first sentence of the action's docstring, without its full stop."""
        return self._text().partition("\n")[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override] # as drf-spectacular has it
        """Return the action's docstring, and the scope that it needs."""
        needs = f"\n\nNeeds the scope `{self.scope}`." if self.scope else ""
        return self._text() + needs

    def get_tags(self) -> list[str]:
        """Return the chapter of the viewset."""
        return [self.viewset.group]

    def get_auth(self) -> list[dict[str, list[str]]]:
        """Return either kind of credential, with the scope that it must hold."""
        if not isinstance(self.viewset, MemberViewSet):
            return []
        held = [self.scope] if self.scope else []
        return [{name: held} for name in SCHEMES]

    def get_override_parameters(self) -> list[Any]:
        """Return the names in the path, and the query members of the action's shape."""
        in_path = [_name_in_path(name) for name in uritemplate.variables(self.path)]
        query = self.viewset.query_shapes.get(self.viewset.action or "")
        once = [ONCE] if self.repeat_shape else []
        return [*in_path, *once, *([query] if query else [])]

    def get_request_serializer(self) -> Any:
        """Return the shape of the body."""
        return self.viewset.body_shapes.get(self.viewset.action or "")

    def get_response_serializers(self) -> Any:
        """Return the shape of the good answer, and of a repeat's."""
        repeat = {} if self.repeat_shape is None else {200: self.repeat_shape}
        return {self.answer.status: self.answer.shape, **repeat}

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Say no: a page's shape is written out, and not to be wrapped in an array."""
        return False

    def _text(self) -> str:
        return AutoSchema.get_description(self).replace("``", "`")

    def _repeat(self, repeat: dict[str, Any], shape: type[Shape]) -> dict[str, Any]:
        repeat["description"] = "A repeat under the same `Idempotency-Key`: nothing was made."
        names = ("X-Request-Id", "Cache-Control", "Location", "Idempotent-Replayed")
        repeat["headers"] = header_refs(*names)
        for content in repeat["content"].values():
            content["example"] = example_of(shape())
        return repeat

    def _good(self, responses: dict[str, Any]) -> dict[str, Any]:
        status, shape = self.answer.status, self.answer.shape
        names = ["X-Request-Id", "Cache-Control", *(["Location"] if status == 201 else [])]  # noqa: PLR2004
        if shape is not None and issubclass(shape, PageOut):
            names.append("Link")
        good: dict[str, Any] = responses[str(status)]
        good["description"] = summary(shape) if shape else "It is done."
        good["headers"] = header_refs(*names)
        if shape is not None:
            for content in good["content"].values():
                content["example"] = example_of(shape())
        return good


def _name_in_path(name: str) -> OpenApiParameter:
    text, example = NAMES[name]
    schema = {**SLUG, "examples": [example]}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=text)


def one_door(endpoints: list[Endpoint]) -> list[Endpoint]:
    """Return what stands behind the door ``/api``, without its prefix (a drf-spectacular hook).

    The key set stands at the root alone, where RFC 8615 has its kind.
    """
    return [
        (path.removeprefix(DOOR), regex.removeprefix(f"{DOOR}/".lstrip("/")), method, view)
        for path, regex, method, view in endpoints
        if path.startswith(f"{DOOR}/") or path == KEY_SET
    ]


def complete(result: dict[str, Any], **context: Any) -> dict[str, Any]:
    """Add what belongs to no one viewset (a drf-spectacular hook)."""
    paths = {**result["paths"], gate.PATH: {"get": gate.validate_operation()}}
    result["paths"] = dict(sorted(paths.items()))
    paths[KEY_SET]["get"]["servers"] = [{"url": "/"}]
    add_links(paths)
    components = result.setdefault("components", {})
    components.setdefault("schemas", {}).update(SCHEMAS)
    components["responses"] = shared_responses(paths)
    components["securitySchemes"] = SCHEMES
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}} for name, text in HEADERS.items()
    }
    generator: SchemaGenerator = context["generator"]
    groups = {
        callback.cls.group: summary(callback.cls) for *_, callback in generator.endpoints or ()
    }
    chapters = {**groups, gate.GROUP: gate.ABOUT}
    result["tags"] = [{"name": name, "description": chapters[name]} for name in sorted(chapters)]
    return result


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """Return the document, as JSON-like values; it is made once in a process."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    made: dict[str, Any] = json.loads(json.dumps(schema))
    return made
