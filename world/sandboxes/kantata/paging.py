"""Which part of an index is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from world.sandboxes.kantata import refusals

LARGEST = 200
PARAMETERS = frozenset({"page", "per_page", "limit", "offset"})
_DEFAULT_SIZE = 20

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page: where it starts, how long it is at most, and its number."""

    start: int = 0
    size: int = _DEFAULT_SIZE
    number: int = 1

    def of(self, rows: Sequence[T]) -> Sequence[T]:
        """Return the rows on this page."""
        return rows[self.start : self.start + self.size]

    def meta(self, count: int) -> dict[str, int]:
        """Return the vendor's description of the page."""
        return {
            "count": count,
            "page_count": -(-count // self.size),
            "page_number": self.number,
            "page_size": self.size,
        }


def read(parameters: Mapping[str, str]) -> Page:
    """Return the page asked for; `limit` with `offset` outweighs `page` with `per_page`."""
    if "limit" in parameters and "offset" in parameters:
        size = min(_number(parameters, "limit", least=1), LARGEST)
        start = _number(parameters, "offset", least=0)
        return Page(start=start, size=size, number=start // size + 1)
    number = _number(parameters, "page", least=1, default=1)
    size = min(_number(parameters, "per_page", least=1, default=_DEFAULT_SIZE), LARGEST)
    return Page(start=(number - 1) * size, size=size, number=number)


def _number(parameters: Mapping[str, str], name: str, *, least: int, default: int = 0) -> int:
    value = parameters.get(name)
    if value is None:
        return default
    if not value.isdecimal() or int(value) < least:
        message = f"{name} must be a whole number of at least {least}"
        raise refusals.malformed(message=message)
    return int(value)
