"""What django-allauth does our way.

Nobody signs up, what it keeps of a factor is sealed, each sign-in is told of, and people from
outside are those that the REST API knows.
"""

from datetime import timedelta
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal.flows import did_use_passwordless_login
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.issuers.trust import Issuer, trusted_issuers
from accounts.models import User
from accounts.services.second_factors import has_second_factor, open_secret, seal_secret
from accounts.services.sessions import begin_session
from accounts.web.browsers import remember_browser
from accounts.web.doors import origin_of
from accounts.web.onward import see_other

_BY = {"password": "password", "mfa": "passkey", "socialaccount": "issuer"}


class AccountAdapter(DefaultAccountAdapter):
    """People are made by invitations and commands, never by a form that anybody can open."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:  # noqa: ARG002 - allauth's signature
        """Return False."""
        return False

    def get_login_stages(self) -> list[str]:
        """Return what stands between a password and a session."""
        return ["accounts.web.adapters.SecondFactorStage"]

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:  # noqa: ARG002 - allauth's signature
        """Begin again: who is not active is told what a stranger is told."""
        return see_other("accounts:sign-in")

    def login(self, request: HttpRequest, user: User) -> None:
        """Begin the session under a new key, and tell of it in the same transaction."""
        ways = [record["method"] for record in get_authentication_records(request, user)]

        def begin() -> None:
            super(AccountAdapter, self).login(request, user)
            # An end that no use puts off: who has left their issuer keeps none by clicking.
            request.session.set_expiry(timedelta(seconds=settings.SESSION_COOKIE_AGE))
            request.session.save()

        begin_session(origin_of(request), user, _BY[ways[0]], begin, second_factor="mfa" in ways)

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        """Go where the person wanted to go, in a browser that is known from now on."""
        response = see_other(facts["redirect_url"] or settings.LOGIN_REDIRECT_URL)
        if not user.comes_from_outside:
            remember_browser(request, response, user)
        return response


class SecondFactorStage(AuthenticateStage):
    """Asks whoever has a second factor for it, unless a passkey was both factors at once."""

    urlname = "accounts:second-factor"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        """Return the way to the page that asks; None where nothing is asked."""
        user = self.login.user
        if not has_second_factor(user) or did_use_passwordless_login(self.request, user):
            return None, True
        return see_other(self.urlname), True

    def is_current(self) -> bool:
        """Say whether the password that was proved is still the person's, and they active."""
        user = self.login.user
        return bool(user.is_active and self.login.state["proved"] == user.get_session_auth_hash())

    def abort(self) -> HttpResponse:
        """Forget the sign-in that was begun."""
        clear_login(self.request)
        return see_other("accounts:sign-in")


class MfaAdapter(DefaultMFAAdapter):
    """TOTP secrets and the seeds of recovery codes go into the database sealed.

    Without this allauth keeps them in the clear.
    """

    def encrypt(self, text: str) -> str:
        """Return ``text`` sealed under the first server key."""
        return seal_secret(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return what was sealed under any loaded server key.

        Raises:
            UnreadableSecret: the server key that sealed it is not loaded.
        """
        return open_secret(encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Return whom a passkey is for: this host, under our name."""
        return {**super().get_public_key_credential_rp_entity(), "name": "Wardkey"}


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The issuers at which people may sign in are those of the configuration, and no rows."""

    def list_apps(
        self,
        request: HttpRequest,  # noqa: ARG002 - allauth's signature
        provider: str | None = None,
        client_id: str | None = None,  # noqa: ARG002 - allauth's signature
    ) -> list[SocialApp]:
        """Return the issuer whose ``sign_in`` has this id, or all that have one."""
        apps = [app_of(one) for one in trusted_issuers().values() if one.sign_in is not None]
        return [app for app in apps if provider in {None, app.provider, app.provider_id}]


class IssuerAdapter(OpenIDConnectOAuth2Adapter):
    """Comes back to the address that the installation is known by, whatever Host was sent."""

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002 - allauth's signature
        """Return where the issuer sends people back to."""
        path = reverse("accounts:single-sign-on-callback", args=[self.provider_id])
        return f"{settings.WARDKEY_PUBLIC_URL}{path}"


class IssuerProvider(OpenIDConnectProvider):
    """An issuer that people are sent to."""

    oauth2_adapter_class = IssuerAdapter


def app_of(issuer: Issuer) -> SocialApp:
    """Return what allauth calls an app: our client at this issuer. It is never saved."""
    assert issuer.sign_in is not None  # noqa: S101 - for mypy: the caller has looked
    address = f"{issuer.issuer.rstrip('/')}/.well-known/openid-configuration"
    return SocialApp(
        provider="openid_connect",
        provider_id=issuer.sign_in.id,
        name=issuer.sign_in.name,
        client_id=issuer.sign_in.client_id,
        secret=issuer.sign_in.client_secret,
        settings={"server_url": address, "oauth_pkce_enabled": True},
    )
