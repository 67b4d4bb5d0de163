"""Which slugs, names, descriptions, external ids and scopes an account may have."""

import re
import unicodedata
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.inputs import BadInput, clean_name
from accounts.models import Membership, ServiceAccount
from accounts.slugs import make_slug
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import places, refused

ACCOUNTS = "/service-accounts"
ACCOUNT = "/service-accounts/deploy"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]*[a-z0-9]")
GOOD_SLUGS = ["ab", "a1", "00", "a--b", "x" * 100, "a-b-c-1"]
BAD_SLUGS: list[Any] = [
    *("", "a", "-ab", "ab-", "Ab", "a_b", "a b", "a.b", "ä1", "ab\n", "\nab", " ab", "x" * 101),
    *("\uff41\uff42", "a\u0661", "ab/cd", "../ab", 5, True, ["ab"], {"a": "b"}),
]
GOOD_NAMES = [
    ("x", "x"),
    ("  spaced out\t", "spaced out"),
    ("\u3000wide spaces\u00a0", "wide spaces"),
    ("Cafe\u0301", "Café"),
    ("\u212b", "\u00c5"),
    ("x" * 200, "x" * 200),
    (f"  {'x' * 200}  ", "x" * 200),
    ("漢" * 200, "漢" * 200),
    ("😀" * 200, "😀" * 200),
    ("e\u0301" * 200, "é" * 200),
    ("👩‍👩‍👧", "👩‍👩‍👧"),
    ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
    ("שלום", "שלום"),
]
BAD_NAMES: list[Any] = [
    *("", " ", "\n", "\u3000\u00a0", "x" * 201, "a\nb", "a\rb", "a\tb", "a\u007fb", "a\u0085b"),
    *("a\u001bb", "a\u2028b", "a\u2029b", "a\u202eb", "a\u2066b", "a\u200fb", "a\u061cb"),
    *("\ufb2c" * 100, "wdk_" + "A" * 38, f"see wdk_{'b' * 38}.", 1, 1.5, True, [], {}, ["x"]),
]


@pytest.mark.parametrize("slug", GOOD_SLUGS)
def test_a_slug_is_kept_as_it_is(rest: RestClient, slug: str) -> None:
    assert rest.post(ACCOUNTS, {"name": "x", "slug": slug}).json()["slug"] == slug
    assert rest.get(f"{ACCOUNTS}/{slug}").status_code == 200


@pytest.mark.parametrize("slug", BAD_SLUGS, ids=ascii)
def test_what_is_no_slug(rest: RestClient, slug: Any) -> None:
    assert places(rest.post(ACCOUNTS, {"name": "x", "slug": slug})) == ["body.slug"]
    assert not ServiceAccount.objects.exists()


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Build Bot", "build-bot-"),
        ("Crème Brûlée!", "creme-brulee-"),
        ("漢字", ""),
        ("🚀🚀", ""),
        ("Ω mega", "mega-"),
        ("--", ""),
        ("x" * 200, "x" * 91 + "-"),
        ("a" * 90 + " b", "a" * 90 + "-"),
        ("\u017f K \ufb01", "s-k-fi-"),
    ],
)
def test_any_name_yields_a_slug_and_never_the_same(rest: RestClient, name: str, stem: str) -> None:
    slugs = [rest.post(ACCOUNTS, {"name": name}).json()["slug"] for _ in range(2)]
    for slug in slugs:
        assert re.fullmatch(re.escape(stem) + "[a-z0-9]{8}", slug)
        assert rest.get(f"{ACCOUNTS}/{slug}").json()["name"] == name
    assert slugs[0] != slugs[1]


@given(st.text(max_size=220))
def test_every_text_yields_a_slug(text: str) -> None:
    slug = make_slug(text)
    assert SLUG.fullmatch(slug)
    assert 2 <= len(slug) <= 100


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=210))
def test_a_kept_name_is_trimmed_composed_and_stays_as_it_is(text: str) -> None:
    try:
        kept = clean_name(text)
    except BadInput:
        return
    assert kept == unicodedata.normalize("NFC", kept) == kept.strip()
    assert 1 <= len(kept) <= 200
    assert not {unicodedata.category(char) for char in kept} & {"Cc", "Zl", "Zp"}
    assert clean_name(kept) == kept
    assert clean_name(unicodedata.normalize("NFD", text)) == kept


@pytest.mark.parametrize("null", [{}, {"slug": None}])
def test_a_slug_of_null_is_one_not_given(rest: RestClient, null: dict[str, Any]) -> None:
    assert rest.post(ACCOUNTS, {"name": "Bot", **null}).json()["slug"].startswith("bot-")


@pytest.mark.parametrize(("sent", "kept"), GOOD_NAMES, ids=range(len(GOOD_NAMES)))
def test_a_name_as_it_is_kept(rest: RestClient, sent: str, kept: str) -> None:
    answer = rest.post(ACCOUNTS, {"name": sent, "slug": "named"})
    assert answer.json()["name"] == kept
    assert rest.get(f"{ACCOUNTS}/named").json()["name"] == kept
    assert (
        rest.patch(f"{ACCOUNTS}/named", {"name": sent}).json()["updatedAt"]
        == (answer.json()["updatedAt"])
    )


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_what_is_no_name(rest: RestClient, deploy: ServiceAccount, name: Any) -> None:
    for method, address in (("post", ACCOUNTS), ("put", ACCOUNT), ("patch", ACCOUNT)):
        answer = rest.ask(method, address, {"name": name})
        assert places(answer, 422, "Request.Invalid") == ["body.name"]
        assert "wdk_" not in answer.content.decode()
    assert ServiceAccount.objects.get().name == "Deploy"


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_null_is_no_name(rest: RestClient, deploy: ServiceAccount, method: str) -> None:
    answer = rest.ask(method, ACCOUNTS if method == "post" else ACCOUNT, {"name": None})
    (fault,) = refused(answer, 422, "Request.Invalid")["errors"]
    assert (fault["location"], fault["value"]) == ("body.name", None)


def test_a_description_may_have_lines_and_an_empty_one_is_none(rest: RestClient) -> None:
    rest.post(ACCOUNTS, {"name": "x", "slug": "xx", "description": "  a\r\nb\tc  "})
    assert rest.get(f"{ACCOUNTS}/xx").json()["description"] == "a\nb\tc"
    most = {"description": "漢" * 1000}
    assert rest.patch(f"{ACCOUNTS}/xx", most).json()["description"] == "漢" * 1000
    for nothing in ("", " \n ", None):
        rest.patch(f"{ACCOUNTS}/xx", {"description": "something"})
        assert "description" not in rest.patch(f"{ACCOUNTS}/xx", {"description": nothing}).json()


@pytest.mark.parametrize("text", ["x" * 1001, "a\u202eb", "a\u0007b", "wdk_" + "c" * 38, 5, []])
@pytest.mark.parametrize("method", ["post", "patch"])
def test_what_is_no_description(
    rest: RestClient, deploy: ServiceAccount, method: str, text: Any
) -> None:
    body = {"name": "x", "description": text}
    answer = rest.ask(method, ACCOUNTS if method == "post" else ACCOUNT, body)
    assert places(answer) == ["body.description"]
    assert "wdk_" not in answer.content.decode()


@pytest.mark.parametrize("text", ["", " ", "x" * 201, "a\nb", "wdk_" + "c" * 38, 42, {}])
def test_what_is_no_external_id(rest: RestClient, text: Any) -> None:
    assert places(rest.post(ACCOUNTS, {"name": "x", "externalId": text})) == ["body.externalId"]


def test_an_external_id_names_one_live_account(rest: RestClient, outsider: Membership) -> None:
    one = {"name": "One", "slug": "one", "externalId": "Cafe\u0301-1"}
    assert rest.post(ACCOUNTS, one).status_code == 201
    same = {"name": "Two", "externalId": " Café-1 "}
    refused(rest.post(ACCOUNTS, same), 409, "ServiceAccount.ExternalIdConflict")
    assert rest.post(ACCOUNTS, same | {"externalId": "café-1"}).status_code == 201
    assert acting(outsider).post(ACCOUNTS, same).status_code == 201
    assert rest.put(f"{ACCOUNTS}/one", one).status_code == 204
    assert rest.delete(f"{ACCOUNTS}/one").status_code == 204
    assert rest.post(ACCOUNTS, same).status_code == 201


def test_many_accounts_have_no_external_id(rest: RestClient) -> None:
    for name in ("a", "b"):
        assert rest.post(ACCOUNTS, {"name": name, "externalId": None}).status_code == 201


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([], []),
        (None, []),
        (["write:releases", "read:releases"], ["read:releases", "write:releases"]),
        (["read:audit", "read:users", "read:audit"], ["read:users", "read:audit"]),
        (["delete:*", "write:*", "read:*"], ["read:*", "write:*", "delete:*"]),
        (["read:feature_flags", "delete:*"], ["delete:*", "read:feature_flags"]),
        (["write:*", "read:users"], ["write:*", "read:users"]),
        (["read:users"] * 100, ["read:users"]),
    ],
)
def test_scopes_are_kept_once_and_in_catalogue_order(
    rest: RestClient, deploy: ServiceAccount, sent: Any, kept: list[str]
) -> None:
    assert rest.post(ACCOUNTS, {"name": "x", "scopes": sent}).json()["scopes"] == kept
    assert rest.patch(ACCOUNT, {"scopes": sent}).json()["scopes"] == kept


@pytest.mark.parametrize(
    ("scopes", "expected"),
    [
        ("read:users", ["body.scopes"]),
        ({"read:users": True}, ["body.scopes"]),
        (5, ["body.scopes"]),
        (["read:users"] * 101, ["body.scopes"]),
        ([None], ["body.scopes[0]"]),
        (["read:users", 5, ["read:users"]], ["body.scopes[1]", "body.scopes[2]"]),
        (["nope", "read:users", "READ:users"], ["body.scopes[0]", "body.scopes[2]"]),
        ([" read:users", "read:users\n", "read:", ":", "*:*", "*"], None),
    ],
)
def test_what_are_no_scopes(
    rest: RestClient, deploy: ServiceAccount, scopes: Any, expected: list[str] | None
) -> None:
    for answer in (
        rest.post(ACCOUNTS, {"name": "x", "scopes": scopes}),
        rest.patch(ACCOUNT, {"scopes": scopes}),
        rest.post(f"{ACCOUNT}/tokens", {"name": "x", "scopes": scopes}),
    ):
        found = places(answer, 422, "Token.InvalidScopes")
        assert found == (expected or [f"body.scopes[{at}]" for at in range(len(scopes))])


def test_the_nearest_known_scope_is_named(rest: RestClient) -> None:
    answer = rest.post(ACCOUNTS, {"name": "x", "scopes": ["read:users", "read:release"]})
    fault = {
        "location": "body.scopes[1]",
        "message": 'unknown scope; did you mean "read:releases"?',
        "value": "read:release",
    }
    assert refused(answer, 422, "Token.InvalidScopes")["errors"] == [fault]


def test_scopes_beside_another_fault_are_a_plain_refusal(rest: RestClient) -> None:
    answer = rest.post(ACCOUNTS, {"name": "", "scopes": ["nope"]})
    assert sorted(places(answer, 422, "Request.Invalid")) == ["body.name", "body.scopes[0]"]
