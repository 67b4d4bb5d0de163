"""The main job, done by a person and a program: a token from its making to its refusal."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.steps import (
    WAYS,
    create_account,
    create_token,
    heading,
    revoke_token,
    sign_in,
    whoami,
)
from tests.browser.world import World

pytestmark = pytest.mark.browser

Opener = Callable[..., Page]


@pytest.mark.parametrize("way", WAYS)
def test_a_token_is_made_used_revoked_and_refused(
    open_page: Opener, world: World, way: str
) -> None:
    page = open_page(**WAYS[way])
    page.goto("/console/acme/service-accounts")
    sign_in(page)
    expect(heading(page, "Service accounts")).to_be_visible()
    create_account(page, f"Made {way}")
    account = page.url
    secret = create_token(page, "Runner")
    assert whoami(world, secret) == 200
    page.goto(account)
    expect(page.get_by_text("Runner").first).to_be_visible()
    assert secret not in page.content()
    revoke_token(page, "Runner")
    assert whoami(world, secret) == 401
