"""What an operation answers, said where the operation is written.

The OpenAPI document is made from it (``config/reference/document.py``). What the base
view refuses by itself (no credential, no scope, a body that cannot be read) is not
repeated: only what this one operation adds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from accounts.api.shapes import Shape
from accounts.errors import DomainError

Action = TypeVar("Action", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Answer:
    """The good answer of an operation, and the refusals of its own.

    ``operation`` is its stable name (``operationId``); ``shape`` None is an empty body.
    """

    operation: str
    status: int
    shape: type[Shape] | None
    refusals: tuple[type[DomainError], ...]


def answers(
    operation: str,
    status: int,
    shape: type[Shape] | None = None,
    *,
    refuses: Iterable[type[DomainError]] = (),
) -> Callable[[Action], Action]:
    """Note on a viewset's action what it answers."""
    answer = Answer(operation, status, shape, tuple(refuses))

    def mark(action: Action) -> Action:
        action.answer = answer  # type: ignore[attr-defined]
        return action

    return mark


def answer_of(action: Any) -> Answer:
    """Return what ``answers`` has noted on an action."""
    answer: Answer = action.answer
    return answer
