"""A path means one thing, or is refused: what a gateway judges is what the service serves."""

import pytest

from tests.gateways.conftest import Gateway, Token, nothing_passes

pytestmark = [pytest.mark.gateway, pytest.mark.node]

TWO_MEANINGS = (
    "/public/../releases/1",
    "/public/..",
    "/public/./1",
    "/public/.",
    "/public/%2e%2e/releases/1",
    "/public/%2E%2e/releases/1",
    "/public/.%2e/releases/1",
    "/public/..;/releases/1",
    "/public/..;v=1/releases/1",
    "/public/%2e%2e;/releases/1",
    "/public/1;v=1",
    "/public/..%2freleases/1",
    "/public/..%2Freleases%2f1",
    "/public/..%5creleases/1",
    "/public/..%5Creleases/1",
    "/public/..\\releases/1",
    "/public/%252e%252e/releases/1",
    "/public/..%252freleases/1",
    "/public/..%3b/releases/1",
    "/public/..%00/releases/1",
    "/public/..%c0%afreleases/1",
    "//releases/1",
    "/public//../releases/1",
    "/public//1",
    "/public/#/../../releases/1",
    "/releases/../public/1",
    "/releases//1",
    "/%2e%2e/releases/1",
    "/public/../releases/1?a=b",
    "/public/..?a=b",
)
OTHER_SPELLINGS_OF_RELEASES = ("/%72eleases/1", "/r%65leases/1", "/relea%73es", "/%52eleases/1")


@pytest.mark.parametrize("target", TWO_MEANINGS)
def test_a_path_with_two_meanings_is_refused(gateway: Gateway, writer: Token, target: str) -> None:
    with nothing_passes(gateway):
        for lines in ((), (writer.header,)):
            assert gateway.send(target, *lines).status == 400


@pytest.mark.parametrize("target", OTHER_SPELLINGS_OF_RELEASES)
def test_no_spelling_of_a_path_escapes_its_scope(
    gateway: Gateway, any_token: Token, target: str
) -> None:
    before = len(gateway.service.heard)
    answer = gateway.send(target, any_token.header)
    if answer.status == 200:
        assert target == "/%52eleases/1"  # a capital R, which is another path
    else:
        assert answer.status in {400, 403}
        assert gateway.service.heard[before:] == []


def test_an_ordinary_encoded_path_comes_through_as_it_was(
    gateway: Gateway, any_token: Token
) -> None:
    for target in (
        "/things/a%20b",
        "/things/%C3%A9t%C3%A9",
        "/things/.well-known/..a/b..",
        "/a.b/",
    ):
        assert gateway.passed(target, any_token.header).target == target
