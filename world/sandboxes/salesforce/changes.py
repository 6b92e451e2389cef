"""Change Data Capture: each change of a captured object is an event, kept for three days."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from world.sandboxes.box import Body, Transaction
from world.sandboxes.salesforce import oauth, objects, values
from world.sandboxes.salesforce.caller import Caller
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.schema import Field, SObject

ALL = "/data/ChangeEvents"
_EVENTS = "_change"
_FEED = "_feed"
_FIRST_COMMIT = 1_100_670_838_951
_NOT_TOLD = ("Id", "IsDeleted", "SystemModstamp")
_STAMPS = {"LastModifiedDate", "LastModifiedById"}
_ADDRESSES = ("Billing", "Shipping", "Mailing")
_PARTS = ("Street", "City", "State", "PostalCode", "Country")


@dataclass(frozen=True)
class Change:
    """A row before and after; None before it was created."""

    before: Row | None
    after: Row

    @property
    def type(self) -> str:
        """Return what the vendor calls it."""
        if self.before is None:
            return "CREATE"
        return "DELETE" if self.after["IsDeleted"] else "UPDATE"


def record(
    tx: Transaction, settings: dict[str, Any], caller: Caller, sobject: SObject, change: Change
) -> None:
    """Keep the event of a change, in the change's own transaction."""
    if sobject.name not in settings["change_data_capture"]:
        return
    changed = [field for field in _told(sobject) if _is_changed(field, change)]
    if change.type == "UPDATE" and not {field.name for field in changed} - _STAMPS:
        return
    number = next(caller.sequence)
    most = settings["changes_before_overflow"]
    if number > most + 1:
        return
    header = _header(tx, caller, sobject, change, number)
    body = _body(changed, change)
    if number > most:
        header |= {"changeType": "GAP_OVERFLOW", "recordIds": [f"{sobject.prefix}*"]}
        body = {}
    elif settings["changes_are_gaps"]:
        header["changeType"] = f"GAP_{change.type}"
        body = {}
    elif change.type == "UPDATE":
        header["changedFields"] = [_path(field) for field in changed]
    _keep(tx, {"ChangeEventHeader": header, **body})


def channels(settings: dict[str, Any]) -> dict[str, list[str]]:
    """Return the channels that there are, each with the objects whose changes it carries."""
    every = [sobject.name for sobject in objects.OBJECTS]
    return {ALL: every, **{_channel(name): [name] for name in every}, **settings["change_channels"]}


def first(tx: Transaction, settings: dict[str, Any]) -> int:
    """Return the number of the oldest event that is kept, and forget those before it."""
    feed = tx.get(_FEED, "all") or {"first": 1, "last": 0}
    kept = timedelta(hours=settings["change_retention_hours"])
    number = int(feed["first"])
    while number <= feed["last"]:
        event = tx.get(_EVENTS, str(number))
        if event and tx.now - datetime.fromisoformat(event["at"]) < kept:
            break
        tx.delete(_EVENTS, str(number))
        number += 1
    if number != feed["first"]:
        tx.put(_FEED, "all", feed | {"first": number})
    return number


def last(tx: Transaction) -> int:
    """Return the number of the newest event; 0 if there was none."""
    return int((tx.get(_FEED, "all") or {"last": 0})["last"])


def after(tx: Transaction, number: int, names: Iterable[str]) -> Iterator[tuple[int, Body]]:
    """Return the kept events of some objects after a number, the oldest first."""
    wanted = set(names)
    for each in range(number + 1, last(tx) + 1):
        event = tx.get(_EVENTS, str(each))
        if event and event["payload"]["ChangeEventHeader"]["entityName"] in wanted:
            yield each, _shown(event["payload"])


def _shown(payload: Body) -> Body:
    sobject = objects.find(payload["ChangeEventHeader"]["entityName"])
    fields = {name: sobject.field(name) if sobject else None for name in payload}
    return {
        name: values.shown(field, value) if (field := fields[name]) else value
        for name, value in payload.items()
    }


def _keep(tx: Transaction, payload: Body) -> None:
    feed = tx.get(_FEED, "all") or {"first": 1, "last": 0}
    number = feed["last"] + 1
    tx.put(_EVENTS, str(number), {"at": tx.now.isoformat(), "payload": payload})
    tx.put(_FEED, "all", feed | {"last": number})


def _header(tx: Transaction, caller: Caller, sobject: SObject, change: Change, number: int) -> Body:
    return {
        "entityName": sobject.name,
        "recordIds": [change.after["Id"]],
        "changeType": change.type,
        "changeOrigin": caller.origin,
        "transactionKey": caller.transaction,
        "sequenceNumber": number,
        "commitTimestamp": int(tx.now.timestamp() * 1000),
        "commitNumber": _FIRST_COMMIT + tx.next("commit"),
        "commitUser": oauth.USER,
        "nulledFields": [],
        "diffFields": [],
        "changedFields": [],
    }


def _told(sobject: SObject) -> Iterator[Field]:
    return (field for field in sobject.fields if field.name not in _NOT_TOLD)


def _is_changed(field: Field, change: Change) -> bool:
    value = change.after.get(field.name)
    if change.before is None:
        return value is not None
    return change.type == "UPDATE" and value != change.before.get(field.name)


def _body(changed: list[Field], change: Change) -> Body:
    body: Body = {}
    for field in changed:
        value = _value(field, change.after)
        whole, _, part = _path(field).partition(".")
        if part:
            body.setdefault(whole, {})[part] = value
        else:
            body[whole] = value
    return body


def _value(field: Field, row: Row) -> object:
    value = row.get(field.name)
    if field.type == "datetime":
        return str(value).replace("+0000", "Z")
    return value


def _path(field: Field) -> str:
    for kind in _ADDRESSES:
        part = field.name.removeprefix(kind)
        if part != field.name and part in _PARTS:
            return f"{kind}Address.{part}"
    return field.name


def _channel(name: str) -> str:
    if name.endswith("__c"):
        return f"/data/{name.removesuffix('__c')}__ChangeEvent"
    return f"/data/{name}ChangeEvent"
