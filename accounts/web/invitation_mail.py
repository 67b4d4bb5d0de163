"""The mail that brings an invitation."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from accounts.models import Invitation, Organization

TO_CONSOLE = "django.core.mail.backends.console.EmailBackend"
"""What prints mails: nobody would get it, and the link would stand in the log."""

logger = logging.getLogger("wardkey.mail")


def send_invitation(invitation: Invitation, organization: Organization, link: str) -> bool:
    """Send the link to the invitation's address; say whether a mail server has taken it."""
    if settings.EMAIL_BACKEND == TO_CONSOLE or invitation.email is None:
        return False
    facts = {"invitation": invitation, "organization": organization, "link": link}
    subject = _("Your invitation to %(organization)s") % {"organization": organization.name}
    text = render_to_string("accounts/invitation_mail.txt", facts)
    try:
        return bool(send_mail(subject, text, None, [invitation.email]))
    except OSError:  # what smtplib raises is one too
        logger.exception("an invitation could not be mailed")
        return False
