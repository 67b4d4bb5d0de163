"""The records of tokens."""

from tokens.models.forward_key import ForwardKey
from tokens.models.stash import StashedSecret
from tokens.models.token import Token
from tokens.models.usage import TokenUsage
from tokens.models.use import TokenUse

__all__ = ["ForwardKey", "StashedSecret", "Token", "TokenUsage", "TokenUse"]
