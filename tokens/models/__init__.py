"""The records of tokens."""

from tokens.models.stash import StashedSecret
from tokens.models.token import Token
from tokens.models.usage import TokenUsage

__all__ = ["StashedSecret", "Token", "TokenUsage"]
