"""Filters by person and by role, which several of the admin's lists share."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.admin.filters import Filter, id_in
from accounts.models import Membership, User
from accounts.names import canonical_email
from accounts.roles import Role
from accounts.staff import StaffRole
from accounts.web.role_words import ROLE_WORDS

ROLE_CHOICES = tuple((str(role), role.capitalize()) for role in Role if role in ROLE_WORDS)


def people_called(text: str) -> Q:
    """Return which people ``text`` means: by id, or by the start of the e-mail address or name."""
    found = Q(email__startswith=canonical_email(text)) | Q(name__istartswith=text)
    return found | Q(pk=own) if (own := id_in(text)) else found


class PersonFilter(Filter):
    """Whose a thing is, by the id or the whole e-mail address of the person."""

    title, parameter_name, placeholder = "Person", "person", "e-mail address or id"
    column = "user"
    leads = True

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows of this person."""
        own = id_in(value)
        if own is not None:
            return rows.filter(**{f"{self.column}_id": own})
        return rows.filter(**{f"{self.column}__email": canonical_email(value)})


class RoleFilter(Filter):
    """A role in an organization."""

    title, parameter_name, choices_offered = "Role", "role", ROLE_CHOICES

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the rows with this role."""
        return rows.filter(role=value)


class StaffRoleFilter(Filter):
    """A role among the support staff."""

    title, parameter_name = "Staff role", "staff"
    choices_offered = tuple((str(role), role.capitalize()) for role in StaffRole)
    leads = True

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the people who have this role; a superuser is a support lead."""
        held = Q(groups__name=value)
        if value == StaffRole.LEAD:
            held |= Q(is_superuser=True)
        return rows.filter(pk__in=User.objects.filter(held, is_staff=True).values("pk"))


class ActiveFilter(Filter):
    """Whether somebody can sign in at all."""

    title, parameter_name = "Status", "status"
    choices_offered = (("active", "Active"), ("inactive", "Deactivated"))

    def let_through(self, rows: Any, value: str) -> Any:
        """Return the people who are, or are not, active."""
        return rows.filter(is_active=value == "active")


class MemberOfFilter(Filter):
    """An organization of which somebody is a member, by its slug."""

    title, parameter_name, placeholder = "Organization", "organization", "slug"
    leads = True

    def let_through(self, rows: QuerySet[Any], value: str) -> Any:
        """Return the people who are members now."""
        members = Membership.objects.for_staff().filter(organization__slug=value, removed_at=None)
        return rows.filter(pk__in=members.values("user_id"))
