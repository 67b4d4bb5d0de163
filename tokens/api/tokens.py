"""``/service-accounts/{slug}/tokens``: the tokens of one service account."""

from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.answers import answers
from accounts.api.idempotency import created
from accounts.api.pages import PageQuery, one_of, page_of, page_response, place_in
from accounts.api.shapes import CleanText, Shape
from accounts.errors import AccountDisabled, DomainError, ScopeNotHeld
from accounts.inputs import LONGEST_SEARCH, clean_search
from accounts.pages import SORTS, read_page
from tokens.api.service_accounts import AccountViewSet
from tokens.api.shapes import IssuedTokenOut, TokenIn, TokenOut, TokenPatch
from tokens.api.usage import TokenWithUsageOut
from tokens.errors import LifeNotHeld, NameTaken, NoSelfChange, NoSuchToken, SlugTaken, TokenEnded
from tokens.models import Token
from tokens.querysets import TokenQuerySet
from tokens.services.change import change_token
from tokens.services.issue import issue_token
from tokens.services.locks import no_such_token
from tokens.services.revoke import revoke_token
from tokens.status import Status


class TokenQuery(PageQuery):
    """The filters of the list."""

    q = CleanText(
        clean_search,
        schema={
            "maxLength": LONGEST_SEARCH,
            "description": "A part of the name, slug or prefix, whatever its case.",
        },
        required=False,
    )
    status = one_of(*Status)
    sort = one_of(*SORTS)


class TokenViewSet(AccountViewSet):
    """The tokens of one service account: listed, issued, read, changed, revoked."""

    group = "Tokens"
    absent: ClassVar[dict[str, type[DomainError]]] = {
        **AccountViewSet.absent,
        "token": NoSuchToken,
    }
    needs: ClassVar[dict[str, str | None]] = {
        "list": "read:tokens",
        "retrieve": "read:tokens",
        "create": "write:tokens",
        "partial_update": "write:tokens",
        "destroy": "write:tokens",
    }
    losses = frozenset({"partial_update", "destroy"})
    query_shapes: ClassVar[dict[str, type[Shape]]] = {"list": TokenQuery}
    body_shapes: ClassVar[dict[str, type[Shape]]] = {
        "create": TokenIn,
        "partial_update": TokenPatch,
    }
    once_shapes: ClassVar[dict[str, type[Shape]]] = {"create": TokenOut}

    token: Token

    def permit(self, request: Request, **names: Any) -> None:
        """Let a token revoke itself, at its own address, whatever its scopes."""
        own = self.actor.token
        here = (names.get("account"), names.get("token"))
        if self.action == "destroy" and own and (own.account_slug, own.slug) == here:
            return
        super().permit(request, **names)

    def locate(self, request: Request, **names: Any) -> None:
        """Find the account, and the token where the path names one."""
        super().locate(request, **names)
        slug = names.get("token")
        if slug is None:
            return
        found = self._tokens().filter(slug=slug).first()
        if found is None:
            raise no_such_token(slug)
        self.token = found

    @answers("get-service-account-tokens", 200, page_of(TokenOut))
    def list(self, request: Request, account: str) -> Response:
        """Return a page of the account's tokens; never a secret."""
        now, status = timezone.now(), self.query.get("status")
        rows = self._tokens().matching(
            sought=self.query.get("q"),
            status=Status(status) if status else None,
            now=now,
            account=self.account,
        )
        order = SORTS[self.query.get("sort", "-createdAt")]
        page = read_page(self.actor, rows, order, place_in(self.query, self.address))
        items = list(TokenOut(page.rows, many=True, context={"now": now}).data)
        return page_response(request.path, request.query_params.dict(), page, items)

    @answers(
        "create-service-account-token",
        201,
        IssuedTokenOut,
        refuses=[ScopeNotHeld, LifeNotHeld, AccountDisabled, NameTaken, SlugTaken],
    )
    def create(self, request: Request, account: str) -> Response:
        """Issue a token: 201, and the only answer that carries its secret."""
        issued = issue_token(self.actor, self.account, **self.body, once=self.once)
        body = TokenOut(issued.token).data
        if issued.secret is not None:
            body |= {"token": str(issued.secret)}
        return created(body, f"{request.path}/{issued.token.slug}", self.once)

    @answers("get-service-account-token", 200, TokenWithUsageOut)
    def retrieve(self, request: Request, account: str, token: str) -> Response:
        """Return one token's metadata, and how it was used."""
        return Response(TokenWithUsageOut(self.token).data)

    @answers(
        "patch-service-account-token",
        200,
        TokenOut,
        refuses=[ScopeNotHeld, LifeNotHeld, NoSelfChange, TokenEnded, NameTaken],
    )
    def partial_update(self, request: Request, account: str, token: str) -> Response:
        """Change what the merge patch names, and return the token as it is then."""
        return Response(TokenOut(change_token(self.actor, self.token, **self.body)).data)

    @answers("delete-service-account-token", 204)
    def destroy(self, request: Request, account: str, token: str) -> Response:
        """Revoke a token: from this answer on it authenticates nothing.

        A token may revoke itself whatever its scopes, at its own address and no other.
        """
        revoke_token(self.actor, self.token)
        return Response(status=204)

    def _tokens(self) -> TokenQuerySet:
        return Token.objects.for_actor(self.actor).filter(service_account=self.account)
