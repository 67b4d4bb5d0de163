"""Every model stands in the admin, and of none is shown what opens something, or its digest."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import (
    Attempt,
    ExternalIdentity,
    IdempotencyKey,
    KeyFingerprint,
    Membership,
    RefreshFamily,
    TotpStep,
)
from config.admin import site
from tests.admin.world import addresses_of, things_of
from tests.clients import RestClient
from tests.conftest import PASSWORD
from tests.second_factors.factors import enrol_app, enrol_recovery_codes
from tokens.models import ForwardKey, StashedSecret, Token, TokenUsage, TokenUse
from tokens.services.issue import IssuedToken

APPS = ("accounts", "tokens")
PLANTED = b"planted: it must not be seen 32b"

HIDDEN = {
    "accounts.attempt": {"subject"},
    "accounts.idempotencykey": {"key", "digest"},
    "accounts.invitation": {"digest"},
    "accounts.keyfingerprint": {"key_id", "fingerprint"},
    "accounts.refreshfamily": {"digest"},
    "accounts.session": {"digest", "sealed"},
    "accounts.user": {"password"},
    "tokens.forwardkey": {"key_id", "sealed"},
    "tokens.stashedsecret": {"session", "sealed"},
    "tokens.token": {"digest", "key_id"},
}
"""Members of which no page, in no form, tells the value."""

KNOWN_SAFE = {
    "act", "accepted_at", "action", "actor_id", "actor_name", "actor_type", "address", "at",
    "begun_at", "caller_id", "changes", "count", "created_at", "created_by_id", "created_by_name",
    "date_joined", "deleted_at", "description", "disabled_at", "email", "ended_at",
    "ended_scopes", "expires_at", "external_id", "finished_at", "first_at", "first_seen_at",
    "groups", "has_more", "id", "inviter", "inviter_name", "is_active", "is_staff",
    "is_superuser", "issuer", "kid", "kind", "language", "last_at", "last_login", "last_refused_at",
    "last_seen_at", "last_used_at", "made_id", "membership", "name", "name_order", "operation",
    "organization", "organization_id", "outcome", "password_changed_at", "place", "place_id",
    "prefix",
    "reason", "removed_at", "request_id", "requires_second_factor", "revoked_at", "revoked_by_id",
    "revoked_by_name", "role", "run", "scopes", "search", "second_factor", "service_account",
    "slug", "step", "subject", "suspended_at", "target_id", "target_slug", "target_type",
    "thing_id", "things", "time_zone", "token", "tries", "updated_at", "user", "user_agent",
    "user_permissions", "value", "why", "window_ends_at",
}  # fmt: skip
"""What other members are called: a new one is either put here, or among the hidden."""


def models() -> list[type[Model]]:
    """Return every model of ours."""
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


def label_of(model: type[Model]) -> str:
    return model._meta.label_lower  # noqa: SLF001 - Django's documented model API


def hidden_in(model: type[Model]) -> set[str]:
    return HIDDEN.get(label_of(model), set())


def test_every_model_has_its_list() -> None:
    assert [model for model in models() if model not in site._registry] == []  # noqa: SLF001


def test_every_member_is_known_to_be_safe_or_hidden() -> None:
    own = {model: {each.name for each in _fields(model)} for model in models()}
    unknown = {
        label_of(model): names - KNOWN_SAFE - hidden_in(model) for model, names in own.items()
    }
    assert {label: names for label, names in unknown.items() if names} == {}
    assert all(hidden_in(model) <= names for model, names in own.items())
    assert HIDDEN.keys() <= {label_of(model) for model in own}


@pytest.mark.parametrize("kind", ["list_display", "export_fields", "columns"])
def test_no_record_names_what_is_hidden(kind: str) -> None:
    for model, record in site._registry.items():  # noqa: SLF001 - Django has no other way
        named = {step for name in getattr(record, kind, ()) for step in str(name).split("__")}
        assert not named & hidden_in(model), model


@pytest.fixture
def crowded(admin: Membership, ci: IssuedToken) -> dict[str, object]:
    """One row at least of each model, with recognizable values where they are hidden."""
    things = things_of(admin, ci)
    now, later = timezone.now(), timezone.now() + timedelta(hours=1)
    person = admin.user
    RestClient().post("/auth/token", {"email": person.email, "password": PASSWORD})
    RestClient().post("/auth/token", {"email": person.email, "password": "another one"})
    enrol_app(person)
    enrol_recovery_codes(person)
    ExternalIdentity.objects.create(user=person, issuer="https://issuer.test", subject="s-1")
    TotpStep.objects.create(user=person, step=59)
    IdempotencyKey.objects.create(
        organization_id=admin.organization_id, caller_id=person.pk, operation="token.issue",
        place_id=person.pk, key=PLANTED.decode(), digest=PLANTED, made_id=ci.token.pk,
        created_at=now,
    )  # fmt: skip
    KeyFingerprint.objects.create(key_id=PLANTED.decode(), fingerprint="planted too")
    ForwardKey.objects.create(
        kid="k", place="next", key_id="planted seal", sealed="planted, and sealed"
    )
    StashedSecret.objects.create(
        token=ci.token, session="planted session", sealed="planted and sealed", expires_at=later
    )
    TokenUsage.objects.create(token=ci.token, last_used_at=now, last_refused_at=now)
    TokenUse.objects.create(
        token=ci.token, kind="agent", value="curl/8", first_at=now, last_at=now, count=1
    )
    Token.objects.filter(pk=ci.token.pk).update(digest=PLANTED, key_id="planted key")
    RefreshFamily.objects.update(digest=PLANTED)
    Attempt.objects.create(subject="planted subject", tries=3, window_ends_at=later)
    return things


def test_what_is_hidden_is_on_no_page_and_in_no_export(
    lead: Client, crowded: dict[str, object]
) -> None:
    pages = {name: _text(lead.get(address)) for name, address in addresses_of(crowded).items()}
    whole = "\n".join(pages.values())
    for model in models():
        own = pages[f"{label_of(model).replace('.', '_')}_changelist"]
        assert own.count("<tr") > 1, f"the list of {label_of(model)} has a row"
        for value in _hidden_values(model):
            found = [name for name, page in pages.items() if any(_forms(value, page))]
            assert found == [], f"{label_of(model)}: {value!r}"
    prefix = Token.objects.for_staff().values_list("prefix", flat=True).get()
    assert any(_forms(prefix, whole)), "what is shown is found in this way"
    assert any(_forms(PLANTED, f"x{PLANTED.hex()}y"))


def test_second_factors_are_on_no_page(lead: Client, crowded: dict[str, object]) -> None:
    sealed = [
        str(text)
        for row in Authenticator.objects.all()
        for text in row.data.values()
        if len(str(text)) > 8
    ]
    assert len(sealed) == 2
    for name, address in addresses_of(crowded).items():
        page = _text(lead.get(address))
        assert [text for text in sealed if text in page] == [], name


def test_staff_roles_name_their_people(lead: Client) -> None:
    page = _text(lead.get("/admin/auth/group/"))
    assert "Sam the support lead" in page


def test_the_sessions_of_nobody_are_not_listed(lead: Client) -> None:
    Client().get("/console/-/sign-in")
    assert _text(lead.get("/admin/accounts/session/")).count("<tr") == 2


def _fields(model: type[Model]) -> list[Any]:
    meta = model._meta  # noqa: SLF001 - Django's documented model API
    return [*meta.local_fields, *meta.fields, *meta.many_to_many]


def _hidden_values(model: type[Model]) -> Iterator[Any]:
    """Yield each value that stands in a hidden member of a row."""
    for row in model._base_manager.values(*hidden_in(model)) if hidden_in(model) else ():  # noqa: SLF001
        for value in row.values():
            raw = bytes(value) if isinstance(value, memoryview) else value
            assert len(raw) > 8, "or it would be found by chance"
            yield raw


def _forms(value: Any, page: str) -> Iterator[bool]:
    """Yield whether ``value`` stands on a page, in each form that it may be written in."""
    raw = value if isinstance(value, bytes) else str(value).encode()
    text = raw.decode("utf-8", "replace")
    for form in (text, repr(raw), raw.hex(), raw.hex()[:16], base64.b64encode(raw).decode()):
        yield form in page
        yield base64.urlsafe_b64encode(raw).decode().rstrip("=") in page


def _text(answer: Any) -> str:
    content = answer.getvalue() if answer.streaming else answer.content
    return str(content.decode())
