"""Browsers of the support staff, by their role."""

import pytest
from django.test import Client

from accounts.staff import StaffRole
from tests.admin.staff import browser_of, make_staff


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
