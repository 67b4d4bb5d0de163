"""Shapes and their fields as JSON Schema: what drf-spectacular cannot see by itself.

It finds these classes by their being imported. Bodies that come in are closed, as the
API refuses unknown members; answers stay open, as members may be added to them.
"""

import inspect
from typing import Any, cast

from drf_spectacular.extensions import (
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework import serializers

from accounts.api.pages import PageQuery
from accounts.api.shapes import Shape
from accounts.scopes import MOST_SCOPES

SCOPE = {
    "type": "string",
    "pattern": r"^(read|write|delete):(\*|[a-z][a-z0-9_]{0,49})$",
    "description": "`<action>:<module>`; `GET /scopes` lists the known ones.",
    "examples": ["write:releases"],
}

MARKS = {"readOnly", "x-spec-enum-id"}


class CleanTextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call] # untyped there
    """A text says itself what may stand in it."""

    target_class = "accounts.api.shapes.CleanText"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the schema that was given with the field's rule."""
        return with_help(self.target, dict(self.target.schema))


class ScopesSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call] # untyped there
    """A list of scopes; each is one named component."""

    target_class = "accounts.api.shapes.ScopesField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return an array of ``Scope``, bounded where it comes in."""
        scope = ResolvedComponent(  # type: ignore[no-untyped-call] # untyped there
            name="Scope", type=ResolvedComponent.SCHEMA, schema=SCOPE, object="Scope"
        )
        auto_schema.registry.register_on_missing(scope)
        bound = {"maxItems": MOST_SCOPES} if comes_in(self.target.parent) else {}
        return with_help(self.target, {"type": "array", **bound, "items": scope.ref})


class MomentSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call] # untyped there
    """A time: any offset on the way in, ``Z`` on the way out."""

    target_class = "accounts.api.shapes.Moment"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return RFC 3339."""
        form = {} if comes_in(self.target.parent) else {"pattern": "Z$"}
        return with_help(self.target, {"type": "string", "format": "date-time", **form})


class ShapeSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call] # untyped there
    """An object: members that have no value are absent, unknown ones are refused."""

    target_class = "accounts.api.shapes.Shape"
    match_subclasses = True

    def get_name(self) -> str:  # type: ignore[override] # the arguments may be left out
        """Return ``Token`` for ``TokenOut`` and ``NewToken`` for ``TokenIn``."""
        name = type(self.target).__name__
        if name.endswith("In"):
            made = "name" in self.target.fields
            return f"{'New' if made else ''}{name.removesuffix('In')}"
        return name.removesuffix("Out")

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Return the object's schema, with the text of its docstring and an example."""
        shape: Shape = self.target
        is_input = comes_in(shape)
        members, required = {}, []
        for name, field in shape.fields.items():
            member = member_schema(auto_schema, field, direction)
            if is_input and takes_null(shape, field):
                member = nullable(member)
            members[name] = member
            if field.required or (field.read_only and name in example_of(shape)):
                required.append(name)
        schema: dict[str, Any] = {"type": "object", "properties": members}
        if required:
            schema["required"] = required
        if is_input and shape.closed:
            schema["additionalProperties"] = False
        return {"description": summary(type(shape)), **schema, "examples": [example_of(shape)]}


def member_schema(auto_schema: AutoSchema, field: Any, direction: Any) -> dict[str, Any]:
    """Return drf-spectacular's schema of one member, without its own marks."""
    # There is no public way to ask for one field.
    mapped: dict[str, Any] = auto_schema._map_serializer_field(field, direction)  # type: ignore[no-untyped-call]  # noqa: SLF001
    return {name: value for name, value in mapped.items() if name not in MARKS}


def comes_in(shape: Any) -> bool:
    """Say whether ``shape`` is read from a request, rather than written to an answer."""
    return not type(shape).__name__.endswith("Out")


def takes_null(shape: Shape, field: "serializers.Field[Any, Any, Any, Any]") -> bool:
    """Say whether ``null`` may stand for the member: to clear it, or for "not given".

    A query has no nulls.
    """
    if isinstance(shape, PageQuery):
        return False
    return field.allow_null or (not field.required and not shape.null_clears)


def nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return ``schema`` with ``null`` allowed beside."""
    kind = schema.get("type")
    return schema if isinstance(kind, list) else {**schema, "type": [kind, "null"]}


def summary(thing: Any) -> str:
    """Return the first paragraph of a docstring, on one line, as Markdown."""
    text = inspect.getdoc(thing) or ""
    return " ".join(text.partition("\n\n")[0].replace("``", "`").split())


def with_help(field: Any, schema: dict[str, Any]) -> dict[str, Any]:
    """Return ``schema`` with the field's help text, if it has one."""
    return {**schema, "description": str(field.help_text)} if field.help_text else schema


def example_of(shape: Shape) -> dict[str, Any]:
    """Return an example of ``shape``: its own values, and those of the shapes in it."""
    shown = {}
    for name, field in shape.fields.items():
        if name in shape.example:
            shown[name] = shape.example[name]
        elif isinstance(field, Shape):
            shown[name] = example_of(field)
        elif isinstance(field, serializers.ListSerializer):
            shown[name] = [example_of(cast("Shape", field.child))]
    return shown
