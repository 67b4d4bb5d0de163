"""Reports of errors, Django's debug page above all, without secrets.

Django hides things there only when ``DEBUG`` is off, when it shows no page. Ours are hidden at
all times: what a form calls a secret, what ``sensitive_variables`` covers, and, wherever it may
stand, whatever has the form of a secret.
"""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.safestring import SafeString
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from accounts.redaction import redact


class Report(ExceptionReporter):
    """A report that is redacted when it is written."""

    def get_traceback_html(self) -> SafeString:
        """Return the debug page."""
        return SafeString(redact(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        """Return the same as text, for programs."""
        return SafeString(redact(super().get_traceback_text()))


class ReportFilter(SafeExceptionReporterFilter):
    """Hides at all times; the members of a form by their names too, as it does settings."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Return True."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return what was posted, without what is called a secret, a password or a token."""
        shown = QueryDict() if request is None else request.POST
        return self.get_cleansed_multivaluedict(request, shown).dict()

    def get_cleansed_multivaluedict(
        self, request: HttpRequest | None, multivaluedict: MultiValueDict[str, Any]
    ) -> QueryDict:
        """Return a form without the same, whichever variable holds it."""
        shown = QueryDict(mutable=True)
        for name, values in multivaluedict.lists():
            shown.setlist(name, [self.cleanse_setting(name, value) for value in values])
        return shown
