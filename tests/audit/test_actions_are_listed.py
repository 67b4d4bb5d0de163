"""The list of actions in ``docs/operate.md`` is what the services write."""

import ast
import re

from tests.house.tree import ROOT, modules, tree_of

ACTION = re.compile(r"[a-z_]+\.[a-z_]*(ed|_set|_made)")
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


def test_operators_find_every_action_and_no_other() -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    section = text.partition("## The audit log")[2].partition("\n## ")[0]
    table = "\n".join(line for line in section.splitlines() if line.startswith("| "))
    listed = {name for name in re.findall(r"`([^`]+)`", table) if "." in name}
    assert len(listed) > 15
    assert listed == written()
