"""The actions that services write to the audit log."""

import ast
import re

from tests.house.tree import modules, tree_of

ACTION = re.compile(r"[a-z_]+\.[a-z_]*(ed|_set|_made|looked_up)")
"""Past tense, ``noun.verb``, as ``emit`` demands: ``token.issue``, an operation, is none."""


def written() -> set[str]:
    """Return every action that stands in the code of a service."""
    return {
        node.value
        for module in modules("accounts/services", "tokens/services")
        for node in ast.walk(tree_of(module))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and ACTION.fullmatch(node.value)
    }
