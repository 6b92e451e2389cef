"""Creating, changing and deleting rows, with everything the vendor refuses."""

import secrets
from collections.abc import Container
from typing import Any

from world.sandboxes.dynamics import _references
from world.sandboxes.dynamics._hour_rules import HOUR_RULES
from world.sandboxes.dynamics._infolog import (
    already_exists,
    bad_request,
    nothing_to_update,
    read_only,
    stale,
    write_failed,
)
from world.sandboxes.dynamics._invoice_rules import INVOICE_RULES
from world.sandboxes.dynamics._master_rules import MASTER_RULES
from world.sandboxes.dynamics._project_rules import PROJECT_RULES
from world.sandboxes.dynamics._rules import NONE, Change
from world.sandboxes.dynamics._schema import NAMESPACE, EntitySet, Row, etag
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._values import kept

_RULES = {**MASTER_RULES, **PROJECT_RULES, **HOUR_RULES, **INVOICE_RULES}
_VERSIONS = 2**31 - 2


def create(session: Session, entity: EntitySet, body: dict[str, Any]) -> Row:
    """Keep a new row and return it."""
    if entity.read_only:
        raise read_only(entity)
    rule = _RULES.get(entity.name, NONE)
    given = _given(session, entity, body, None)
    row = entity.blank | given
    if entity.scoped and "dataAreaId" not in given:
        row["dataAreaId"] = session.settings.default_company
    change = Change(session=session, row=row, given=given)
    rule.prepare(change)
    _check_fields(session, entity, change, entity.by_name)
    if session.rows.is_taken(entity, row):
        raise already_exists(entity, row)
    rule.finish(change)
    session.insert(entity, row)
    rule.created(change)
    session.log(f"POST {entity.name}", {"key": _key(entity, row), "given": given})
    return row


def update(session: Session, entity: EntitySet, before: Row, body: dict[str, Any]) -> None:
    """Change fields of a row."""
    if entity.read_only:
        raise read_only(entity)
    rule = _RULES.get(entity.name, NONE)
    rule.guard(Change(session=session, row=before, given={}))
    given = _given(session, entity, body, before)
    row = before | given | {"_version": 2 + secrets.randbelow(_VERSIONS)}
    change = Change(session=session, row=row, given=given, before=before)
    rule.prepare(change)
    _check_fields(session, entity, change, given)
    rule.finish(change)
    session.rows.put(entity, row)
    session.log(f"PATCH {entity.name}", {"key": _key(entity, row), "given": given})


def delete(session: Session, entity: EntitySet, row: Row) -> None:
    """Remove a row, with those that live by it."""
    if entity.read_only:
        raise read_only(entity)
    rule = _RULES.get(entity.name, NONE)
    change = Change(session=session, row=row, given={})
    rule.guard(change)
    rule.leaving(change)
    session.rows.delete(entity, row)
    rule.deleted(change)
    session.log(f"DELETE {entity.name}", {"key": _key(entity, row)})


def selected(
    session: Session, entity: EntitySet, keys: Row, *, if_match: str, cross_company: bool
) -> Row:
    """Return the row to change or delete; a row of another company is not found."""
    row = session.rows.get(entity, entity.key(keys))
    if row is None or not (cross_company or in_default_company(session, entity, row)):
        raise nothing_to_update()
    status = session.settings.stale_if_match_status
    if status and if_match not in ("", "*", etag(row)):
        raise stale(status)
    return row


def in_default_company(session: Session, entity: EntitySet, row: Row) -> bool:
    """Say whether a row is seen without `cross-company`."""
    return not entity.scoped or row["dataAreaId"] == session.settings.default_company


def _given(session: Session, entity: EntitySet, body: dict[str, Any], before: Row | None) -> Row:
    given = {}
    plain_dates = session.settings.plain_dates_accepted
    for name, value in body.items():
        if "@" in name:
            _check_annotation(entity, name, value)
            continue
        field = entity.by_name.get(name)
        if field is None:
            raise _no_property(entity, name)
        try:
            given[name] = kept(field, value, plain_dates=plain_dates)
        except ValueError as error:
            raise bad_request(str(error)) from None
    for name in [name for name in given if name in entity.guarded]:
        if _stays(session, entity, name, given[name], before):
            del given[name]
    return given


def _stays(
    session: Session, entity: EntitySet, name: str, value: object, before: Row | None
) -> bool:
    """Say whether a value that cannot be set is to be left out. Refused if it must not be sent."""
    if before is not None and before[name] == value:
        return True
    if before is not None and name in entity.keys:
        raise write_failed(entity, [f"Field '{name}' is a key field and cannot be changed"])
    if not entity.by_name[name].server:
        return False
    if session.settings.read_only_fields_refused:
        raise write_failed(entity, [f"Field '{name}' does not allow edits"])
    return True


def _check_annotation(entity: EntitySet, name: str, value: object) -> None:
    expected = f"#{NAMESPACE}.{entity.type_name}"
    if name == "@odata.type" and f"#{str(value).removeprefix('#')}" != expected:
        message = f"An entry with type '{value}' was found, but '{expected}' was expected."
        raise bad_request(message)


def _no_property(entity: EntitySet, name: str) -> Exception:
    return bad_request(
        f"The property '{name}' does not exist on type '{NAMESPACE}.{entity.type_name}'."
        " Make sure to only use property names that are defined by the type."
    )


def _check_fields(
    session: Session, entity: EntitySet, change: Change, names: Container[str]
) -> None:
    problems = [
        f"Field '{field.label}' must be filled in"
        for field in entity.required
        if change.row[field.name] == field.unset
        and field.name in names
        and (field.name not in change.given or field.quoted)
    ]
    problems += _references.unknown(session, entity, change.row, names)
    if problems:
        raise write_failed(entity, problems)


def _key(entity: EntitySet, row: Row) -> Row:
    return {name: row[name] for name in entity.keys}
