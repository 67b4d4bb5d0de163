"""``/service-accounts``: the organization's service accounts, with their tokens."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.answers import answers
from accounts.api.base import MemberViewSet
from accounts.api.idempotency import created
from accounts.api.pages import PageQuery, one_of, page_of, page_response, place_in
from accounts.api.shapes import CleanText, Shape
from accounts.errors import (
    DomainError,
    ExternalIdConflict,
    NoSuchAccount,
    ScopeNotHeld,
    SlugConflict,
)
from accounts.inputs import LONGEST_SEARCH, clean_search
from accounts.models import ServiceAccount
from accounts.pages import SORTS, read_page
from accounts.services.locks import no_such_account
from accounts.services.service_accounts import (
    change_service_account,
    create_service_account,
    delete_service_account,
    disable_service_account,
)
from tokens.api.shapes import (
    ServiceAccountIn,
    ServiceAccountOut,
    ServiceAccountPatch,
    ServiceAccountPut,
)
from tokens.models import Token
from tokens.services.enable import enable_service_account

if TYPE_CHECKING:
    from uuid import UUID

MOST_TOKENS_SHOWN = 50


class ServiceAccountQuery(PageQuery):
    """The filters of the list."""

    q = CleanText(
        clean_search,
        schema={
            "maxLength": LONGEST_SEARCH,
            "description": "A part of the name or slug, whatever its case.",
        },
        required=False,
    )
    status = one_of("active", "disabled")
    sort = one_of(*SORTS)


class AccountViewSet(MemberViewSet):
    """The base of what stands under one service account: ``self.account`` is it."""

    absent: ClassVar[dict[str, type[DomainError]]] = {"account": NoSuchAccount}
    account: ServiceAccount

    def locate(self, request: Request, **names: Any) -> None:
        """Find the account that the path names, in the caller's organization."""
        slug = names.get("account")
        if slug is None:
            return
        found = ServiceAccount.objects.for_actor(self.actor).filter(slug=slug).first()
        if found is None:
            raise no_such_account(slug)
        self.account = found


class ServiceAccountViewSet(AccountViewSet):
    """Service accounts: the identities of programs."""

    group = "Service accounts"
    needs: ClassVar[dict[str, str | None]] = {
        "list": "read:tokens",
        "retrieve": "read:tokens",
        "create": "write:tokens",
        "update": "write:tokens",
        "partial_update": "write:tokens",
        "destroy": "write:tokens",
        "disable": "write:tokens",
        "enable": "write:tokens",
    }
    losses = frozenset({"update", "partial_update", "destroy", "disable"})
    once_shapes: ClassVar[dict[str, type[Shape]]] = {"create": ServiceAccountOut}
    query_shapes: ClassVar[dict[str, type[Shape]]] = {"list": ServiceAccountQuery}
    body_shapes: ClassVar[dict[str, type[Shape]]] = {
        "create": ServiceAccountIn,
        "update": ServiceAccountPut,
        "partial_update": ServiceAccountPatch,
    }

    @answers("get-service-accounts", 200, page_of(ServiceAccountOut))
    def list(self, request: Request) -> Response:
        """Return a page of the organization's service accounts."""
        rows = ServiceAccount.objects.for_actor(self.actor).matching(
            sought=self.query.get("q"), status=self.query.get("status")
        )
        order = SORTS[self.query.get("sort", "-createdAt")]
        page = read_page(self.actor, rows, order, place_in(self.query, self.address))
        items = _write_out(page.rows)
        return page_response(request.path, request.query_params.dict(), page, items)

    @answers(
        "create-service-account",
        201,
        ServiceAccountOut,
        refuses=[ScopeNotHeld, SlugConflict, ExternalIdConflict],
    )
    def create(self, request: Request) -> Response:
        """Create a service account."""
        account = create_service_account(self.actor, **self.body, once=self.once)
        return created(_write_out([account])[0], f"{request.path}/{account.slug}", self.once)

    @answers("get-service-account", 200, ServiceAccountOut)
    def retrieve(self, request: Request, account: str) -> Response:
        """Return one service account."""
        return Response(_write_out([self.account])[0])

    @answers("update-service-account", 204, refuses=[ScopeNotHeld, ExternalIdConflict])
    def update(self, request: Request, account: str) -> Response:
        """Change a service account; members left out keep their value."""
        self._change()
        return Response(status=204)

    @answers(
        "patch-service-account",
        200,
        ServiceAccountOut,
        refuses=[ScopeNotHeld, ExternalIdConflict],
    )
    def partial_update(self, request: Request, account: str) -> Response:
        """Change what the merge patch names, and return the account as it is then."""
        return Response(_write_out([self._change()])[0])

    @answers("delete-service-account", 204)
    def destroy(self, request: Request, account: str) -> Response:
        """Delete a service account: its tokens authenticate nothing from then on."""
        delete_service_account(self.actor, self.account)
        return Response(status=204)

    @answers("disable-service-account", 200, ServiceAccountOut)
    def disable(self, request: Request, account: str) -> Response:
        """Switch a service account off: its tokens authenticate nothing until it is enabled."""
        return Response(_write_out([disable_service_account(self.actor, self.account)])[0])

    @answers("enable-service-account", 200, ServiceAccountOut, refuses=[ScopeNotHeld])
    def enable(self, request: Request, account: str) -> Response:
        """Switch a service account on again."""
        return Response(_write_out([enable_service_account(self.actor, self.account)])[0])

    def _change(self) -> ServiceAccount:
        changes = {member: value for member, value in self.body.items() if member != "slug"}
        return change_service_account(self.actor, self.account, **changes)


def _write_out(accounts: Sequence[ServiceAccount]) -> list[Any]:
    """Return the accounts as they go on the wire, each with its newest tokens."""
    by_account: dict[UUID, list[Token]] = defaultdict(list)
    known = {account.id: account for account in accounts}
    for token in Token.objects.newest_of_each(list(known), MOST_TOKENS_SHOWN):
        token.service_account = known[token.service_account_id]
        by_account[token.service_account_id].append(token)
    context = {"tokens": by_account, "now": timezone.now()}
    return list(ServiceAccountOut(accounts, many=True, context=context).data)
