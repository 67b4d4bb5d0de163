"""The catalogue of refusals: each explained, each with a page, all of them known."""

import inspect
import re
from collections.abc import Iterable

import pytest
from django.test import Client
from drf_problems import PROBLEM_EXCEPTION_MAP

from accounts.errors import DomainError
from tests.house.tree import PACKAGES, modules, text_of

REFUSALS = sorted(DomainError.catalogue.values(), key=lambda refusal: refusal.page)


def subclasses(of: type[DomainError]) -> Iterable[type[DomainError]]:
    """Yield every refusal below ``of``."""
    for found in of.__subclasses__():
        yield found
        yield from subclasses(found)


EACH = pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: refusal.__name__)


@EACH
def test_a_refusal_tells_its_cause_and_its_fix(refusal: type[DomainError]) -> None:
    cause, _, fix = inspect.cleandoc(refusal.__dict__["__doc__"]).partition("\n\n")
    assert cause.endswith((".", ":"))
    assert fix.endswith(".")


@EACH
def test_a_refusals_code_and_page_have_their_form(refusal: type[DomainError]) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z]+\.[A-Z][A-Za-z]+", refusal.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", refusal.page)
    assert 400 <= refusal.status <= 599


@EACH
def test_a_refusals_page_explains_it_as_json(refusal: type[DomainError]) -> None:
    answer = Client().get(f"/problems/{refusal.page}", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["code"], told["status"]) == (refusal.code, refusal.status)
    assert told["cause"]
    assert told["fix"]
    assert told["type"].endswith(f"/problems/{refusal.page}")


@EACH
def test_a_refusals_page_explains_it_as_html(refusal: type[DomainError]) -> None:
    answer = Client().get(f"/problems/{refusal.page}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert refusal.code in answer.content.decode()


def test_the_registry_of_drf_problems_is_the_catalogue() -> None:
    told = {page: error.title for page, error in PROBLEM_EXCEPTION_MAP.items()}
    assert told == {page: error.code for page, error in DomainError.catalogue.items()}
    assert set(DomainError.catalogue.values()) == set(subclasses(DomainError))


def test_the_list_of_problems_has_every_one() -> None:
    for accept in ("application/json", "text/html"):
        answer = Client().get("/problems/", headers={"Accept": accept})
        assert answer.status_code == 200
        missing = [r.code for r in REFUSALS if r.code not in answer.content.decode()]
        assert missing == []


def test_refusals_stand_in_the_errors_modules_alone() -> None:
    defined = {inspect.getsourcefile(refusal) for refusal in REFUSALS}
    assert {str(path).rpartition("/")[2] for path in defined} == {"errors.py", "request_errors.py"}


def test_every_refusal_is_raised_somewhere() -> None:
    code = "\n".join(
        text_of(module) for module in modules(*PACKAGES) if not module.endswith("errors.py")
    )
    in_errors = "\n".join(text_of(m) for m in modules(*PACKAGES) if m.endswith("errors.py"))
    made = re.compile(r"\b({})\b".format("|".join(r.__name__ for r in REFUSALS)))
    in_errors = re.sub(r"^class .*$", "", in_errors, flags=re.MULTILINE)
    used = set(made.findall(code)) | set(made.findall(in_errors))
    assert [r.__name__ for r in REFUSALS if r.__name__ not in used] == []
