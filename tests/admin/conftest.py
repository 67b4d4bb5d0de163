"""Browsers of the support staff, by their role."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.staff import StaffRole
from tests.admin.staff import browser_of, make_staff


@pytest.fixture(autouse=True)
def no_second_factor(settings: Any) -> None:
    """Ask staff for no second factor, on either database; tests about it switch it on."""
    settings.WARDKEY_STAFF_MFA = False


@pytest.fixture
def lead(db: None) -> Client:
    """The browser of a support lead."""
    return browser_of(make_staff(StaffRole.LEAD))


@pytest.fixture
def support(db: None) -> Client:
    """The browser of somebody of the support."""
    return browser_of(make_staff(StaffRole.SUPPORT))


@pytest.fixture
def auditor(db: None) -> Client:
    """The browser of an auditor."""
    return browser_of(make_staff(StaffRole.AUDITOR))


@pytest.fixture
def sam(db: None) -> User:
    """Somebody of the support."""
    return make_staff(StaffRole.SUPPORT)


@pytest.fixture
def browser(sam: User) -> Client:
    """The browser of Sam, who has just signed in."""
    return browser_of(sam)
