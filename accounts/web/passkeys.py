"""What a browser sends of a passkey, which anybody can make up."""

import struct

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django import forms

_UNREADABLE = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    struct.error,
    InvalidSignature,
    UnsupportedAlgorithm,
)
"""What the library that reads it raises where it is not what a browser makes (CBOR, COSE keys,
signatures); django-allauth expects a part of that."""


def is_proved(form: forms.Form) -> bool:
    """Say whether the ``credential`` of one of allauth's forms is good."""
    try:
        return form.is_valid()
    except _UNREADABLE:
        return False
