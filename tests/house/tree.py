"""The source tree, as the guards of the house read it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accounts", "tokens", "config")
ALL_CODE = (*PACKAGES, "tests", "benchmarks", "examples")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules(*folders: str) -> list[str]:
    """Return the modules below ``folders``, as paths from the root; migrations are generated."""
    found = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return sorted(str(path.relative_to(ROOT)) for path in found if "migrations" not in path.parts)


@cache
def text_of(module: str) -> str:
    """Return the source of a module."""
    return (ROOT / module).read_text(encoding="utf-8")


@cache
def tree_of(module: str) -> ast.Module:
    """Return a module, parsed."""
    return ast.parse(text_of(module), module)


def functions(module: str) -> Iterator[Function]:
    """Yield every function of a module, nested ones too."""
    for node in ast.walk(tree_of(module)):
        if isinstance(node, Function):
            yield node


def dotted(node: ast.AST) -> str:
    """Return ``a.b.c`` for such an expression; calls in it are left out; else what is known."""
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""
