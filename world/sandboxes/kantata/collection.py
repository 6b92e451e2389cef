"""What a collection of the API is: its names, associations, orders, and how records are found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Association:
    """What `include` can name: the field with the id or ids, and the collection they lead to.

    With `by`, the ids are not kept: they are those of the records over there whose field `by`
    names this record.
    """

    field: str
    key: str
    by: str = ""


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One type of record.

    `subject` is its name in external references and (unless `event_subject` differs) in events,
    `event` the prefix of its events. `orders` maps the orders on offer to fields. `tags` are
    fields that records are found by: each id of a list, if the name ends in `_ids`. A field whose
    name starts with `_` is the sandbox's own and never shown.
    """

    key: str
    one: str
    subject: str = ""
    event: str = ""
    event_subject: str = ""
    associations: Mapping[str, Association] = field(default_factory=dict)
    orders: Mapping[str, str]
    order: str
    tags: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()

    @property
    def subject_of_events(self) -> str:
        """Return the name of this type in events."""
        return self.event_subject or self.subject

    def tagged_by(self, body: dict[str, Any]) -> dict[str, Any]:
        """Return the tags of a record."""
        tags: dict[str, Any] = {}
        for name in self.tags:
            if name.endswith("_ids"):
                tags |= {f"{name}:{value}": True for value in body[name]}
            else:
                tags[name] = body[name]
        return tags

    def hidden(self, included: frozenset[str]) -> frozenset[str]:
        """Return the fields that an answer leaves out, given the associations it includes."""
        return frozenset(
            association.field
            for name, association in self.associations.items()
            if name not in included
        )
