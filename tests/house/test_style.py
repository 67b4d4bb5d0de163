"""What ``docs/architecture.md`` says of modules and functions, held to the code."""

import ast
from collections.abc import Iterator
from pathlib import PurePath

import pytest

from tests.house.tree import ALL_CODE, PACKAGES, Function, functions, modules, text_of, tree_of

MOST_LINES, MOST_LINES_OF_FUNCTION = 300, 40
NO_NAMES = {"utils", "helpers", "common", "util", "helper", "misc"}


def longer_than_a_module() -> list[str]:
    """Return the modules that are two things."""
    return [
        module for module in modules(*ALL_CODE) if len(text_of(module).splitlines()) > MOST_LINES
    ]


def test_modules_are_short() -> None:
    assert longer_than_a_module() == []


def test_functions_are_short() -> None:
    found = [
        f"{module}: {function.name}"
        for module in modules(*ALL_CODE)
        for function in functions(module)
        if _length(function) > MOST_LINES_OF_FUNCTION
    ]
    assert found == []


def test_everything_public_has_a_docstring() -> None:
    assert [place for module in modules(*PACKAGES) for place in _silent(module)] == []


def test_tests_benchmarks_and_examples_say_what_they_are_about() -> None:
    found = [
        module
        for module in modules("tests", "benchmarks", "examples")
        if text_of(module) and not ast.get_docstring(tree_of(module))
    ]
    assert found == []


def test_init_modules_are_empty_but_for_models() -> None:
    found = [
        module
        for module in modules(*ALL_CODE)
        if module.endswith("/__init__.py")
        and not module.endswith("/models/__init__.py")
        and text_of(module).strip()
    ]
    assert found == []


def test_nothing_is_called_by_a_name_that_says_nothing() -> None:
    found = [m for m in modules(*ALL_CODE) if NO_NAMES & set(PurePath(m).with_suffix("").parts)]
    assert found == []


@pytest.mark.parametrize("word", ["TODO", "FIXME", "XXX", "HACK"])
def test_nothing_is_left_for_later(word: str) -> None:
    assert [m for m in modules(*PACKAGES) if word in text_of(m)] == []


def test_no_model_overrides_save() -> None:
    found = [
        module
        for package in ("accounts", "tokens")
        for module in modules(f"{package}/models")
        for function in functions(module)
        if function.name in {"save", "delete", "full_clean"}
    ]
    assert found == []


def _length(function: Function) -> int:
    """Return the lines of a function without its docstring's."""
    lines = (function.end_lineno or 0) - function.lineno + 1
    first = function.body[0]
    is_docstring = ast.get_docstring(function, clean=False) is not None
    return lines - ((first.end_lineno or 0) - first.lineno + 1 if is_docstring else 0)


def _silent(module: str) -> Iterator[str]:
    """Yield what has no docstring: the module, its classes, public functions and methods."""
    if module.endswith("/__init__.py") and not text_of(module):
        return
    if not ast.get_docstring(tree_of(module)):
        yield module
    for scope in ast.walk(tree_of(module)):
        if not isinstance(scope, ast.Module | ast.ClassDef):
            continue
        for node in scope.body:
            if not isinstance(node, Function | ast.ClassDef) or node.name.startswith("_"):
                continue
            if node.name != "Meta" and not ast.get_docstring(node):
                yield f"{module}: {node.name}"
