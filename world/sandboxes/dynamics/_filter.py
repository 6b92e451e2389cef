"""A small `$filter`: comparisons of a property with a literal, and, or, not, parentheses.

Refused, as by the vendor: `in`, `has`, functions. Arithmetic is not played.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from world.sandboxes.dynamics import _keys
from world.sandboxes.dynamics._infolog import Refused, bad_request
from world.sandboxes.dynamics._schema import NAMESPACE, EntitySet, Field, Row
from world.sandboxes.dynamics._values import comparable, edm_type

Predicate = Callable[[Row], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<mark>[()])|(?:(?P<enum>[A-Za-z_][\w.]*'(?:[^']|'')*')|(?P<text>'(?:[^']|'')*')"
    r"|(?P<date>\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d))?)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<word>[A-Za-z_]\w*))(?=[\s()]|$))"
)
_MOST_NESTED = 50
_LITERALS = {
    "text": {"text"},
    "company": {"text"},
    "real": {"number"},
    "int": {"number"},
    "recid": {"number"},
    "enum": {"enum"},
    "date": {"date"},
    "datetime": {"date"},
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "gt": lambda left, right: bool(left > right),
    "ge": lambda left, right: bool(left >= right),
    "lt": lambda left, right: bool(left < right),
    "le": lambda left, right: bool(left <= right),
}


@dataclass(frozen=True)
class Filter:
    """What rows have to meet; `pinned` are values that each of them must have."""

    matches: Predicate
    pinned: Row = field(default_factory=dict)


EVERYTHING = Filter(lambda _: True)


def parsed(entity: EntitySet, text: str) -> Filter:
    """Read a `$filter`. Refused if it cannot be read or names what is not there."""
    parser = _Parser(entity, _tokens(text))
    result = parser.either(0)
    parser.end()
    return result


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens = []
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise _syntax(text[at:])
        tokens.append((match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens


class _Parser:
    def __init__(self, entity: EntitySet, tokens: list[tuple[str, str]]) -> None:
        self._entity = entity
        self._tokens = tokens
        self._at = 0

    def either(self, depth: int) -> Filter:
        result = self._both(depth)
        while self._take("word", "or"):
            result = _or(result, self._both(depth))
        return result

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise _syntax(self._tokens[self._at][1])

    def _both(self, depth: int) -> Filter:
        result = self._one(depth)
        while self._take("word", "and"):
            result = _and(result, self._one(depth))
        return result

    def _one(self, depth: int) -> Filter:
        if depth > _MOST_NESTED:
            message = "The node count limit has been exceeded."
            raise bad_request(message)
        if self._take("word", "not"):
            return _not(self._one(depth + 1))
        if self._take("mark", "("):
            inner = self.either(depth + 1)
            if not self._take("mark", ")"):
                raise _syntax(self._shown())
            return inner
        return self._comparison()

    def _comparison(self) -> Filter:
        name = self._next("word")
        found = self._entity.by_name.get(name)
        if found is None:
            raise no_property(self._entity, name)
        operator = self._next("word")
        if operator not in _COMPARE:
            raise _syntax(operator)
        kind, literal = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        self._at += 1
        return _compared(found, operator, kind, literal)

    def _next(self, kind: str) -> str:
        if self._at >= len(self._tokens) or self._tokens[self._at][0] != kind:
            raise _syntax(self._shown())
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _take(self, kind: str, text: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == (kind, text):
            self._at += 1
            return True
        return False

    def _shown(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) else "the end"


def _compared(found: Field, operator: str, kind: str, literal: str) -> Filter:
    if kind not in _LITERALS[found.kind]:
        raise _incompatible(found, operator, literal)
    if found.enum:
        name, _, member = literal[:-1].partition("'")
        if name != f"{NAMESPACE}.{found.enum.name}" or operator not in {"eq", "ne"}:
            raise _incompatible(found, operator, literal)
        literal = f"'{member}'"
    if found.kind == "text" and operator in {"eq", "ne"} and "*" in literal:
        return _wildcard(found.name, operator, literal[1:-1].replace("''", "'"))
    value = _keys.value(found, literal)
    wanted = comparable(found, value)
    compare = _COMPARE[operator]
    pinned = {found.name: value} if operator == "eq" else {}
    return Filter(lambda row: compare(comparable(found, row[found.name]), wanted), pinned)


def _wildcard(name: str, operator: str, pattern: str) -> Filter:
    like = re.compile(".*".join(re.escape(part) for part in pattern.split("*")), re.DOTALL)
    wanted = operator == "eq"
    return Filter(lambda row: (like.fullmatch(row[name]) is not None) == wanted)


def _and(left: Filter, right: Filter) -> Filter:
    return Filter(
        lambda row: left.matches(row) and right.matches(row), {**left.pinned, **right.pinned}
    )


def _or(left: Filter, right: Filter) -> Filter:
    return Filter(lambda row: left.matches(row) or right.matches(row))


def _not(inner: Filter) -> Filter:
    return Filter(lambda row: not inner.matches(row))


def no_property(entity: EntitySet, name: str) -> Refused:
    """Refuse a query that names what the entity does not have."""
    return bad_request(
        f"Could not find a property named '{name}' on type '{NAMESPACE}.{entity.type_name}'."
    )


def _incompatible(found: Field, operator: str, literal: str) -> Refused:
    return bad_request(
        "A binary operator with incompatible types was detected. Found operand types"
        f" '{edm_type(found)}' and the literal {literal or 'nothing'} for operator '{operator}'."
    )


def _syntax(near: str) -> Refused:
    return bad_request(f"Syntax error in the filter near '{near[:40]}'.")
