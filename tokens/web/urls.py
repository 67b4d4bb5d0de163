"""The console's addresses in ``tokens``: service accounts and their tokens.

``-`` is no slug, so what stands below it is never the name of a thing.
"""

from django.urls import URLPattern, URLResolver, include, path

from tokens.web import once, revoking, service_accounts, switching, tokens

app_name = "tokens"

_token: list[URLPattern | URLResolver] = [
    path("", tokens.token, name="token"),
    path("/edit", tokens.edit_token, name="edit-token"),
    path("/revoke", revoking.revoke_one, name="revoke-token"),
    path("/secret", once.secret, name="secret"),
]
_account: list[URLPattern | URLResolver] = [
    path("", service_accounts.service_account, name="service-account"),
    path("/edit", service_accounts.edit_service_account, name="edit-service-account"),
    path("/disable", switching.disable, name="disable-service-account"),
    path("/enable", switching.enable, name="enable-service-account"),
    path("/delete", switching.delete, name="delete-service-account"),
    path("/tokens/-/new", tokens.new_token, name="new-token"),
    path("/tokens/-/revoke", revoking.revoke_several, name="revoke-tokens"),
    path("/tokens/<slug_segment:token>", include(_token)),
]
_accounts: list[URLPattern | URLResolver] = [
    path("", service_accounts.service_accounts, name="service-accounts"),
    path("/-/new", service_accounts.new_service_account, name="new-service-account"),
    path("/<slug_segment:account>", include(_account)),
]

urlpatterns = [path("<slug_segment:organization>/service-accounts", include(_accounts))]
