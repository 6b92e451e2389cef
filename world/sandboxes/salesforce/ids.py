"""Record ids: 15 characters that tell upper from lower case, and 3 more that check them."""

import re

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_SHORT = 15
_GROUP = 5
_NUMBER = 8


def make(prefix: str, number: int) -> str:
    """Return the 18-character id of the n-th record of a kind; later ids sort after earlier."""
    digits = ""
    for _ in range(_NUMBER):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return _checked(f"{prefix}xx00{digits}")


def full(text: str) -> str | None:
    """Return the 18-character form of either form, or None if it is no id."""
    if not re.fullmatch(r"[0-9A-Za-z]{15}(?:[0-9A-Za-z]{3})?", text):
        return None
    whole = _checked(text[:_SHORT])
    return whole if len(text) == _SHORT or text == whole else None


def _checked(short: str) -> str:
    groups = (short[start : start + _GROUP] for start in range(0, _SHORT, _GROUP))
    return short + "".join(
        _CHECKS[sum(1 << place for place, char in enumerate(group) if "A" <= char <= "Z")]
        for group in groups
    )
