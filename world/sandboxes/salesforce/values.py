"""A field's value on its three ways: accepted from a request, shown in an answer, compared.

A stored number is the text of an exact decimal, a stored time the text that the vendor prints.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from world.sandboxes.salesforce import ids, objects
from world.sandboxes.salesforce.errors import Refused
from world.sandboxes.salesforce.schema import Field

Stored = str | bool | None
Settings = dict[str, Any]
_DIGITS = 18
_NUMBERS = ("currency", "double", "int")


def accepted(field: Field, value: object, settings: Settings) -> Stored:
    """Return what is stored for a value in a request; an empty text is no value.

    Raises:
        Refused: the field does not take it.
    """
    if value is None or value == "":
        return field.default
    match field.type:
        case "boolean":
            return _boolean(field, value)
        case "currency" | "double" | "int":
            return _number(field, value, settings)
        case "date":
            return _date(field, value)
        case "reference":
            return _reference(field, value)
        case "picklist":
            return _choice(field, value, settings)
        case _:
            return _text(field, value)


def shown(field: Field, stored: Stored) -> object:
    """Return the value as an answer carries it."""
    if stored is None or field.type not in _NUMBERS:
        return stored
    return int(str(stored)) if field.type == "int" else Decimal(str(stored))


def comparable(field: Field, stored: Stored) -> Any:  # noqa: ANN401 - of the field's own type
    """Return the value as queries compare and sort it: text in any case, numbers as numbers."""
    if stored is None or field.type == "boolean":
        return stored
    if field.type in _NUMBERS:
        return Decimal(str(stored))
    return stored if field.type in ("id", "reference") else str(stored).casefold()


def _boolean(field: Field, value: object) -> bool:
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
        raise Refused("NUMBER_OUTSIDE_VALID_RANGE", message, fields=(field.name,))
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


def _date(field: Field, value: object) -> str:
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        raise _unreadable(field, value) from None
    if day.isoformat() != value:
        raise _unreadable(field, value)
    return value


def _reference(field: Field, value: object) -> str:
    key = ids.full(_text(field, value))
    if key is None or not key.startswith(objects.target(field).prefix):
        message = f"{field.name}: id value of incorrect type: {value}"
        raise Refused("MALFORMED_ID", message, fields=(field.name,))
    return key


def _choice(field: Field, value: object, settings: Settings) -> str:
    choices = settings["currencies"] if field.name == "CurrencyIsoCode" else field.values
    if value not in choices:
        raise Refused(
            "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
            f"{field.name}: bad value for restricted picklist field: {value}",
            fields=(field.name,),
        )
    return str(value)


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str):
        raise _unreadable(field, value)
    if len(value) > field.length:
        message = f"{field.name}: data value too large: {value} (max length={field.length})"
        raise Refused("STRING_TOO_LONG", message, fields=(field.name,))
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
    return Refused("JSON_PARSER_ERROR", message)
