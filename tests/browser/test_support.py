"""The support staff at work in a browser: with script, without, and on a phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.steps import DEPLOY, WAYS, create_token, heading, sign_in, whoami
from tests.browser.world import World

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]


@pytest.mark.parametrize("way", WAYS)
def test_a_secret_that_was_found_is_looked_up_and_revoked(
    open_page: Opener, world: World, way: str
) -> None:
    maker = open_page("ada", **WAYS[way])
    maker.goto(DEPLOY)
    secret = create_token(maker, f"Found {way}")
    assert whoami(world, secret) == 200
    page = open_page(**WAYS[way])
    page.goto("/admin/who-is-this-token")
    sign_in(page, "sid")
    page.get_by_label("The whole secret").fill(f"export TOKEN='{secret}'")
    page.get_by_role("button", name="Look up").click()
    expect(page.get_by_role("heading", name=f"It is Found {way} of Acme")).to_be_visible()
    assert secret not in page.content()
    page.get_by_label("Reason").fill("Found in a public repository")
    page.get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("is revoked: nothing accepts it any more")).to_be_visible()
    assert whoami(world, secret) == 401


def test_many_tokens_are_revoked_at_once(open_page: Opener, world: World) -> None:
    maker = open_page("ada")
    secrets = []
    for name in ("Many one", "Many two"):
        maker.goto(DEPLOY)
        secrets.append(create_token(maker, name))
    page = open_page("sid")
    page.goto("/admin/tokens/token/?q=Many")
    for box in page.get_by_role("checkbox", name="Select Many").all():
        box.check()
    page.get_by_role("button", name="Revoke…").click()
    expect(heading(page, "Revoke 2 tokens?")).to_be_visible()
    assert findings(page) == []
    page.get_by_label("Reason").fill("A call from the customer")
    page.get_by_role("button", name="Revoke 2 tokens").click()
    expect(page.get_by_text("2 of 2").first).to_be_visible()
    assert findings(page) == []
    assert [whoami(world, secret) for secret in secrets] == [401, 401]


def test_an_auditor_sees_and_changes_nothing(open_page: Opener, world: World) -> None:
    page = open_page("kim")
    page.goto("/admin/tokens/token/?q=Production")
    expect(heading(page, "Tokens")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Revoke…")).to_have_count(0)
    expect(page.get_by_role("link", name="Who is this token?")).to_have_count(0)
    page.get_by_role("link", name="Production").click()
    expect(page.get_by_role("link", name="History", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="Revoke")).to_have_count(0)
