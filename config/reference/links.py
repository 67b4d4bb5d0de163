"""Links: what can be done with a thing that an answer tells of (OpenAPI's Link Object)."""

from typing import Any

import uritemplate

Paths = dict[str, dict[str, Any]]


def add_links(paths: Paths) -> None:
    """Link each create to the operations on what it has made.

    What ``POST /things`` makes is named by ``/things/{thing}``, and its slug stands in the
    answer; an operation that needs a further name is left out.
    """
    for path, item in paths.items():
        for status in ("200", "201"):
            made = item.get("post", {}).get("responses", {})
            if "201" in made and status in made:
                made[status]["links"] = _links(paths, path)


def _links(paths: Paths, path: str) -> dict[str, Any]:
    known = list(uritemplate.variables(path))
    parameters = {name: f"$request.path.{name}" for name in known}
    found = {}
    for other, item in paths.items():
        names = list(uritemplate.variables(other))
        if other.startswith(f"{path}/{{") and names[:-1] == known:
            values = {**parameters, names[-1]: "$response.body#/slug"}
            for operation in item.values():
                link = {"operationId": operation["operationId"], "parameters": values}
                found[operation["operationId"]] = link
    return found
