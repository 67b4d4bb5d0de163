"""The records of tokens."""

from tokens.models.token import Token

__all__ = ["Token"]
