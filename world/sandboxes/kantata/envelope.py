"""The vendor's envelope: `count`, `results` in order, a map by id for each type, and `meta`."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from world.sandboxes.box import Body
from world.sandboxes.kantata import filters, refusals
from world.sandboxes.kantata.catalog import BY_KEY, BY_SUBJECT, POLYMORPHIC
from world.sandboxes.kantata.collection import Association, Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.paging import Page
from world.sandboxes.kantata.settings import zone

_TIMESTAMPS = (
    "created_at",
    "updated_at",
    "deleted_at",
    "last_synced_at",
    "subject_changed_at",
    "current_resolution_created_at_date",
)


class Envelope:
    """Puts the records of one answer into the form of the wire."""

    def __init__(self, desk: Desk, collection: Collection, parameters: Mapping[str, str]) -> None:
        self._desk = desk
        self._collection = collection
        self._included = frozenset(filters.several(parameters.get("include", "")))
        self._optional = frozenset(filters.several(parameters.get("optional_fields", "")))
        self._zone = zone(desk.settings)
        self._refuse_unknown()

    def single(self, body: Body) -> Body:
        """Return the answer to a call on one record."""
        return self.page([body], 1, Page())

    def page(self, bodies: Sequence[Body], count: int, page: Page) -> Body:
        """Return a page of `count` records in all."""
        key = self._collection.key
        answer: dict[str, Any] = {
            "count": count,
            "results": [{"key": key, "id": body["id"]} for body in bodies],
            key: {},
        }
        if self._included:
            self._load(answer, bodies)
        hidden = self._hidden(self._collection, self._included)
        for body in bodies:
            answer[key][body["id"]] = self._shown(self._collection, body, hidden)
        return answer | {"meta": page.meta(count)}

    def _refuse_unknown(self) -> None:
        known = {"subject"} if self._collection.key in POLYMORPHIC else set()
        unknown = self._included - known - set(self._collection.associations)
        unknown |= self._optional - set(self._collection.optional)
        if unknown and self._desk.settings["refuse_unknown_names"]:
            message = f"Unknown in {self._collection.key}: {', '.join(sorted(unknown))}"
            raise refusals.malformed(message=message)

    def _load(self, answer: dict[str, Any], bodies: Sequence[Body]) -> None:
        for name in sorted(self._included & set(self._collection.associations)):
            association = self._collection.associations[name]
            target = BY_KEY[association.key]
            keys = [key for body in bodies for key in self._ids(association, body)]
            self._side_load(answer, target, keys)
        if self._collection.key in POLYMORPHIC:
            for body in bodies:
                self._side_load(answer, BY_SUBJECT[body["subject_type"]], [body["subject_id"]])

    def _side_load(self, answer: dict[str, Any], target: Collection, keys: Iterable[str]) -> None:
        there = answer.setdefault(target.key, {})
        hidden = self._hidden(target, frozenset())
        for body in self._desk.some(target, dict.fromkeys(keys)):
            if not body.get("deleted_at"):
                there[body["id"]] = self._shown(target, body, hidden, side=True)

    def _ids(self, association: Association, body: Body) -> list[str]:
        if association.by:
            value = body["id"]
            if association.by == "_subject":
                value = f"{self._collection.subject}/{value}"
            found = self._desk.tagged(BY_KEY[association.key], association.by, value)
            return [one["id"] for one in found if not one.get("deleted_at")]
        value = body[association.field]
        if isinstance(value, list):
            return value
        return [] if value is None else [value]

    def _hidden(self, collection: Collection, included: frozenset[str]) -> frozenset[str]:
        if self._desk.settings["association_ids_without_include"]:
            return frozenset()
        return collection.hidden(included)

    def _shown(
        self, collection: Collection, body: Body, hidden: frozenset[str], *, side: bool = False
    ) -> Body:
        optional = set(collection.optional) - (set() if side else self._optional)
        shown = {
            name: value
            for name, value in body.items()
            if name[0] != "_" and name not in hidden and name not in optional
        }
        for name in _TIMESTAMPS:
            if shown.get(name) is not None:
                shown[name] = datetime.fromtimestamp(shown[name], self._zone).isoformat()
        if "subject_id" in shown and self._desk.settings["subject_ids_are_numbers"]:
            shown["subject_id"] = int(shown["subject_id"])
        return shown if side else shown | self._computed(body)

    def _computed(self, body: Body) -> Body:
        computed: Body = {
            association.field: self._ids(association, body)
            for name, association in self._collection.associations.items()
            if association.by and name in self._included
        }
        if "subject" in self._included:
            target = BY_SUBJECT[body["subject_type"]]
            there = self._desk.find(target, body["subject_id"])
            is_there = there is not None and not there.get("deleted_at")
            named = {"key": target.key, "id": body["subject_id"]}
            computed["subject_ref"] = named if is_there else None
        return computed
