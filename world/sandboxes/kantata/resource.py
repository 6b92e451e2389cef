"""One resource of the API: what can be asked of it, and its own rules in five places."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from world.sandboxes.box import Body
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.filters import Filter


def nothing_to_check(_: Desk, __: Body) -> None:
    """Accept."""


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A collection with the calls on it.

    `build` turns the fields of a new record into its body, `change` those of an update; both
    refuse what breaks a rule. `created`, `changed` and `removed` do what follows elsewhere.
    """

    collection: Collection
    filters: Mapping[str, Filter] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    calls: frozenset[str] = frozenset({"index", "show"})
    most_at_once: int = 0
    build: Callable[[Desk, Body], Body] = lambda _, given: given
    change: Callable[[Desk, Body, Body], Body] = lambda _, body, given: body | given
    created: Callable[[Desk, list[Body]], None] = lambda _, __: None
    deletable: Callable[[Desk, Body], None] = nothing_to_check
    remove: Callable[[Desk, Collection, Body], None] = lambda desk, collection, body: desk.remove(
        collection, body["id"]
    )
