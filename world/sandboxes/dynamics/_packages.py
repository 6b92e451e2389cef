"""Package import of the data management API: a blob, an execution of it, what became of its rows.

Each row is written or refused alone: an execution can succeed in part.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, NoReturn
from uuid import uuid4

from world.sandboxes.box import Body
from world.sandboxes.dynamics import _blobs, _package_file, _writes
from world.sandboxes.dynamics._infolog import Refused, action_failed, bad_request, no_route
from world.sandboxes.dynamics._iso4217 import OutOfRange
from world.sandboxes.dynamics._package_file import PackageError, Record
from world.sandboxes.dynamics._session import Session

GROUPS = "DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities."
_KIND = "_execution"
_UNDER_WAY = "Executing"
Open = Callable[[], AbstractContextManager[Session]]
Members = dict[str, Any]


def done(open_session: Open, base: str, path: str, body: bytes) -> Members:
    """Do what an action asks for and return its answer. Refused if it cannot be."""
    action = _ACTIONS.get(path.removeprefix(GROUPS))
    if action is None:
        url = f"{base}/{path}"
        raise no_route(url)
    asked = _read(body)
    _run_what_is_due(open_session)
    with open_session() as session:
        value = action(session, base, asked)
    _run_what_is_due(open_session)
    return {"@odata.context": f"{base}/$metadata#Edm.String", "value": value}


def _write_url(session: Session, base: str, asked: Members) -> str:
    name = _text(asked, "uniqueFileName")
    identity = str(uuid4())
    url = _blobs.reserve(session.tx, base, f"{identity}-{name}")
    return json.dumps({"BlobId": identity, "BlobUrl": url})


def _import(session: Session, base: str, asked: Members) -> str:
    url, group = _text(asked, "packageUrl"), _text(asked, "definitionGroupId")
    execution = asked.get("executionId") or f"{group}-{session.now:%Y-%m-%dT%H:%M:%S}-{uuid4()}"
    known = session.tx.get(_KIND, str(execution))
    if known and session.settings.package_execution_reused == "returned":
        return str(execution)
    if known:
        _refuse(f"Execution {execution} already exists.")
    _refuse_second(session, group)
    content = _blobs.content(session.tx, base, url)
    if content is None:
        _refuse("The package cannot be downloaded.")
    wait = timedelta(seconds=session.settings.package_import_seconds)
    body: Body = {
        "id": execution,
        "group": group,
        "company": str(asked.get("legalEntityId") or session.settings.default_company).lower(),
        "package": content,
        "state": _UNDER_WAY if asked.get("execute", True) else "NotRun",
        "due": (session.now + wait).isoformat(),
        "errors": [],
    }
    session.tx.put(_KIND, str(execution), body)
    session.log("package.imported", {"executionId": execution, "definitionGroupId": group})
    return str(execution)


def _refuse_second(session: Session, group: str) -> None:
    if session.settings.package_imports_in_parallel:
        return
    running = [e for e in session.tx.all(_KIND) if e["state"] == _UNDER_WAY and e["group"] == group]
    if running:
        _refuse(f"Definition group {group} is being imported.")


def _status(session: Session, _: str, asked: Members) -> str:
    found = session.tx.get(_KIND, _text(asked, "executionId"))
    return found["state"] if found else "Unknown"


def _errors(session: Session, _: str, asked: Members) -> str:
    return json.dumps(_execution(session, asked)["errors"])


def _has_errors(session: Session, _: str, asked: Members) -> bool:
    return bool(_of_entity(session, asked))


def _error_file(session: Session, base: str, asked: Members) -> str:
    """Return where the refused rows of an entity are: their keys, and why."""
    refused = _of_entity(session, asked)
    lines = [f"{each['RecordId']},{json.dumps(each['ErrorMessage'])}" for each in refused]
    url = _blobs.reserve(session.tx, base, f"{uuid4()}-errors.csv")
    _blobs.keep(session.tx, url, "\r\n".join(["RECORDID,ERRORMESSAGE", *lines]).encode())
    return url


def _of_entity(session: Session, asked: Members) -> list[Members]:
    name = _text(asked, "entityName").casefold()
    errors = _execution(session, asked)["errors"]
    return [each for each in errors if each["EntityName"].casefold() == name]


def _execution(session: Session, asked: Members) -> Body:
    name = _text(asked, "executionId")
    found = session.tx.get(_KIND, name)
    if found is None:
        _refuse(f"Execution {name} does not exist.")
    return found


def _read(body: bytes) -> Members:
    try:
        asked = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        asked = None
    if not isinstance(asked, dict):
        message = "The request body must be a JSON object."
        raise bad_request(message)
    return asked


def _refuse(message: str) -> NoReturn:
    raise action_failed(message, status=400)


def _text(asked: Members, name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        message = f"The parameter '{name}' must be a text."
        raise bad_request(message)
    return value


def _run_what_is_due(open_session: Open) -> None:
    with open_session() as session:
        due = [
            each
            for each in session.tx.all(_KIND)
            if each["state"] == _UNDER_WAY and datetime.fromisoformat(each["due"]) <= session.now
        ]
    for execution in due:
        state, errors = _outcome(open_session, execution)
        with open_session() as session:
            ended = {"state": state, "errors": errors, "package": ""}
            session.tx.put(_KIND, execution["id"], execution | ended)
            session.log("package.ended", {"executionId": execution["id"], "state": state})


def _outcome(open_session: Open, execution: Body) -> tuple[str, list[Members]]:
    try:
        records = _package_file.records(b64decode(execution["package"]))
    except PackageError as wrong:
        return "Failed", [_error("", "", str(wrong))]
    problems = [
        _error(record.entity.label, str(record.number), problem)
        for record in records
        if (problem := _refusal(open_session, execution["company"], record))
    ]
    if not problems:
        return "Succeeded", []
    return ("Failed" if len(problems) == len(records) else "PartiallySucceeded"), problems


def _refusal(open_session: Open, company: str, record: Record) -> str:
    entity, values = record.entity, dict(record.values)
    if entity.scoped:
        values["dataAreaId"] = company
    try:
        with open_session() as session:
            key = entity.key(entity.blank | {k: v for k, v in values.items() if v is not None})
            before = session.rows.get(entity, key)
            if before is None:
                _writes.create(session, entity, values)
            else:
                _writes.update(session, entity, before, values)
    except Refused as refused:
        return refused.infolog
    except OutOfRange as wrong:
        return f"{wrong} is out of range."
    return ""


def _error(entity: str, record: str, message: str) -> Members:
    return {"EntityName": entity, "RecordId": record, "ErrorMessage": message}


_ACTIONS: dict[str, Callable[[Session, str, Members], str | bool]] = {
    "GetAzureWriteUrl": _write_url,
    "ImportFromPackage": _import,
    "ImportFromPackageAsync": _import,
    "GetExecutionSummaryStatus": _status,
    "GetExecutionErrors": _errors,
    "GenerateImportTargetErrorKeysFile": _has_errors,
    "GetImportTargetErrorKeysFileUrl": _error_file,
    "GetImportStagingErrorFileUrl": _error_file,
}
