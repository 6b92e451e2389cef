"""Tax ids of a story that is played again: every play has clients of its own."""

import re
from itertools import count, islice

from stdnum.eu import vat

_DIGITS = re.compile(r"(.*?)(\d+)(\D*)")


def of_play(tax_id: str, play: int) -> str:
    """Return the tax id of a client in the first, second … play; a valid VAT id stays one."""
    parts = _DIGITS.fullmatch(tax_id)
    if parts is None:
        return tax_id
    head, digits, tail = parts.groups()
    width, is_checked = len(digits), vat.is_valid(tax_id)
    following = (f"{head}{(int(digits) + step) % 10**width:0{width}}{tail}" for step in count())
    fitting = (each for each in following if not is_checked or vat.is_valid(each))
    return next(islice(fitting, play - 1, None))
