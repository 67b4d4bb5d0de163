"""Gives the owner of a seeded installation second factors, and prints them as JSON.

Run as ``python -m tests.process tests.races.enrolment``, after ``tests.races.seed``.
"""

import json
import sys

from accounts.models import User
from tests.second_factors.factors import enrol_app, enrol_recovery_codes


def main() -> None:
    """Enrol an authenticator app and recovery codes."""
    owner = User.objects.get(email="owner@acme.test")
    secret, codes = enrol_app(owner), enrol_recovery_codes(owner)
    json.dump({"secret": secret, "recovery_codes": codes}, sys.stdout)


if __name__ == "__main__":
    main()
