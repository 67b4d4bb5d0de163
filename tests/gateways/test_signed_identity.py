"""A service gets the identity signed, in place of the client's token, where the file says so."""

from collections.abc import Iterator

import httpx
import jwt
import pytest

from tests.gateways.conftest import AUDIENCE, Gateway, Token, Wardkey, standing
from tests.gateways.programs import PROGRAMS

pytestmark = [pytest.mark.gateway, pytest.mark.node]


@pytest.fixture(scope="module", params=PROGRAMS)
def signing_gateway(
    request: pytest.FixtureRequest, wardkey: Wardkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """Each of the gateways, on its file with the lines for signed identities."""
    folder = tmp_path_factory.mktemp(request.param)
    with standing(request.param, wardkey, folder, changed=("#jwt ", "")) as gateway:
        yield gateway


def claims_of(wardkey: Wardkey, header: str) -> dict[str, object]:
    """Return what a signed identity says, verified as a service does."""
    scheme, _, text = header.partition(" ")
    assert scheme == "Bearer"
    told = httpx.get(f"{wardkey.url}/.well-known/jwks.json").json()
    key = jwt.PyJWKSet.from_dict(told)[jwt.get_unverified_header(text)["kid"]]
    claims: dict[str, object] = jwt.decode(text, key.key, algorithms=["ES256"], audience=AUDIENCE)
    return claims


def test_the_service_gets_the_signed_one_and_not_the_token(
    signing_gateway: Gateway, wardkey: Wardkey, writer: Token
) -> None:
    for target in ("/things/1", "/releases/1"):
        heard = signing_gateway.passed(target, writer.header)
        [header] = heard.values("authorization")
        claims = claims_of(wardkey, header)
        assert (claims["token_id"], claims["sub"]) == (writer.id, wardkey.account)
        assert heard.values("x-wardkey-token") == [writer.id]
        assert writer.secret not in str(heard.headers)


def test_on_an_open_route_there_is_none_whatever_a_client_sends(
    signing_gateway: Gateway, writer: Token
) -> None:
    for line in (writer.header, "Authorization: Bearer made-up-by-the-client"):
        assert signing_gateway.passed("/public/1", line).values("authorization") == []


def test_without_those_lines_the_token_reaches_the_service_as_before(
    gateway: Gateway, writer: Token
) -> None:
    heard = gateway.passed("/things/1", writer.header)
    assert heard.values("authorization") == [f"Bearer {writer.secret}"]
