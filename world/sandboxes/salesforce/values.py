"""A field's value on its three ways: accepted from a request, shown in an answer, compared.

A stored number is the text of an exact decimal, a stored time the text that the vendor prints.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from world.sandboxes.salesforce import ids, objects
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.schema import Field, Type

Stored = str | bool | None
Settings = dict[str, Any]
_DIGITS = 18
_NUMBERS = ("currency", "double", "int")
_TEXTS = ("string", "textarea", "picklist")


def accepted(field: Field, value: object, settings: Settings) -> Stored:
    """Return what is stored for a value in a request; an empty text is no value.

    Raises:
        Refused: the field does not take it.
    """
    if value is None or value == "":
        return field.default
    return _ACCEPT.get(field.type, _text)(field, value, settings)


def shown(field: Field, stored: Stored) -> object:
    """Return the value as an answer carries it."""
    if stored is None or field.type not in _NUMBERS:
        return stored
    return int(str(stored)) if field.type == "int" else Decimal(str(stored))


def comparable(field: Field, stored: Stored) -> Any:  # noqa: ANN401 - of the field's own type
    """Return the value as queries compare and sort it: text in any case, numbers as numbers."""
    if stored is None:
        return None
    if field.type in _NUMBERS:
        return Decimal(str(stored))
    return str(stored).casefold() if field.type in _TEXTS else stored


def _boolean(field: Field, value: object, _: Settings) -> bool:
    if not isinstance(value, bool):
        raise _unreadable(field, value)
    return value


def _number(field: Field, value: object, settings: Settings) -> str:
    if isinstance(value, str) and settings["numeric_strings_accepted"]:
        value = _decimal(field, value)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _unreadable(field, value)
    number = Decimal(value)
    _, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int) or len(digits) > _DIGITS or abs(exponent) > _DIGITS:
        message = f"{field.name}: value outside of valid range on numeric field"
        raise Refused(message, code="NUMBER_OUTSIDE_VALID_RANGE", fields=(field.name,))
    if field.type != "int":
        return format(number, "f")
    if number != int(number):
        raise _unreadable(field, value)
    return str(int(number))


def _decimal(field: Field, value: str) -> Decimal:
    try:
        return Decimal(value)
    except InvalidOperation:
        raise _unreadable(field, value) from None


def _date(field: Field, value: object, _: Settings) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise _unreadable(field, value) from None
    if day.isoformat() != value:
        raise _unreadable(field, value)
    return value


def _reference(field: Field, value: object, settings: Settings) -> str:
    key = ids.full(_text(field, value, settings))
    if key is None or not key.startswith(objects.target(field).prefix):
        message = f"{field.name}: id value of incorrect type: {value}"
        raise Refused(message, code="MALFORMED_ID", fields=(field.name,))
    return key


def _choice(field: Field, value: object, settings: Settings) -> str:
    choices = settings["currencies"] if field.name == "CurrencyIsoCode" else field.values
    if value not in choices:
        message = f"{field.name}: bad value for restricted picklist field: {value}"
        code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        raise Refused(message, code=code, fields=(field.name,))
    return str(value)


def _text(field: Field, value: object, _: Settings) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if len(value) > field.length:
        message = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise Refused(message, code="STRING_TOO_LONG", fields=(field.name,))
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _unreadable(field, value) from None
    return value


def _unreadable(field: Field, value: object) -> Refused:
    message = (
        f"Cannot deserialize instance of {field.type} from value {value!r}"
        " or request may be missing a required field"
    )
    return Refused(message, code="JSON_PARSER_ERROR")


_ACCEPT: dict[Type, Callable[[Field, object, Settings], Stored]] = {
    "boolean": _boolean,
    "currency": _number,
    "double": _number,
    "int": _number,
    "date": _date,
    "reference": _reference,
    "picklist": _choice,
}
