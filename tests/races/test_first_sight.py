"""One person's first JWT, many times at the same moment, at a server that trusts the issuer."""

import json
from pathlib import Path

import httpx
import pytest

from tests.issuers.issuer import KEYS, NAME, configuration, signed
from tests.races.conftest import MANY, Field, statuses
from tests.servers import installation

pytestmark = pytest.mark.race


def test_many_first_sights_make_one_person(tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    keys.write_bytes(KEYS)
    told = configuration(jwks_file=str(keys), create_members=True)
    with installation(tmp_path) as at:
        at.settings["WARDKEY_ISSUERS"] = told
        at.do("manage.py", "migrate", "--verbosity", "0")
        jwt = json.loads(at.do("-m", "tests.process", "tests.races.seed"))["jwt"]
        at.start("--workers", "2")
        field = Field(at, jwt)
        with field.client() as client:
            acme = client.get("/whoami").json()["organization"]["id"]
        headers = {"Authorization": f"Bearer {signed(acme, sub='new')}"}

        def arrive(client: httpx.Client, _: int) -> httpx.Response:
            return client.get("/whoami", headers=headers)

        answers = field.at_once(*[arrive] * MANY)
        assert statuses(answers) == {200: MANY}
        assert len({answer.json()["principal"]["id"] for answer in answers}) == 1
        assert (
            at.count(f"SELECT count(*) FROM accounts_externalidentity WHERE issuer='{NAME}'") == 1
        )
        assert at.count("SELECT count(*) FROM accounts_user WHERE email IS NULL") == 1
        told_of = (
            "SELECT count(*) FROM accounts_auditevent"
            " WHERE changes LIKE '%login.example.test%' AND action = "
        )
        if at.database_url:
            told_of = told_of.replace("changes", "changes::text")
        assert at.count(f"{told_of}'user.identity_linked'") == 1
        assert at.count(f"{told_of}'member.added'") == 1
        assert at.stop() == 0
