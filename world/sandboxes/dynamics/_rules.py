"""What an entity does beyond its declaration: fills in, refuses, takes others along."""

from collections.abc import Callable
from dataclasses import dataclass

from world.sandboxes.dynamics._schema import Row
from world.sandboxes.dynamics._session import Session


@dataclass(frozen=True, kw_only=True)
class Change:
    """A row on its way into the box or out of it.

    `given` are the fields that the request names; `before` is the row as it stood, None
    for a new one.
    """

    session: Session
    row: Row
    given: Row
    before: Row | None = None


_Hook = Callable[[Change], None]


def _nothing(_: Change) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The behavior of one entity set. Each hook may raise `Refused`.

    `guard` sees a row before it is changed or deleted, `leaving` before it is deleted;
    `prepare` fills in a row before its fields are checked, `finish` after that; `created` and
    `deleted` are what follows.
    """

    guard: _Hook = _nothing
    leaving: _Hook = _nothing
    prepare: _Hook = _nothing
    finish: _Hook = _nothing
    created: _Hook = _nothing
    deleted: _Hook = _nothing


NONE = Rule()
