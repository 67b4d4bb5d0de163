"""Mail to a person, in their language, written and sent beside the answer.

How long the answer takes then says nothing about whether there was anybody to write to.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation

from accounts.models import User

logger = logging.getLogger("wardkey.mail")
_sending = ThreadPoolExecutor(max_workers=2, thread_name_prefix="mail")
_under_way: set[Future[None]] = set()


def send_soon(user: User, template: str, facts: dict[str, Any]) -> None:
    """Have a mail sent to a person with a local login.

    Args:
        template: below ``templates/mail/``; its first line is the subject.
        facts: what it is rendered with, beside ``user``; the database is not asked for more.
    """
    language = user.language or translation.get_language()
    under_way = _sending.submit(_send, user, template, facts, language)
    _under_way.add(under_way)
    under_way.add_done_callback(_under_way.discard)


def wait_until_sent() -> None:
    """Return when all that was handed over before is sent."""
    wait(list(_under_way))


def _send(user: User, template: str, facts: dict[str, Any], language: str) -> None:
    try:
        with translation.override(language):
            text = render_to_string(f"mail/{template}", {"user": user, **facts})
        subject, _, body = text.strip().partition("\n")
        EmailMessage(subject.strip(), f"{body.strip()}\n", to=[str(user.email)]).send()
    except Exception:
        logger.exception("a mail could not be sent")
