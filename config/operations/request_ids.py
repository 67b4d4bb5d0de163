"""Request ids: one that was sent is kept, if it is well-formed (``contract.md`` section 1)."""

import re
import uuid

from accounts.redaction import redact

_WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{1,128}")


def settled_id(sent: str) -> str:
    """Return the id that was ``sent`` if it is well-formed and holds no secret, else a new one."""
    if _WELL_FORMED.fullmatch(sent) and redact(sent) == sent:
        return sent
    return str(uuid.uuid4())
