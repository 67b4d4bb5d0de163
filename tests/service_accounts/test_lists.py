"""Finding service accounts: filters, search and order."""

from urllib.parse import quote

import pytest

from accounts.models import ServiceAccount
from tests.clients import RestClient
from tests.rest.documents import places

ACCOUNTS = "/service-accounts"
NAMES = [
    "alpha",
    "Zeta",
    "Ärger",
    "éclair",
    "a",
    "Z",
    "\uff5a wide",
    "😀",
    "漢字",
    "~",
    "A",
    "10",
    "9",
]


def make(rest: RestClient, *names: str) -> None:
    """Create an account for each name; its slug is ``s-<place>``."""
    for at, name in enumerate(names):
        answer = rest.post(ACCOUNTS, {"name": name, "slug": f"s-{at}"})
        assert answer.status_code == 201, answer.content


def found(rest: RestClient, query: str, address: str = ACCOUNTS) -> list[str]:
    """Return the names on the page, in its order."""
    answer = rest.get(f"{address}?{query}")
    assert answer.status_code == 200, answer.content
    return [item["name"] for item in answer.json()["items"]]


def test_accounts_by_status(rest: RestClient, door: str) -> None:
    make(rest, "on", "off")
    rest.post(f"{ACCOUNTS}/s-1/disable")
    client = RestClient(door, rest.credential)
    assert found(client, "status=active") == ["on"]
    assert found(client, "status=disabled") == ["off"]
    assert found(client, "") == ["off", "on"]


@pytest.mark.parametrize(
    "query", ["status=revoked", "status=Active", "status=", "sort=age", "sort=", "sort=--name"]
)
def test_filters_and_sorts_come_from_a_closed_list(rest: RestClient, query: str) -> None:
    member, _, value = query.partition("=")
    answer = rest.get(f"{ACCOUNTS}?{query}")
    assert places(answer, 422, "Request.Invalid") == [f"query.{member}"]
    assert answer.json()["errors"][0]["value"] == value


@pytest.mark.parametrize(
    "limit", ["0", "201", "-1", "1.0", "1e1", "", "x", "٣", "+5", " 5", "9" * 99]
)
def test_a_limit_is_a_whole_number_from_1_to_200(rest: RestClient, limit: str) -> None:
    assert places(rest.get(f"{ACCOUNTS}?limit={quote(limit)}")) == ["query.limit"]
    for good in ("1", "200"):
        assert rest.get(f"{ACCOUNTS}?limit={good}").status_code == 200


@pytest.mark.parametrize(
    ("sort", "descending"), [("name", False), ("-name", True)], ids=["up", "down"]
)
def test_names_go_by_code_point_on_every_database(
    rest: RestClient, sort: str, descending: bool
) -> None:
    make(rest, *NAMES)
    expected = sorted(NAMES, key=lambda name: [ord(char) for char in name], reverse=descending)
    assert found(rest, f"sort={sort}") == expected
    walked, cursor = [], ""
    while True:
        page = rest.get(f"{ACCOUNTS}?sort={sort}&limit=3{cursor}").json()
        walked += [item["name"] for item in page["items"]]
        if not page["hasMore"]:
            break
        cursor = f"&cursor={page['nextCursor']}"
    assert walked == expected


def test_a_renamed_account_is_found_and_sorted_anew(rest: RestClient) -> None:
    make(rest, "b", "c")
    rest.patch(f"{ACCOUNTS}/s-0", {"name": "d"})
    assert found(rest, "sort=name") == ["c", "d"]
    assert found(rest, "q=d") == ["d"]
    assert found(rest, "q=b") == []


def test_by_age_either_way(rest: RestClient) -> None:
    make(rest, "first", "second", "third")
    assert found(rest, "sort=createdAt") == ["first", "second", "third"]
    assert found(rest, "sort=-createdAt") == found(rest, "") == ["third", "second", "first"]


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        ("STRASSE", ["Straße 9"]),
        ("straße", ["Straße 9"]),
        ("ÉCLAIR", ["Café Éclair"]),
        ("e\u0301cl", ["Café Éclair"]),
        ("eclair", []),
        ("%", ["100%"]),
        ("_", ["a_b"]),
        ("\\", ["back\\slash"]),
        ("a_", ["a_b"]),
        ("axb", ["axb"]),
        ("100%", ["100%"]),
        ("%%", []),
        ("'", ["o'clock"]),
        ("s-1", ["Café Éclair"]),
        ("ΣΊΣΥΦΟΣ", ["Σίσυφος"]),
        ("nothing", []),
        (
            "",
            ["Σίσυφος", "o'clock", "back\\slash", "100%", "axb", "a_b", "Café Éclair", "Straße 9"],
        ),
    ],
)
def test_a_search_finds_a_part_of_name_or_slug(
    rest: RestClient, sought: str, expected: list[str]
) -> None:
    make(rest, "Straße 9", "Café Éclair", "a_b", "axb", "100%", "back\\slash", "o'clock", "Σίσυφος")
    assert found(rest, f"q={quote(sought)}") == expected


@pytest.mark.parametrize("sought", ["x" * 201, "a\nb", "a\x00b", "\u202e"])
def test_what_is_not_searched_for(rest: RestClient, sought: str) -> None:
    assert places(rest.get(f"{ACCOUNTS}?q={quote(sought)}")) == ["query.q"]


def test_filters_add_up(rest: RestClient) -> None:
    make(rest, "red one", "red two", "blue one")
    rest.post(f"{ACCOUNTS}/s-0/disable")
    assert found(rest, "q=red&status=active&sort=name") == ["red two"]
    assert found(rest, "q=one&sort=-name") == ["red one", "blue one"]


def test_the_deleted_are_found_by_nothing(rest: RestClient, deploy: ServiceAccount) -> None:
    rest.delete(f"{ACCOUNTS}/deploy")
    for query in ("", "q=deploy", "status=active", "status=disabled", "sort=name"):
        assert found(rest, query) == []
