"""No secret, digest or pasted text stands in any page, row, log, session, mail or error report."""

import base64
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib.auth import SESSION_KEY
from django.core import mail
from django.test import Client
from django.views import debug

from accounts.models import AuditEvent, Membership
from accounts.sessions import SessionStore
from tests.admin.look_ups import ADDRESS, FOUND, mistyped
from tests.admin.revoking import is_revoked, revoking
from tests.admin.world import addresses_of, things_of
from tests.console.pages import words_on
from tests.organizations.rows import all_rows
from tokens.models import Token
from tokens.secret import TokenSecret
from tokens.services.issue import IssuedToken

LISTS = ("tokens/token/", "accounts/serviceaccount/", "accounts/organization/", "accounts/user/")
SHOWN = 8
"""So much of a secret is its prefix, which may be shown."""


def pasted(ci: IssuedToken) -> list[str]:
    """Return what somebody may paste: a right secret, one of nobody, a mistyped and a cut one."""
    text = str(ci.secret)
    return [text, str(TokenSecret.mint()), mistyped(ci.secret), text[:-1]]


def pieces_of(texts: Iterable[str]) -> set[str]:
    """Return by what each text is known, as a whole or cut: two runs behind its prefix."""
    return {piece for text in texts for piece in (text[SHOWN : SHOWN + 12], text[-12:])}


def digests_of(token: Token) -> set[str]:
    """Return the digest as a page or a file might write it."""
    digest = bytes(Token.objects.get(pk=token.pk).digest)
    encoded = (base64.b64encode(digest), base64.urlsafe_b64encode(digest))
    return {digest.hex(), repr(digest)[2:-1], *(text.decode().rstrip("=") for text in encoded)}


def found_in(text: str, pieces: Iterable[str]) -> list[str]:
    """Return which of ``pieces`` stand in ``text``."""
    return [piece for piece in pieces if piece in text]


def paste(browser: Client, texts: Iterable[str]) -> Iterator[Any]:
    """Yield the answers to each text, looked up as it is and with what came along."""
    for text in texts:
        for around in ("{}", "Authorization: Bearer {}", "WARDKEY_TOKEN='{}'\n"):
            yield browser.post(ADDRESS, {"secret": around.format(text)})


def body_of(answer: Any) -> str:
    """Return the whole of an answer, with its headers."""
    content: bytes = answer.getvalue()
    return f"{dict(answer.headers)} {content.decode()}"


def test_a_secret_that_was_looked_up_is_shown_and_kept_nowhere(
    lead: Client, admin: Membership, ci: IssuedToken, caplog: pytest.LogCaptureFixture
) -> None:
    texts = pasted(ci)
    pieces, digests = pieces_of(texts), digests_of(ci.token)
    answers = list(paste(lead, texts))
    assert any(FOUND in words_on(answer) for answer in answers)
    pages = addresses_of(things_of(admin, ci))
    answers += [lead.get(address) for address in pages.values()]
    assert len(answers) > 40
    for answer in answers:
        assert found_in(body_of(answer), pieces | digests) == []
    assert found_in(repr(all_rows()), pieces) == []
    assert found_in(caplog.text + repr([vars(record) for record in caplog.records]), pieces) == []
    assert mail.outbox == []


def test_no_session_keeps_it(support: Client, ci: IssuedToken) -> None:
    texts = pasted(ci)
    list(paste(support, texts))
    key = support.cookies[configured.SESSION_COOKIE_NAME].value
    content = SessionStore(key).load()
    assert SESSION_KEY in content
    assert found_in(repr(content), pieces_of(texts)) == []


def test_the_history_of_the_admin_is_the_audit_log_alone(lead: Client, ci: IssuedToken) -> None:
    texts = pasted(ci)
    list(paste(lead, texts))
    lines = AuditEvent.objects.for_staff().filter(action="token.looked_up")
    assert lines.exists()
    assert found_in(repr(list(lines.values())), pieces_of(texts)) == []
    assert not apps.get_model("admin", "LogEntry").objects.exists()


@pytest.mark.parametrize("member", ["q", "organization", "creator", "scope", "status", "odd"])
def test_a_secret_in_the_wrong_field_of_a_list_is_not_shown_again(
    support: Client, ci: IssuedToken, member: str
) -> None:
    text = str(ci.secret)
    for address in LISTS:
        answer = support.get(f"/admin/{address}", {member: text})
        assert found_in(body_of(answer), pieces_of([text])) == [], address


def test_a_secret_in_a_reason_is_refused_and_not_kept(support: Client, ci: IssuedToken) -> None:
    text = str(ci.secret)
    answer = support.post(revoking(ci), {"reason": f"{text} was found"})
    assert answer.status_code == 422
    assert "Holds a secret" in words_on(answer)
    assert not is_revoked(ci)
    assert found_in(body_of(answer), pieces_of([text])) == []
    assert found_in(repr(all_rows()), pieces_of([text])) == []


BROKEN = [
    "accounts.admin.doors.role_of",
    "tokens.admin.lookup.look_up_secret",
    "tokens.services.look_up._read",
    "tokens.services.look_up.count_try",
    "tokens.admin.lookup.render",
]
"""What may fail while a secret is looked up: before, with and after it."""


def broken(*_: Any, **__: Any) -> Any:
    """Fail."""
    raise RuntimeError("it is broken")


@pytest.fixture
def breaking(support: Client, settings: Any) -> Client:
    """A browser that is shown Django's debug page for what fails."""
    support.raise_request_exception = False
    settings.DEBUG = True
    return support


@pytest.mark.parametrize("place", BROKEN)
@pytest.mark.parametrize("accepted", ["text/html", "text/plain"])
def test_the_debug_page_does_not_show_it(
    place: str, accepted: str, breaking: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = pasted(ci)
    monkeypatch.setattr(place, broken)
    for text in texts:
        typed = {"secret": f"Bearer {text}", "beside": "what stands beside it"}
        answer = breaking.post(ADDRESS, typed, headers={"accept": accepted})
        page = body_of(answer)
        assert answer.status_code == 500
        assert "it is broken" in page
        assert "what stands beside it" in page, "it is the page with what was posted"
        assert found_in(page, pieces_of(texts)) == []


def test_the_debug_page_of_django_alone_would_show_it(
    breaking: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = pasted(ci)
    monkeypatch.setattr("tokens.services.look_up._read", broken)
    monkeypatch.setattr(
        debug, "get_default_exception_reporter_filter", debug.SafeExceptionReporterFilter
    )
    answer = breaking.post(ADDRESS, {"secret": str(ci.secret)[4:-1]})  # not of the form of one
    assert found_in(body_of(answer), pieces_of(texts))


def test_the_debug_page_shows_no_right_secret_wherever_it_stands(
    breaking: Client, ci: IssuedToken, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = str(ci.secret)

    def tell(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"it is broken by {text}")

    monkeypatch.setattr("accounts.admin.doors.role_of", tell)
    answer = breaking.post(ADDRESS, {"odd": text})
    assert "it is broken by [redacted]" in body_of(answer)
    assert found_in(body_of(answer), pieces_of([text])) == []


@pytest.mark.parametrize("place", BROKEN)
def test_no_error_page_and_no_log_has_it(
    place: str,
    support: Client,
    ci: IssuedToken,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    texts = pasted(ci)
    support.raise_request_exception = False
    monkeypatch.setattr(place, broken)
    for answer in paste(support, texts):
        assert answer.status_code == 500
        assert found_in(body_of(answer), pieces_of(texts)) == []
    assert "it is broken" in caplog.text
    assert found_in(caplog.text, pieces_of(texts)) == []
