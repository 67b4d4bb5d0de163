"""``python -m tests.process tests.forward.age``: have the keys be made an hour earlier."""

from django.db.models import F

from tokens.models import ForwardKey
from tokens.services.forward_keys import PAUSE

if __name__ == "__main__":
    ForwardKey.objects.update(created_at=F("created_at") - PAUSE)
