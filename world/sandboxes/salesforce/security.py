"""Field-level security: what the integration user's profile hides, as if it were not there."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from world.sandboxes.salesforce import errors
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.schema import Field, SObject


def is_hidden(settings: dict[str, Any], sobject: SObject, field: Field) -> bool:
    """Say whether the user does not see a field."""
    return f"{sobject.name}.{field.name}" in settings["hidden_fields"]


def check_write(settings: dict[str, Any], sobject: SObject) -> None:
    """Let a write pass to an object that the user may write.

    Raises:
        Refused: the profile lets the user only read it.
    """
    if sobject.name in settings["read_only_objects"]:
        code = "INSUFFICIENT_ACCESS_OR_READONLY"
        message = f"insufficient access rights on object {sobject.name}"
        raise Refused(message, code=code, status=HTTPStatus.FORBIDDEN, fields=())


def seen(settings: dict[str, Any], sobject: SObject) -> list[Field]:
    """Return the fields that the user sees."""
    return [field for field in sobject.fields if not is_hidden(settings, sobject, field)]


def check(settings: dict[str, Any], columns: Iterable[tuple[SObject, Field]]) -> None:
    """Let a query pass that names no hidden field.

    Raises:
        Refused: it does, in the words for a field that is not there.
    """
    for sobject, field in columns:
        if is_hidden(settings, sobject, field):
            raise errors.no_column(field.name, sobject.name)
