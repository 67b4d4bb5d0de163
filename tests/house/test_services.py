"""Every service guards scope and wall first, and is one transaction."""

import ast
from collections.abc import Iterator

from tests.house.tree import Function, dotted, functions, modules, tree_of

SERVICES = ("accounts/services", "tokens/services")
DOORS = (
    "accounts/admin",
    "accounts/api",
    "accounts/web",
    "accounts/management",
    "tokens/admin",
    "tokens/api",
    "tokens/web",
    "tokens/gate",
    "tokens/oauth",
    "tokens/management",
)
TENANT_MODELS = {"ServiceAccount", "Token", "AuditEvent", "Membership", "RefreshFamily"}
GAINS = {"enable_service_account", "resume_organization"}
"""Services that change what a credential may do, and by which none loses anything."""
ENTRIES = {"all", "filter", "get", "exclude", "values", "values_list", "count", "exists", "raw"}


def services() -> Iterator[tuple[str, Function]]:
    """Yield each function that is a service: public, in its own transaction, for an actor."""
    for module in modules(*SERVICES):
        for node in tree_of(module).body:
            if isinstance(node, Function) and not node.name.startswith("_") and _is_durable(node):
                yield module, node


def test_there_are_services_to_look_at() -> None:
    names = {function.name for _, function in services()}
    assert {"issue_token", "revoke_token", "create_service_account", "remove_member"} <= names


def test_a_service_requires_before_it_does_anything() -> None:
    found = [
        f"{module}: {function.name}"
        for module, function in services()
        if "actor" in {argument.arg for argument in function.args.args}
        and not _requires_first(function)
    ]
    assert found == []


def test_a_service_takes_its_actor_first() -> None:
    found = [
        f"{module}: {function.name}"
        for module, function in services()
        if "actor" in [argument.arg for argument in function.args.args][1:]
    ]
    assert found == []


def test_a_service_that_takes_rights_away_is_waited_for_after_its_transaction() -> None:
    holding = {
        function.name: function for module, function in services() if _holds_epoch(module, function)
    }
    assert "revoke_token" in holding
    waited_for = {
        name
        for name, function in holding.items()
        if dotted(function.decorator_list[0]) == "loses_rights"
    }
    assert holding.keys() - waited_for == GAINS


def test_every_transaction_of_a_service_is_the_outermost() -> None:
    found = [
        f"{module}: {function.name}"
        for module in modules(*SERVICES)
        for function in functions(module)
        for decorator in function.decorator_list
        if dotted(decorator).endswith("atomic") and not _says_durable(decorator)
    ]
    assert found == []


def test_no_service_sees_a_request() -> None:
    found = [
        f"{module}: {function.name}"
        for module in modules(*SERVICES)
        for function in functions(module)
        if "request" in {a.arg for a in ast.walk(function.args) if isinstance(a, ast.arg)}
    ]
    assert found == []


def test_doors_ask_for_tenants_rows_through_the_actor() -> None:
    found = [
        f"{module}:{node.lineno} {dotted(node)}"
        for module in modules(*[door for door in DOORS if modules(door)])
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call) and _goes_around_the_wall(node)
    ]
    assert found == []


def test_doors_write_no_rows() -> None:
    writes = {"save", "create", "bulk_create", "update", "get_or_create", "update_or_create"}
    found = [
        f"{module}:{node.lineno} {dotted(node)}"
        for module in modules(*[door for door in DOORS if modules(door)])
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call)
        and ".objects." in dotted(node)
        and dotted(node).rpartition(".")[2] in writes
    ]
    assert found == []


def test_a_password_is_proved_in_one_place() -> None:
    found = [
        f"{module}:{node.lineno}"
        for module in modules("accounts", "tokens", "config")
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Call)
        and dotted(node).rpartition(".")[2] in {"check_password", "acheck_password"}
    ]
    assert [place.partition(":")[0] for place in found] == ["accounts/services/proof.py"]


def _is_durable(function: Function) -> bool:
    return any(_says_durable(decorator) for decorator in function.decorator_list)


def _says_durable(decorator: ast.expr) -> bool:
    """Return whether it is ``transaction.atomic(durable=True)``."""
    return isinstance(decorator, ast.Call) and any(
        keyword.arg == "durable" and getattr(keyword.value, "value", None) is True
        for keyword in decorator.keywords
    )


def _requires_first(function: Function) -> bool:
    """Return whether the first statement, in each of its branches, is ``actor.require…``."""
    first = function.body[1 if ast.get_docstring(function) else 0]
    branches = [first.body[0], first.orelse[0]] if isinstance(first, ast.If) else [first]
    return all(
        isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Call)
        and dotted(one.value).startswith("actor.require")
        for one in branches
    )


def _holds_epoch(module: str, function: Function) -> bool:
    """Return whether the function holds the epoch, itself or by one of its module."""
    called = _calls(function)
    beside = [each for each in tree_of(module).body if isinstance(each, Function)]
    return any("hold_epoch" in _calls(each) for each in beside if each.name in called) or (
        "hold_epoch" in called
    )


def _calls(function: Function) -> set[str]:
    return {dotted(node) for node in ast.walk(function) if isinstance(node, ast.Call)}


def _goes_around_the_wall(call: ast.Call) -> bool:
    """Return whether it asks a tenant's model for rows without ``for_actor``."""
    model, _, method = dotted(call).partition(".objects.")
    return model in TENANT_MODELS and method.partition(".")[0] in ENTRIES
