"""What becomes of a token: changed, expired, disabled, revoked."""

from typing import Any

import pytest

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership, ServiceAccount
from tests.clients import RestClient
from tests.conftest import acting
from tests.rest.documents import TIME, UNUSED, expire, places, refused, within
from tokens.models import Token
from tokens.services.issue import IssuedToken, issue_token

ACCOUNT = "/service-accounts/deploy"
TOKENS = "/service-accounts/deploy/tokens"
CI = "/service-accounts/deploy/tokens/ci"
STATUSES = ("revoked", "expired", "disabled", "active")


def issue(account: ServiceAccount, slug: str, scopes: list[str] | None = None) -> IssuedToken:
    """Return a new token whose name is its slug."""
    actor = Actor.system(account.organization_id)
    return issue_token(actor, account, name=slug, slug=slug, scopes=scopes)


def scopes_of(rest: RestClient, slug: str) -> list[str]:
    """Return the scopes that a token is shown with."""
    found: list[str] = rest.get(f"{TOKENS}/{slug}").json()["scopes"]
    return found


def test_revoking_answers_with_nothing_and_keeps_the_row(
    rest: RestClient, ci: IssuedToken, owner: Membership, door: str
) -> None:
    client, holder = RestClient(door, rest.credential), RestClient(door, str(ci.secret))
    assert holder.get("/whoami").status_code == 200
    answer = client.delete(CI)
    assert (answer.status_code, answer.content) == (204, b"")
    refused(holder.get("/whoami"), 401, "Auth.NoIdentity")
    refused(holder.get("/tokens/validate"), 401, "Auth.NoIdentity")
    row = client.get(CI).json()
    assert row["status"] == "revoked"
    assert TIME.fullmatch(row["revokedAt"])
    assert row["revokedBy"] == {"id": str(owner.user.id), "name": "Owner of acme"}
    refused(client.delete(CI), 404, "Token.NotFound")
    assert client.get(CI).json() == row
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_revoked_and_unknown_are_the_same_refusal(rest: RestClient, ci: IssuedToken) -> None:
    rest.delete(CI)
    again = refused(rest.delete(CI), 404, "Token.NotFound")
    unknown = refused(rest.delete(f"{TOKENS}/xx"), 404, "Token.NotFound")
    assert again["detail"].replace('"ci"', '"xx"') == unknown["detail"]


def test_an_expired_token_can_still_be_revoked(rest: RestClient, ci: IssuedToken) -> None:
    expire("ci")
    refused(rest.acting_as(str(ci.secret)).get("/whoami"), 401)
    assert rest.get(CI).json()["status"] == "expired"
    assert rest.delete(CI).status_code == 204
    assert rest.get(CI).json()["status"] == "revoked"


@pytest.mark.parametrize("scopes", [[], ["read:audit"]])
def test_whatever_its_scopes_a_token_may_revoke_itself_and_no_other(
    rest: RestClient, ci: IssuedToken, deploy: ServiceAccount, door: str, scopes: list[str]
) -> None:
    own = issue(deploy, "own", scopes)
    rest.post("/service-accounts", {"name": "Other", "slug": "other"})
    rest.post("/service-accounts/other/tokens", {"name": "own", "slug": "own"})
    client = RestClient(door, str(own.secret))
    for address in (CI, "/service-accounts/other/tokens/own", f"{TOKENS}/none", ACCOUNT):
        refused(client.delete(address), 403, "Auth.MissingScope")
    refused(client.get(f"{TOKENS}/own"), 403, "Auth.MissingScope")
    assert client.delete(f"{TOKENS}/own").status_code == 204
    refused(client.delete(f"{TOKENS}/own"), 401, "Auth.NoIdentity")
    maker = {"id": str(deploy.id), "name": "Deploy"}
    assert rest.get(f"{TOKENS}/own").json()["revokedBy"] == maker


def test_no_token_changes_itself(rest: RestClient, ci: IssuedToken) -> None:
    before = rest.get(CI).json()
    holder = rest.acting_as(str(ci.secret))
    bodies: list[Any] = [{"name": "me"}, {"scopes": []}, {"expiresAt": within(days=1)}, {}]
    for body in bodies:
        refused(holder.patch(CI, body), 403, "Token.SelfChange")
    assert rest.get(CI).json() == before


def test_a_patch_changes_what_it_names(rest: RestClient, ci: IssuedToken, door: str) -> None:
    client, before = RestClient(door, rest.credential), rest.get(CI).json()
    end = within(days=3)
    body = {"name": "new", "description": "d", "scopes": ["read:users"], "expiresAt": end}
    after = client.patch(CI, body).json()
    assert after | UNUSED == before | body
    assert client.get(CI).json() == after | UNUSED
    line = AuditEvent.objects.get(action="token.changed")
    assert line.changes["name"] == {"before": "ci", "after": "new"}
    assert line.changes["scopes"]["after"] == ["read:users"]
    client.patch(CI, body)
    client.patch(CI, {})
    assert AuditEvent.objects.filter(action="token.changed").count() == 1
    cleared = client.patch(CI, dict.fromkeys(("description", "scopes", "expiresAt"))).json()
    expected = before | {"name": "new", "scopes": ["read:releases"], "inheritsScopes": True}
    assert cleared | UNUSED == expected
    assert client.patch(CI, {"scopes": []}).json()["scopes"] == []


@pytest.mark.parametrize("name", [None, "", "x" * 201, "a\u202eb", 5])
def test_a_token_keeps_a_name(rest: RestClient, ci: IssuedToken, name: Any) -> None:
    assert places(rest.patch(CI, {"name": name})) == ["body.name"]


def test_what_it_loses_is_lost_at_once(rest: RestClient, ci: IssuedToken) -> None:
    holder = rest.acting_as(str(ci.secret))
    assert holder.get("/service-accounts").status_code == 200
    rest.patch(CI, {"scopes": ["read:users"]})
    refused(holder.get("/service-accounts"), 403, "Auth.MissingScope")
    rest.patch(CI, {"expiresAt": within(hours=1)})
    assert holder.get("/whoami").json()["expiresAt"] == rest.get(CI).json()["expiresAt"]


def test_the_ceiling_holds_for_what_it_gains(
    rest: RestClient, developer: Membership, ci: IssuedToken
) -> None:
    client = acting(developer)
    kept = {"scopes": ["write:releases", "read:users"]}
    assert client.patch(CI, kept).json()["scopes"] == ["write:releases", "read:users"]
    answer = client.patch(CI, {"scopes": ["read:users", "delete:users"]})
    (fault,) = refused(answer, 403, "Token.ScopeNotHeld")["errors"]
    assert (fault["location"], fault["value"]) == ("body.scopes[1]", "delete:users")
    rest.patch(ACCOUNT, {"scopes": ["write:*"]})
    (fault,) = refused(client.patch(CI, {"scopes": None}), 403)["errors"]
    assert (fault["location"], fault["value"]) == ("body.scopes", "write:*")


def test_the_ceiling_holds_for_time(rest: RestClient, ci: IssuedToken) -> None:
    end = within(days=1)
    rest.patch(CI, {"expiresAt": end, "scopes": ["write:tokens"]})
    holder = rest.acting_as(str(ci.secret))
    answer = holder.post(TOKENS, {"name": "x", "scopes": [], "expiresAt": within(days=2)})
    (fault,) = refused(answer, 403, "Token.LifeNotHeld")["errors"]
    assert fault["location"] == "body.expiresAt"
    assert end in fault["message"]
    child = holder.post(TOKENS, {"name": "child", "slug": "child", "scopes": []}).json()
    assert child["expiresAt"] == end
    sooner = {"expiresAt": within(hours=1)}
    assert holder.patch(f"{TOKENS}/child", sooner).status_code == 200
    assert holder.patch(f"{TOKENS}/child", {"expiresAt": end}).status_code == 200
    for later in (within(days=2), None):
        answer = holder.patch(f"{TOKENS}/child", {"expiresAt": later})
        refused(answer, 403, "Token.LifeNotHeld")


def test_a_token_without_end_is_no_longer_lived_for_a_rename(
    rest: RestClient, ci: IssuedToken, deploy: ServiceAccount
) -> None:
    issue(deploy, "endless", [])
    rest.patch(CI, {"expiresAt": within(days=1)})
    holder = rest.acting_as(str(ci.secret))
    assert holder.patch(f"{TOKENS}/endless", {"name": "still"}).status_code == 200
    assert holder.patch(f"{TOKENS}/endless", {"expiresAt": within(days=9)}).status_code == 200


@pytest.mark.parametrize("end", ["revoked", "expired"])
@pytest.mark.parametrize("body", [{}, {"name": "x"}, {"expiresAt": None}, {"scopes": []}])
def test_the_ended_do_not_change(
    rest: RestClient, ci: IssuedToken, end: str, body: dict[str, Any]
) -> None:
    if end == "expired":
        expire("ci")
    else:
        rest.delete(CI)
    before = list(Token.objects.values())
    refused(rest.patch(CI, body), 409, "Token.Ended")
    assert list(Token.objects.values()) == before


def test_a_follower_follows_until_its_end(rest: RestClient, deploy: ServiceAccount) -> None:
    living = issue(deploy, "living")
    issue(deploy, "named", ["read:users"])
    issue(deploy, "revoked")
    issue(deploy, "expired")
    rest.delete(f"{TOKENS}/revoked")
    expire("expired")
    for scopes in (["write:releases"], ["read:audit"], []):
        rest.patch(ACCOUNT, {"scopes": scopes})
        assert scopes_of(rest, "living") == scopes
        assert rest.acting_as(str(living.secret)).get("/whoami").json()["scopes"] == scopes
        assert scopes_of(rest, "named") == ["read:users"]
        assert scopes_of(rest, "revoked") == scopes_of(rest, "expired") == ["read:releases"]
    rest.delete(f"{TOKENS}/expired")
    rest.delete(f"{TOKENS}/living")
    rest.patch(ACCOUNT, {"scopes": ["write:*"]})
    assert scopes_of(rest, "expired") == ["read:releases"]
    assert scopes_of(rest, "living") == []
    shown = {item["slug"]: item for item in rest.get(ACCOUNT).json()["tokens"]}
    assert shown["expired"]["scopes"] == ["read:releases"]
    assert shown["expired"]["inheritsScopes"]


def test_the_first_status_that_holds_is_told_and_found(
    rest: RestClient, deploy: ServiceAccount, door: str
) -> None:
    for slug in ("r", "re", "e", "a"):
        issue(deploy, f"t-{slug}")
    expire("t-e", "t-re")
    rest.delete(f"{TOKENS}/t-r")
    rest.delete(f"{TOKENS}/t-re")
    client = RestClient(door, rest.credential)

    def found() -> dict[str, set[str]]:
        pages = {status: client.get(f"{TOKENS}?status={status}").json() for status in STATUSES}
        for status, page in pages.items():
            assert all(item["status"] == status for item in page["items"])
        return {status: {item["slug"] for item in page["items"]} for status, page in pages.items()}

    ended = {"revoked": {"t-r", "t-re"}, "expired": {"t-e"}}
    assert found() == ended | {"disabled": set(), "active": {"t-a"}}
    rest.post(f"{ACCOUNT}/disable")
    assert found() == ended | {"disabled": {"t-a"}, "active": set()}
    every = {item["slug"]: item["status"] for item in rest.get(ACCOUNT).json()["tokens"]}
    assert every == {"t-r": "revoked", "t-re": "revoked", "t-e": "expired", "t-a": "disabled"}


@pytest.mark.parametrize("query", ["status=ACTIVE", "status=", "sort=slug", "limit=0", "q=%00"])
def test_a_list_of_tokens_has_closed_filters(
    rest: RestClient, deploy: ServiceAccount, query: str
) -> None:
    assert places(rest.get(f"{TOKENS}?{query}")) == [f"query.{query.partition('=')[0]}"]


def test_tokens_are_found_by_name_slug_and_prefix(rest: RestClient, ci: IssuedToken) -> None:
    other = rest.post(TOKENS, {"name": "Straße", "slug": "zz-9"}).json()

    def found(sought: str) -> list[str]:
        return [item["slug"] for item in rest.get(f"{TOKENS}?q={sought}").json()["items"]]

    assert found("STRASSE") == found("Z-9") == ["zz-9"]
    assert found(other["prefix"]) == found(other["prefix"].upper()) == ["zz-9"]
    assert found("wdk_") == ["zz-9", "ci"]
    assert found(other["token"][:9]) == []
    assert found("%25") == found("Stra_e") == []
    rest.patch(f"{TOKENS}/zz-9", {"name": "Renamed"})
    assert found("strasse") == []
    assert found("renamed") == found(other["prefix"]) == ["zz-9"]


def test_tokens_by_name_and_by_age(rest: RestClient, deploy: ServiceAccount) -> None:
    names = ["b", "ä", "Z", "😀", "\uff5a"]
    for name in names:
        rest.post(TOKENS, {"name": name})
    for sort, expected in {
        "name": ["Z", "b", "ä", "\uff5a", "😀"],
        "-name": ["😀", "\uff5a", "ä", "b", "Z"],
        "createdAt": names,
        "-createdAt": names[::-1],
    }.items():
        items = rest.get(f"{TOKENS}?sort={sort}").json()["items"]
        assert [item["name"] for item in items] == expected


def test_a_token_of_another_account_is_not_here(rest: RestClient, ci: IssuedToken) -> None:
    rest.post("/service-accounts", {"name": "Other", "slug": "other"})
    elsewhere = "/service-accounts/other/tokens"
    for answer in (
        rest.get(f"{elsewhere}/ci"),
        rest.patch(f"{elsewhere}/ci", {"name": "x"}),
        rest.delete(f"{elsewhere}/ci"),
    ):
        refused(answer, 404, "Token.NotFound")
    assert rest.get(elsewhere).json()["items"] == []
    assert rest.get(CI).json()["status"] == "active"
