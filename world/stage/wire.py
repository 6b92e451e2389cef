"""JSON whose numbers are exact decimals, in both directions."""

import json
from decimal import Decimal
from typing import Any


def loads(text: str | bytes) -> Any:  # noqa: ANN401 - any JSON
    """Return the value of a JSON text; fractions are Decimals.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_float=Decimal)


def dumps(value: object) -> str:
    """Return the JSON text of a value; a Decimal is a number with all its digits."""
    match value:
        case Decimal():
            return format(value, "f")
        case dict():
            members = (f"{json.dumps(name)}:{dumps(member)}" for name, member in value.items())
            return f"{{{','.join(members)}}}"
        case list() | tuple():
            return f"[{','.join(dumps(item) for item in value)}]"
        case _:
            return json.dumps(value)
