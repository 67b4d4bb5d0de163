"""One thing of each kind that has a page in the admin, and the addresses of all pages."""

from django.contrib.auth.models import Group

from accounts.actor import Actor
from accounts.models import AuditEvent, Membership
from accounts.roles import Role
from accounts.services.bulk_runs import make_run
from accounts.services.invitations import invite
from accounts.services.staff import set_staff_role
from accounts.staff import Act, StaffRole
from tests.browser.addresses import admin_addresses
from tests.conftest import make_person
from tokens.services.issue import IssuedToken

FORMS = ("csv", "json")


def things_of(admin: Membership, ci: IssuedToken) -> dict[str, object]:
    """Return the key of a thing of each model, by the model's part of an address's name."""
    token = ci.token
    invited = invite(Actor.system(admin.organization_id), role=Role.VIEWER, email="new@acme.test")
    colleague = make_person("colleague@staff.test", "Colleague")
    set_staff_role(colleague, StaffRole.LEAD)
    colleague.refresh_from_db()
    run = make_run(colleague, Act.REVOKE, [token.pk], has_more=False)
    return {
        "accounts_organization": token.organization_id,
        "accounts_serviceaccount": token.service_account_id,
        "tokens_token": token.pk,
        "accounts_user": admin.user_id,
        "accounts_membership": admin.pk,
        "accounts_invitation": invited.invitation.pk,
        "accounts_auditevent": AuditEvent.objects.get(action="token.issued").pk,
        "accounts_bulkrun": run.pk,
        "auth_group": Group.objects.get(name="auditor").pk,
    }


def addresses_of(things: dict[str, object]) -> dict[str, str]:
    """Return the address of every page below ``/admin`` by its name, of these things."""
    found: dict[str, str] = {}
    for name, route in admin_addresses().items():
        own = name.removeprefix("admin:")
        model, page = parts_of(own)
        address = f"/{route}".replace("<path:object_id>", str(things.get(model)))
        if page == "export":
            found |= {f"{own}.{form}": address.replace("<str:form>", form) for form in FORMS}
        else:
            found[own] = address
    return found


def parts_of(name: str) -> tuple[str, str]:
    """Return the model's part of an address's name, and the page; a site's page has no model."""
    model, _, page = name.rpartition("_")
    return model, page
