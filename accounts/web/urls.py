"""The console's addresses in ``accounts``: a person's below ``-/``, others by organization."""

from django.urls import path

from accounts.web import (
    audit_log,
    confirmation,
    drafts,
    home,
    invitations,
    joining,
    members,
    organization,
    passwords,
    profile,
    second_factors,
    sign_in,
    single_sign_on,
)

app_name = "accounts"

urlpatterns = [
    path("", home.home, name="home"),
    path("-/organizations", home.organizations, name="organizations"),
    path("-/sign-in", sign_in.sign_in, name="sign-in"),
    path("-/sign-in/second-factor", sign_in.second_factor, name="second-factor"),
    path("-/sign-in/passkey", sign_in.passkey, name="passkey"),
    path("-/sign-in/at/<slug:issuer>", single_sign_on.begin, name="single-sign-on"),
    path(
        "-/sign-in/at/<slug:issuer>/done",
        single_sign_on.come_back,
        name="single-sign-on-callback",
    ),
    path("-/go-on", drafts.go_on, name="go-on"),
    path("-/sign-out", sign_in.sign_out, name="sign-out"),
    path("-/confirm", confirmation.confirm, name="confirm"),
    path("-/password", passwords.password, name="password"),
    path("-/password/forgotten", passwords.forgotten, name="password-forgotten"),
    path("-/password/sent", passwords.sent, name="password-sent"),
    path("-/password/reset", passwords.reset, name="password-reset"),
    path("-/profile", profile.profile, name="profile"),
    path("-/sessions/end-others", profile.end_others, name="sessions-end-others"),
    path("-/sessions/<str:digest>/end", profile.end, name="session-end"),
    path("-/second-factors", second_factors.second_factors, name="second-factors"),
    path("-/second-factors/app", second_factors.add_app, name="add-app"),
    path("-/second-factors/passkey", second_factors.new_passkey, name="add-passkey"),
    path("-/second-factors/<int:factor>/remove", second_factors.remove, name="remove-factor"),
    path("-/recovery-codes", second_factors.recovery_codes, name="recovery-codes"),
    path("-/recovery-codes/new", second_factors.new_recovery_codes, name="new-recovery-codes"),
    path("-/invitations/<str:mark>", joining.join, name="invitation"),
    path("<slug_segment:organization>/members", members.members, name="members"),
    path("<slug_segment:organization>/members/<uuid:person>", members.member, name="member"),
    path(
        "<slug_segment:organization>/members/<uuid:person>/remove",
        members.remove,
        name="member-remove",
    ),
    path("<slug_segment:organization>/invitations", invitations.invitations, name="invitations"),
    path("<slug_segment:organization>/invitations/new", invitations.make, name="invite"),
    path(
        "<slug_segment:organization>/invitations/<uuid:invitation>",
        invitations.pending,
        name="pending-invitation",
    ),
    path("<slug_segment:organization>/audit-log", audit_log.audit_log, name="audit-log"),
    path("<slug_segment:organization>/audit-log/export", audit_log.export, name="audit-log-export"),
    path(
        "<slug_segment:organization>/organization", organization.organization, name="organization"
    ),
    path(
        "<slug_segment:organization>/organization/second-factors",
        organization.second_factor_rule,
        name="second-factor-rule",
    ),
]
