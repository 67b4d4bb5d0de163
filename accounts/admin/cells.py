"""What stands in the cells of the admin's lists and summaries."""

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.models import User
from accounts.templatetags.console import moment

NOTHING = "—"


def badge(words: str, look: str = "") -> SafeString:
    """Return a status as a plain badge; ``look``: ``ok``, ``soon``, ``off`` or none."""
    return format_html('<span class="badge {}">{}</span>', look, words)


def link_to(thing: Model | None, words: str | None = None) -> SafeString | str:
    """Return a link to the page of ``thing``, by its own name unless ``words`` are given."""
    if thing is None:
        return words or NOTHING
    return format_html('<a href="{}">{}</a>', address_of(thing), words or str(thing))


def maker(creator_id: UUID, name: str) -> SafeString | str:
    """Return who made a thing, as it names them; a person's name leads to their page."""
    return link_to(User.objects.filter(pk=creator_id).first(), name)


def address_of(thing: Model) -> str:
    """Return the address of the page of ``thing``."""
    meta = thing._meta  # noqa: SLF001 - Django's documented model API
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[thing.pk])


def list_at(model: str, **query: object) -> str:
    """Return the address of the list of a model (``<app>_<model>``), narrowed by ``query``."""
    return f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}".removesuffix("?")


def when(at: datetime | None, absent: str = NOTHING) -> SafeString | str:
    """Return a time in words, with the exact one, in the reader's time zone, at hand."""
    return moment(at, absent)


def counted(found: int, *, has_more: bool) -> str:
    """Return how many there are, as far as they were counted."""
    return f"{found:,}{' or more' if has_more else ''}"


def scope_list(scopes: list[str]) -> SafeString | str:
    """Return scopes one after the other."""
    return format_html_join(" ", "<code>{}</code>", ((scope,) for scope in scopes)) or NOTHING
