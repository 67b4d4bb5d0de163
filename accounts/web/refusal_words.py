"""What services say of values and refusals, marked for translation.

A sentence with a value in it stands here as a pattern, its value a named hole. A test holds the
list to what the services say.
"""

from django.utils.translation import gettext_noop as _

VALUES = (
    _("must be at least 1 character"),
    _("must be at most %(most)s characters, none of them control"),
    _("must be at most %(most)s characters"),
    _("must be at most %(most)s scopes"),
    _("must be at most %(latest)s"),
    _("must be one of: %(choices)s"),
    _("must be 2 to 100 of a-z, 0-9 and -, with no - at either end"),
    _("must be an e-mail address"),
    _("must be a time zone, like Europe/Berlin"),
    _("must be a language of the console"),
    _("must be in the future"),
    _("must not be after query.to"),
    _("must not hold control or bidirectional characters"),
    _("holds a secret; revoke it and leave it out"),
    _('unknown scope; did you mean "%(nearest)s"?'),
    _("unknown scope; GET /scopes lists the known ones"),
    _("is required here; the latest is %(latest)s"),
    _("is not a cursor of this query"),
    _("is not a member of this request"),
    _("is not your password"),
    _("is not what the app shows now"),
    _("is a member already"),
    _("has an account already: sign in with it, then open the link again"),
    _("you do not hold this scope"),
    _("you have an authenticator app already"),
    _("at most %(most)s passkeys"),
)
"""What is wrong with a value; shown beside its field."""

REFUSALS = (
    _("A valid credential is needed."),
    _("A second factor is needed: a code in `otp` that is right and was not used before."),
    _("This organization requires a second factor: set one up in the console first."),
    _("%(organization)s requires a second factor, and this is your last: add another first."),
    _("Set up a second factor of your own first."),
    _("Recovery codes stand in for a second factor: add one first."),
    _("Your issuer looks after how you sign in."),
    _("Your issuer looks after your second factors."),
    _("You have no such second factor."),
    _("This needs the scope %(scope)s."),
    _("You cannot grant scopes that you do not hold."),
    _("Owners are changed by an owner in person."),
    _("An organization always keeps an owner."),
    _("There is no such thing in your organization."),
    _("There is no such organization for you."),
    _("There is no such organization any more."),
    _("There is no such member of your organization."),
    _("You are a member of this organization already."),
    _("This invitation cannot be accepted any more."),
    _("This link is not good any more. Ask for another one."),
    _('There is no service account "%(slug)s" in your organization.'),
    _('A service account "%(slug)s" exists already.'),
    _("Another service account has this externalId."),
    _('The service account "%(slug)s" is disabled.'),
    _('There is no token "%(slug)s" under this service account.'),
    _("This account has a token named %(name)s."),
    _('This account has, or had, a token "%(slug)s".'),
    _('The token "%(slug)s" is revoked.'),
    _('The token "%(slug)s" is expired.'),
    _("A token gives no longer life than its own."),
    _("A token changes nothing about itself."),
    _("The cursor cannot be used here."),
    _("The request has a problem."),
    _("The request has %(count)s problems."),
    _("The request body has a problem."),
    _("The request body has %(count)s problems."),
    _("Too many tries; the next one is heard in %(seconds)s seconds."),
    _("This is not allowed."),
    _("Nothing answers at this address."),
    _("The form's CSRF token is missing or wrong."),
    _("The request cannot be read, or its Host is not one of this installation."),
    _("The request cannot be read."),
    _("Something went wrong on our side."),
    _("The service cannot answer right now; try again."),
)
"""Why something is refused; shown above its form, or as a page of its own."""

PATTERNS = (*VALUES, *REFUSALS)
"""All of them; of two that fit a sentence, the closer one comes first."""
