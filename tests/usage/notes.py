"""Notes of last use in this process, and what was written of them."""

from tokens.models import TokenUsage, TokenUse
from tokens.verify.usage import write_notes


def forget_notes() -> None:
    """Clear away what this process has noted, and all that was written."""
    write_notes()
    TokenUsage.objects.all().delete()
    TokenUse.objects.all().delete()
