"""Every problem has a page, for people and for programs."""

import re

import pytest
from django.test import Client

from accounts.errors import DomainError
from config.templatetags.prose import breakable, prose
from tests.clients import Answer, RestClient

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
PAGES = sorted(DomainError.catalogue)


def get(address: str, accept: str | None = None) -> Answer:
    return Client().get(address, headers={"Accept": accept} if accept else {})


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "application/*"])
def test_programs_get_json(accept: str | None) -> None:
    answer = get("/problems/", accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    items = answer.json()["items"]
    assert {item["page"] for item in items} == set(PAGES)
    assert items == sorted(items, key=lambda item: (item["status"], item["code"]))


def test_browsers_get_a_list_with_a_link_to_every_page() -> None:
    answer = get("/problems/", BROWSER)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    linked = re.findall(r'href="/problems/([\w-]+)"', answer.content.decode())
    assert sorted(linked) == PAGES


@pytest.mark.parametrize("page", PAGES)
def test_every_page_tells_the_cause_and_the_fix(page: str) -> None:
    error = DomainError.catalogue[page]
    told = get(f"/problems/{page}").json()
    assert (told["code"], told["status"]) == (error.code, error.status)
    assert told["cause"]
    assert told["fix"]
    html = get(f"/problems/{page}", BROWSER).content.decode()
    assert f"<title>{error.code} · Wardkey</title>" in html
    assert str(prose(told["fix"])) in html


def test_the_type_of_a_refusal_leads_to_its_page(anyone: RestClient) -> None:
    refusal = anyone.get("/whoami").json()
    address = refusal["type"].removeprefix("http://127.0.0.1:8000")
    assert get(address).json()["code"] == refusal["code"]


@pytest.mark.parametrize("accept", [None, BROWSER])
def test_an_unknown_page_is_a_problem_document(accept: str | None) -> None:
    answer = get("/problems/nothing", accept)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "Request.NotFound"


def test_what_is_neither_html_nor_json_is_not_had() -> None:
    answer = get("/problems/", "image/png")
    assert answer.status_code == 406
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_pages_are_public_and_differ_by_accept_alone() -> None:
    answer = get("/problems/", BROWSER)
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Vary"] == "Accept"


def test_a_page_needs_nothing_that_its_policy_forbids() -> None:
    html = get("/problems/", BROWSER).content.decode()
    assert "style-src 'self'" in get("/problems/", BROWSER).headers["Content-Security-Policy"]
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:", html)


def test_the_look_is_served_before_anything_is_collected() -> None:
    html = get("/problems/", BROWSER).content.decode()
    found = re.search(r'rel="stylesheet" href="([^"]+)"', html)
    assert found
    answer = get(found[1])
    assert answer.status_code == 200
    assert b"color-scheme" in b"".join(answer.streaming_content)


def test_backticks_become_code_and_all_else_is_escaped() -> None:
    assert prose("Send `a<b>` & wait") == "Send <code>a&lt;b&gt;</code> &amp; wait"
    assert prose("one ` alone") == "one ` alone"
    assert breakable("Auth.No<b>") == "Auth.<wbr>No&lt;b&gt;"
