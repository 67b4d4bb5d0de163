"""Who is in the world that the browser looks at: made by ``seed.py``, named by the tests."""

PASSWORD = "a phrase of the browser's tests"
PEOPLE = {
    "ada": ("Ada Lindqvist", "owner"),
    "bo": ("Bo Kessler", "admin"),
    "dora": ("Dora Amsel", "developer"),
    "vera": ("Vera Holt", "viewer"),
}
SECOND_FACTORS = ("mia", "nia", "pia")
"""Members of `strict`, which demands a second factor: only the first has one."""
STAFF = {"lea": "support lead", "sid": "support", "kim": "auditor"}
"""The support staff, by what each one is."""
SUBJECT = "sam"
"""What the provider calls somebody who is a developer of `acme`."""


def email(person: str) -> str:
    """Return the login of one of ``PEOPLE``."""
    return f"{person}@example.com"
