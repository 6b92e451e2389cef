"""The rows of the org: what may be written, and what else a write changes."""

from typing import Any

from world.sandboxes.box import Body, Transaction
from world.sandboxes.salesforce import (
    changes,
    errors,
    guards,
    ids,
    objects,
    outbound,
    rules,
    security,
    values,
    wire,
)
from world.sandboxes.salesforce.caller import Caller
from world.sandboxes.salesforce.changes import Change
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.oauth import USER
from world.sandboxes.salesforce.schema import Field, SObject

STANDARD_PRICEBOOK = ids.make(objects.PRICEBOOK.prefix, 0)


class Rows:
    """Reads and writes of one request."""

    def __init__(self, tx: Transaction, settings: dict[str, Any], caller: Caller) -> None:
        self._tx = tx
        self._settings = settings
        self._caller = caller

    def existing(self, sobject: SObject, key: str) -> Row:
        """Return a row by its id in either form.

        Raises:
            Refused: there is none, or it was deleted.
        """
        row: Row | None = self._tx.get(sobject.name, ids.full(key) or "")
        if row is None:
            raise errors.not_found()
        if row["IsDeleted"]:
            raise errors.deleted()
        return row

    def matching(self, sobject: SObject, field: Field, value: str) -> list[Body]:
        """Return the rows that have a value in an indexed field, in any case."""
        found = self._tx.tagged(sobject.name, field.name, value.casefold())
        return [row for row in found if not row["IsDeleted"]]

    def create(self, sobject: SObject, body: Body) -> Row:
        """Keep a new row.

        Raises:
            Refused: the org does not take it.
        """
        security.check_write(self._settings, sobject)
        written = self._written(sobject, body, is_new=True)
        row: Row = {f.name: f.default for f in sobject.fields if f.default is not None}
        row |= {
            "Id": ids.make(sobject.prefix, self._tx.next(sobject.prefix)),
            "OwnerId": USER,
            "CreatedById": USER,
            "CreatedDate": self._now,
            "CurrencyIsoCode": self._settings["default_currency"],
        }
        self._save(sobject, row | written, set(written))
        self._accept("create", sobject, row, written)
        return row

    def update(self, sobject: SObject, row: Row, body: Body) -> None:
        """Change a row.

        Raises:
            Refused: the org does not take the change.
        """
        security.check_write(self._settings, sobject)
        written = self._written(sobject, body, is_new=False)
        if self._has_summed_amount(sobject, row):
            written.pop("Amount", None)
        self._save(sobject, row | written, set(written))
        self._accept("update", sobject, row, written)

    def delete(self, sobject: SObject, row: Row) -> None:
        """Put a row in the bin, with the rows that cannot be without it.

        Raises:
            Refused: another row needs it.
        """
        security.check_write(self._settings, sobject)
        self._bin(sobject, row)
        self._accept("delete", sobject, row, {})

    @property
    def _now(self) -> str:
        return wire.moment_text(self._tx.now.replace(microsecond=0))

    def _written(self, sobject: SObject, body: Body, *, is_new: bool) -> Row:
        named = {name: sobject.field(name) for name in body if name != "attributes"}
        fields = {name: field for name, field in named.items() if field}
        if unknown := [name for name in named if name not in fields]:
            message = f"No such column '{unknown[0]}' on sobject of type {sobject.name}"
            raise Refused(message, code="INVALID_FIELD")
        security.check(self._settings, [(sobject, field) for field in fields.values()])
        closed = tuple(
            f.name for f in fields.values() if not f.writable or (f.fixed and not is_new)
        )
        if closed:
            message = (
                f"Unable to create/update fields: {', '.join(closed)}. Please check the security"
                " settings of this field and verify that it is read/write for your profile."
            )
            raise Refused(message, code="INVALID_FIELD_FOR_INSERT_UPDATE", fields=closed)
        written = {
            field.name: values.accepted(field, body[name], self._settings)
            for name, field in fields.items()
        }
        self._check_references(sobject, written)
        return written

    def _check_references(self, sobject: SObject, written: Row) -> None:
        for link in sobject.references:
            key = written.get(link.name)
            target = self._tx.get(link.to, str(key)) if key else None
            if key and (target is None or target["IsDeleted"]):
                message = "invalid cross reference id"
                raise Refused(message, code="INVALID_CROSS_REFERENCE_KEY", fields=(link.name,))

    def _save(self, sobject: SObject, row: Row, changed: set[str]) -> None:
        missing = tuple(f.name for f in sobject.fields if f.required and row.get(f.name) is None)
        if missing:
            message = f"Required fields are missing: [{', '.join(missing)}]"
            raise Refused(message, code="REQUIRED_FIELD_MISSING", fields=missing)
        guards.check_locks(self._settings, sobject, row)
        row |= rules.derived(self._tx, sobject, row, changed)
        guards.check_rules(self._settings, sobject, row)
        guards.check_duplicates(self._tx, self._settings, sobject, row, self._caller)
        for field in sobject.fields:
            if field.unique and row.get(field.name):
                self._check_unique(sobject, field, row)
        self._keep(sobject, row)
        self._tell(sobject, row)
        self._roll_up(sobject, row)

    def _check_unique(self, sobject: SObject, field: Field, row: Row) -> None:
        for other in self.matching(sobject, field, str(row[field.name])):
            if other["Id"] != row["Id"]:
                message = (
                    f"duplicate value found: {field.name} duplicates value on record with id:"
                    f" {other['Id'][:15]}"
                )
                raise Refused(message, code="DUPLICATE_VALUE", fields=())

    def _keep(self, sobject: SObject, row: Row) -> None:
        row |= {
            "LastModifiedDate": self._now,
            "LastModifiedById": USER,
            "SystemModstamp": self._now,
        }
        tags = {
            field.name: values.comparable(field, row.get(field.name))
            for field in sobject.fields
            if field.is_indexed
        }
        before: Row | None = self._tx.get(sobject.name, str(row["Id"]))
        self._tx.put(sobject.name, str(row["Id"]), row, tags=tags)
        changes.record(self._tx, self._settings, self._caller, sobject, Change(before, row))

    def _roll_up(self, sobject: SObject, row: Row) -> None:
        if sobject is not objects.LINE_ITEM:
            return
        with_amount = self._settings["amount_is_rollup"]
        before: Row = self._tx.get(objects.OPPORTUNITY.name, str(row["OpportunityId"])) or {}
        after = before | rules.rolled_up(self._tx, before, with_amount=with_amount)
        if after != before and not before["IsDeleted"]:
            self._keep(objects.OPPORTUNITY, after)
            self._tell(objects.OPPORTUNITY, after)

    def _tell(self, sobject: SObject, row: Row) -> None:
        outbound.queue(self._tx, self._settings, sobject, row, self._caller.instance_url)

    def _has_summed_amount(self, sobject: SObject, row: Row) -> bool:
        return (
            sobject is objects.OPPORTUNITY
            and bool(self._settings["amount_is_rollup"])
            and bool(rules.live_items(self._tx, row))
        )

    def _bin(self, sobject: SObject, row: Row) -> None:
        guards.check_locks(self._settings, sobject, row)
        self._keep(sobject, row | {"IsDeleted": True})
        for by, link in objects.referring(sobject):
            for other in self._tx.tagged(by.name, link.name, row["Id"]):
                if not other["IsDeleted"]:
                    self._release(by, link, other)
        self._roll_up(sobject, row)

    def _release(self, by: SObject, link: Field, other: Row) -> None:
        match link.on_delete:
            case "cascade":
                self._bin(by, other)
            case "clear":
                self._keep(by, other | {link.name: None})
            case "restrict":
                message = (
                    "Your attempt to delete the record could not be completed because it is"
                    f" associated with a {by.name}: {other['Id']}"
                )
                raise Refused(message, code="DELETE_FAILED", fields=())

    def _accept(self, operation: str, sobject: SObject, row: Row, written: Row) -> None:
        self._tx.log(operation, {"object": sobject.name, "id": row["Id"], "fields": written})


def prepare(tx: Transaction, currency: str) -> None:
    """Keep the standard price book, which every org has from its first day."""
    if tx.get(objects.PRICEBOOK.name, STANDARD_PRICEBOOK):
        return
    book: Row = {
        "Id": STANDARD_PRICEBOOK,
        "Name": "Standard Price Book",
        "IsActive": True,
        "IsStandard": True,
        "IsDeleted": False,
        "CurrencyIsoCode": currency,
        "OwnerId": USER,
        "CreatedById": USER,
    }
    now = wire.moment_text(tx.now.replace(microsecond=0))
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), now)
    tx.put(objects.PRICEBOOK.name, STANDARD_PRICEBOOK, book | stamps)
