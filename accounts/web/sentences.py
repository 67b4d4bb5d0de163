"""The audit log in words: what each action is called, and the sentence that tells of it.

A sentence goes on after the name of who acted. A test holds the list to what the services write.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent
from accounts.web.role_words import role_words


@dataclass(frozen=True, slots=True)
class Told:
    """How an action is told: its name in a list, and the sentence about a target.

    ``of_oneself`` is the sentence where who acted is the target too.
    """

    name: Promise
    sentence: Promise
    of_oneself: Promise | None = None


TOKENS = {
    "token.issued": Told(_("Token created"), _("created the token {target}")),
    "token.changed": Told(_("Token changed"), _("changed the token {target}")),
    "token.revoked": Told(_("Token revoked"), _("revoked the token {target}")),
    "token.looked_up": Told(_("Token looked up"), _("looked up whose the secret of {target} is")),
}
SERVICE_ACCOUNTS = {
    "service_account.created": Told(
        _("Service account created"), _("created the service account {target}")
    ),
    "service_account.changed": Told(
        _("Service account changed"), _("changed the service account {target}")
    ),
    "service_account.disabled": Told(
        _("Service account disabled"), _("disabled the service account {target}")
    ),
    "service_account.enabled": Told(
        _("Service account enabled"), _("enabled the service account {target}")
    ),
    "service_account.deleted": Told(
        _("Service account deleted"), _("deleted the service account {target}")
    ),
}
MEMBERS = {
    "member.added": Told(
        _("Member added"),
        _("added {target} with the role {role}"),
        _("joined with the role {role}"),
    ),
    "member.role_changed": Told(
        _("Role changed"), _("changed the role of {target} from {former_role} to {role}")
    ),
    "member.removed": Told(_("Member removed"), _("removed {target}"), _("left")),
    "invitation.created": Told(_("Invitation made"), _("invited {target} with the role {role}")),
    "invitation.accepted": Told(
        _("Invitation accepted"), _("accepted an invitation with the role {role}")
    ),
    "invitation.revoked": Told(_("Invitation revoked"), _("revoked the invitation of {target}")),
}
PEOPLE = {
    "user.created": Told(_("Person created"), _("created the person {target}")),
    "user.changed": Told(_("Profile changed"), _("changed {target}"), _("changed their profile")),
    "user.password_set": Told(
        _("Password set"), _("set a password for {target}"), _("set a new password")
    ),
    "user.identity_linked": Told(
        _("Identity linked"), _("linked {target} to an identity at {issuer}")
    ),
    "user.second_factor_added": Told(
        _("Second factor added"),
        _("added a second factor for {target}"),
        _("added a second factor"),
    ),
    "user.second_factor_removed": Told(
        _("Second factor removed"),
        _("removed a second factor of {target}"),
        _("removed a second factor"),
    ),
    "user.second_factors_removed": Told(
        _("All second factors removed"),
        _("removed all second factors of {target}"),
        _("removed all second factors"),
    ),
    "user.recovery_codes_made": Told(
        _("Recovery codes made"), _("made recovery codes for {target}"), _("made recovery codes")
    ),
    "session.started": Told(_("Signed in"), _("signed in")),
    "session.ended": Told(_("Sign-in ended"), _("ended a sign-in")),
    "session.reuse_detected": Told(
        _("Refresh token reused"), _("showed a used refresh token again; that sign-in was ended")
    ),
    "jwt.issued": Told(_("JWT issued"), _("issued a JWT for {target}")),
}
ORGANIZATION = {
    "organization.created": Told(_("Organization created"), _("created the organization {target}")),
    "organization.changed": Told(_("Organization changed"), _("changed the organization {target}")),
    "organization.deleted": Told(_("Organization deleted"), _("deleted the organization {target}")),
    "organization.suspended": Told(
        _("Organization suspended"), _("suspended the organization {target}")
    ),
    "organization.resumed": Told(
        _("Organization resumed"), _("let the organization {target} go on")
    ),
    "audit_log.trimmed": Told(
        _("Audit log trimmed"), _("deleted {deleted} lines of the audit log from before {day}")
    ),
}
GROUPS: list[tuple[Promise, dict[str, Told]]] = [
    (_("Tokens"), TOKENS),
    (_("Service accounts"), SERVICE_ACCOUNTS),
    (_("Members"), MEMBERS),
    (_("People and sign-ins"), PEOPLE),
    (_("Organization"), ORGANIZATION),
]
SENTENCES = {action: told for _name, group in GROUPS for action, told in group.items()}

MEMBERS_IN_WORDS = {
    "name": _("Name"),
    "description": _("Description"),
    "external_id": _("External id"),
    "scopes": _("Scopes"),
    "expires_at": _("Expires"),
    "revoked_at": _("Revoked"),
    "disabled_at": _("Disabled"),
    "suspended_at": _("Suspended"),
    "deleted_at": _("Deleted"),
    "role": _("Role"),
    "email": _("E-mail address"),
    "issuer": _("Issuer"),
    "subject": _("Subject"),
    "time_zone": _("Time zone"),
    "language": _("Language"),
    "by": _("By"),
    "sessions": _("Sign-ins"),
    "factor": _("Second factor"),
    "factors": _("Second factors"),
    "second_factor": _("Second factor"),
    "requires_second_factor": _("Second factor required"),
    "lifetime_seconds": _("Lifetime in seconds"),
    "before": _("Before"),
    "deleted": _("Lines deleted"),
    "reason": _("Reason"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One member that changed, in words; ``before`` is empty where there was nothing."""

    member: str
    before: str
    after: str


def sentence_of(event: AuditEvent) -> SafeString:
    """Return what ``event`` says of who acted; the bare action where no sentence is known."""
    told = SENTENCES.get(event.action)
    if told is None:
        return format_html("{}", event.action)
    is_own = event.actor_id == event.target_id and told.of_oneself is not None
    after = {member: change.get("after") for member, change in event.changes.items()}
    return format_html(
        str(told.of_oneself if is_own else told.sentence),
        target=format_html("<b>{}</b>", event.target_slug or after.get("name") or _("somebody")),
        role=role_words(after.get("role")),
        former_role=role_words(event.changes.get("role", {}).get("before")),
        issuer=after.get("issuer"),
        deleted=after.get("deleted"),
        day=after.get("before"),
    )


def changes_of(event: AuditEvent) -> list[Change]:
    """Return what changed, member by member, in words."""
    return [
        Change(
            str(MEMBERS_IN_WORDS.get(member, member)),
            "" if change.get("before") is None else _in_words(member, change["before"]),
            _in_words(member, change.get("after")),
        )
        for member, change in event.changes.items()
        if change.get("before") != change.get("after")
    ]


def _in_words(member: str, value: Any) -> str:
    if value is None or value in ("", []):
        return str(_("nothing"))
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if member == "role":
        return role_words(value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
