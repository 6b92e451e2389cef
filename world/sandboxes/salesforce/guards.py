"""What an org's own set-up refuses: locked rows, broken validation rules, duplicates."""

from typing import Any

from world.sandboxes.box import Transaction
from world.sandboxes.salesforce import objects, values
from world.sandboxes.salesforce.caller import Caller
from world.sandboxes.salesforce.columns import Row
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.schema import SObject

_NEWER_SPELLING = 60  # versions from here on spell the result of a duplicate rule right


def check_locks(settings: dict[str, Any], sobject: SObject, row: Row) -> None:
    """Let a row pass that nobody holds, nor a row that it belongs to.

    Raises:
        Refused: somebody does.
    """
    needed = [row.get("Id")]
    needed += [row.get(link.name) for link in sobject.references if link.on_delete == "cascade"]
    held = [str(key) for key in needed if key in settings["locked_rows"]]
    if held:
        message = (
            "unable to obtain exclusive access to this record or"
            f" {len(held)} records: {','.join(held)}"
        )
        status = settings["lock_status"]
        raise Refused(message, code="UNABLE_TO_LOCK_ROW", status=status, fields=())


def check_rules(settings: dict[str, Any], sobject: SObject, row: Row) -> None:
    """Let a row pass that breaks no validation rule.

    Raises:
        Refused: it breaks one, with the rule's own words.
    """
    for rule in settings["validation_rules"]:
        if rule["object"] != sobject.name:
            continue
        shown = {name: _shown(sobject, row, name) for name in rule["refuses"]}
        if shown == rule["refuses"]:
            code = "FIELD_CUSTOM_VALIDATION_EXCEPTION"
            raise Refused(rule["message"], code=code, fields=tuple(rule["fields"]))


def check_duplicates(
    tx: Transaction, settings: dict[str, Any], sobject: SObject, row: Row, caller: Caller
) -> None:
    """Let a row pass that is like no other, or whose caller saves duplicates knowingly.

    Raises:
        Refused: there are others like it; the error tells which.
    """
    for rule in settings["duplicate_rules"]:
        is_overruled = rule["allow_save"] and caller.may_save_duplicates
        if rule["object"] != sobject.name or is_overruled:
            continue
        if found := _alike(tx, rule, sobject, row):
            key = settings["duplicate_result_key"] or _key(caller.version)
            result = _result(rule, found, caller.version)
            message = rule["message"]
            raise Refused(message, code="DUPLICATES_DETECTED", details={key: result})


def _alike(tx: Transaction, rule: dict[str, Any], sobject: SObject, row: Row) -> list[Row]:
    wanted = _compared(rule, sobject, row)
    if None in wanted:
        return []
    return [
        other
        for other in tx.all(sobject.name)
        if other["Id"] != row["Id"]
        and not other["IsDeleted"]
        and _compared(rule, sobject, other) == wanted
    ]


def _compared(rule: dict[str, Any], sobject: SObject, row: Row) -> list[object]:
    fields = [field for name in rule["fields"] if (field := sobject.field(name))]
    return [values.comparable(field, row.get(field.name)) for field in fields]


def _key(version: str) -> str:
    is_newer = float(version.removeprefix("v")) >= _NEWER_SPELLING
    return "duplicateResult" if is_newer else "duplicateResut"


def _result(rule: dict[str, Any], found: list[Row], version: str) -> dict[str, object]:
    name = rule["object"]
    url = f"/services/data/{version}/sobjects/{name}"
    matched = [
        {
            "additionalInformation": [],
            "fieldDiffs": [],
            "matchConfidence": 100.0,
            "record": {"attributes": {"type": name, "url": f"{url}/{row['Id']}"}, "Id": row["Id"]},
        }
        for row in found
    ]
    match = {
        "entityType": name,
        "errors": [],
        "matchEngine": "ExactMatchEngine",
        "matchRecords": matched,
        "rule": f"{rule['name']}_Match",
        "size": len(matched),
        "success": True,
    }
    return {
        "allowSave": rule["allow_save"],
        "duplicateRule": rule["name"],
        "duplicateRuleEntityType": name,
        "errorMessage": rule["message"],
        "matchResults": [match],
    }


def _shown(sobject: SObject, row: Row, name: str) -> object:
    field = objects.field(sobject, name)
    return values.shown(field, row.get(field.name))
