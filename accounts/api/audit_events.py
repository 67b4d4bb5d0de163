"""``GET /audit-events``: who did what, newest first."""

import re
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actor import Kind
from accounts.api.answers import answers
from accounts.api.base import MemberViewSet
from accounts.api.pages import PageQuery, page_of, page_response, place_in
from accounts.api.shapes import CleanText, Moment, Shape
from accounts.inputs import BadInput
from accounts.models import AuditEvent
from accounts.names import camel
from accounts.pages import Order, read_page

LONGEST_ACTION = 60

_FILTERS = {
    "action": "action",
    "actor": "actor",
    "target": "target",
    "from": "since",
    "to": "until",
}
"""What the queryset calls each filter of the query."""
_ACTION = re.compile(r"[a-z_]{1,30}(\.[a-z_]{1,29})?")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _clean_id(text: str) -> UUID:
    # Python would take braces, a prefix and left-out hyphens too.
    if not _ID.fullmatch(text):
        raise BadInput({"": "must be an id (a UUID)"})
    return UUID(text)


def _clean_action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise BadInput({"": "must be an action, like token.issued"})
    return text


class AuditQuery(PageQuery):
    """The filters of the log; ``from`` is included, ``to`` is not."""

    action = CleanText(
        _clean_action,
        schema={
            "maxLength": LONGEST_ACTION,
            "pattern": r"^[\x20-\x7e]*$",
            "description": "What was done, like `token.issued`.",
        },
        required=False,
    )
    actor = CleanText(
        _clean_id,
        schema={"format": "uuid", "description": "The id of who did it."},
        required=False,
    )
    target = CleanText(
        _clean_id,
        schema={"format": "uuid", "description": "The id of what it was done to."},
        required=False,
    )
    to = Moment(required=False, help_text="Before this time.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add ``from``, which Python cannot name."""
        return super().get_fields() | {
            "from": Moment(required=False, help_text="At this time or later.")
        }


class ActorOut(Shape):
    """Who did it, as they were called at the time."""

    id = serializers.UUIDField(source="actor_id")
    name = serializers.CharField(source="actor_name")
    type = serializers.ChoiceField(list(Kind), source="actor_type")
    example: ClassVar[dict[str, Any]] = {
        "id": "91ab6a63-5a53-4c0a-9d0c-0d1f6a2f6f0e",
        "name": "Ada Lovelace",
        "type": "user",
    }


class TargetOut(Shape):
    """What it was done to."""

    type = serializers.CharField(source="target_type")
    id = serializers.UUIDField(source="target_id")
    slug = serializers.CharField(source="target_slug", required=False)
    example: ClassVar[dict[str, Any]] = {
        "type": "token",
        "id": "7b0e1c1e-0a5f-4a52-9a0a-3d7c0c1f2b11",
        "slug": "github-actions",
    }


class AuditEventOut(Shape):
    """One line of the log."""

    id = serializers.UUIDField()
    at = Moment()
    action = serializers.CharField(help_text="What was done, like `token.issued`.")
    actor = ActorOut(source="*")
    target = TargetOut(source="*")
    changes = serializers.SerializerMethodField(
        help_text="By the members' names: what each was before, and is after."
    )
    request_id = serializers.CharField()
    address = serializers.CharField(required=False, help_text="Where the request came from.")
    example: ClassVar[dict[str, Any]] = {
        "id": "5c7f2a52-1f0e-4c52-8f53-3e1df0a5c9d7",
        "at": "2030-01-31T12:00:00Z",
        "action": "token.revoked",
        "changes": {},
        "requestId": "0f6c0c2e-6a0a-4d83-9f1f-5a43f1f0a7f5",
        "address": "192.0.2.7",
    }

    def get_changes(self, event: AuditEvent) -> dict[str, Any]:
        """Return what changed, by the members' names on the wire."""
        return {camel(member): change for member, change in event.changes.items()}


class AuditEventViewSet(MemberViewSet):
    """The organization's audit log."""

    group = "Audit log"
    needs: ClassVar[dict[str, str | None]] = {"list": "read:audit"}
    query_shapes: ClassVar[dict[str, type[Shape]]] = {"list": AuditQuery}

    @answers("get-audit-events", 200, page_of(AuditEventOut))
    def list(self, request: Request) -> Response:
        """Return a page of the log, newest first."""
        wanted = {_FILTERS[name]: self.query[name] for name in _FILTERS if name in self.query}
        rows = AuditEvent.objects.for_actor(self.actor).matching(**wanted)
        order, place = Order("at", descending=True), place_in(self.query, self.address)
        page = read_page(self.actor, rows, order, place)
        items = list(AuditEventOut(page.rows, many=True).data)
        return page_response(request.path, request.query_params.dict(), page, items)
