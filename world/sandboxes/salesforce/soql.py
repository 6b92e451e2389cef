"""SOQL as far as the platform's clients speak it: a query's text becomes a `Select`.

SELECT fields, parents' fields and child subqueries FROM one object, WHERE, ORDER BY, LIMIT.
"""

import re
from dataclasses import dataclass
from typing import Literal, NamedTuple

from world.sandboxes.salesforce import errors, literals
from world.sandboxes.salesforce.literals import Value

Path = tuple[str, ...]
_DEEPEST = 50
_LONGEST_LIMIT = 9
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z]\w*(?:\.[A-Za-z]\w*)*)
    | (?P<symbol><=|>=|!=|<>|[=<>(),])
    )""",
    re.VERBOSE | re.ASCII | re.DOTALL,
)
_KEYWORDS = {
    "select", "from", "where", "and", "or", "not", "in", "like", "order", "by", "asc", "desc",
    "nulls", "limit", "group", "having", "offset", "with", "for", "using",
}  # fmt: skip
_COMPARISONS = ("=", "!=", "<>", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Comparison:
    """A field against a literal, or against several for IN and NOT IN."""

    path: Path
    operator: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Combined:
    """Conditions that must hold all (`and`), or of which one must (`or`)."""

    operator: Literal["and", "or"]
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Negated:
    """A condition that must not hold."""

    part: "Condition"


Condition = Comparison | Combined | Negated


@dataclass(frozen=True)
class Order:
    """One key to sort by."""

    path: Path
    descending: bool = False
    nulls_last: bool = False


@dataclass(frozen=True)
class Select:
    """One query. `source` is an object, or in a subquery the relationship to the children."""

    columns: tuple[Path, ...]
    children: tuple["Select", ...]
    source: str
    where: Condition | None
    order: tuple[Order, ...]
    limit: int | None


class _Token(NamedTuple):
    kind: str
    text: str

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind in ("name", "symbol") else ""


def parse(text: str) -> Select:
    """Return the query that a text says.

    Raises:
        Refused: it is no SOQL.
    """
    return _Parser(_tokens(text)).query()


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while match := _TOKEN.match(text, at):
        kind = str(match.lastgroup)
        found.append(_Token(kind, match[kind]))
        at = match.end()
    if rest := text[at:].lstrip():
        message = f"unexpected token: {rest[:1]!r}"
        raise errors.malformed(message)
    return [*found, _Token("end", "<EOF>")]


class _Parser:
    """Recursive descent; each method consumes what it returns."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0

    def query(self) -> Select:
        select = self._select(subqueries=True)
        if self._next.kind != "end":
            raise self._unexpected()
        return select

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _unexpected(self) -> errors.Refused:
        return errors.malformed(f"unexpected token: {self._next.text!r}")

    def _take(self, *words: str) -> bool:
        following = self._tokens[self._at : self._at + len(words)]
        if [token.word for token in following] != list(words):
            return False
        self._at += len(words)
        return True

    def _expect(self, *words: str) -> None:
        if not self._take(*words):
            raise self._unexpected()

    def _name(self) -> Path:
        token = self._next
        if token.kind != "name" or token.word in _KEYWORDS:
            raise self._unexpected()
        self._at += 1
        return tuple(token.text.split("."))

    def _select(self, *, subqueries: bool) -> Select:
        self._expect("select")
        columns: list[Path] = []
        children: list[Select] = []
        while True:
            if subqueries and self._take("("):
                children.append(self._select(subqueries=False))
                self._expect(")")
            else:
                columns.append(self._name())
            if not self._take(","):
                break
        self._expect("from")
        source = ".".join(self._name())
        where = self._condition() if self._take("where") else None
        order = self._orders() if self._take("order", "by") else ()
        limit = self._limit() if self._take("limit") else None
        return Select(tuple(columns), tuple(children), source, where, order, limit)

    def _condition(self, depth: int = 0) -> Condition:
        parts = [self._term(depth)]
        operator: Literal["and", "or"] = "or" if self._next.word == "or" else "and"
        while self._take(operator):
            parts.append(self._term(depth))
        # Both at one level need parentheses: the vendor does not guess either.
        if self._next.word in ("and", "or"):
            raise self._unexpected()
        return parts[0] if len(parts) == 1 else Combined(operator, tuple(parts))

    def _term(self, depth: int) -> Condition:
        if depth > _DEEPEST:
            message = "the query is nested too deeply"
            raise errors.malformed(message)
        if self._take("not"):
            return Negated(self._term(depth + 1))
        if self._take("("):
            condition = self._condition(depth + 1)
            self._expect(")")
            return condition
        return self._comparison()

    def _comparison(self) -> Comparison:
        path = self._name()
        for operator in _COMPARISONS:
            if self._take(operator):
                same = {"<>": "!="}.get(operator, operator)
                return Comparison(path, same, (self._value(),))
        if self._take("like"):
            return Comparison(path, "like", (self._value(),))
        operator = "not in" if self._take("not", "in") else "in"
        if operator == "in":
            self._expect("in")
        self._expect("(")
        values = [self._value()]
        while self._take(","):
            values.append(self._value())
        self._expect(")")
        return Comparison(path, operator, tuple(values))

    def _value(self) -> Value:
        token = self._next
        if token.kind == "name":
            value = literals.constant(token.text)
        elif token.kind in ("symbol", "end"):
            value = None
        else:
            value = literals.parsed(token.kind, token.text)
        if value is None:
            raise self._unexpected()
        self._at += 1
        return value

    def _orders(self) -> tuple[Order, ...]:
        orders = [self._order()]
        while self._take(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        path = self._name()
        descending = self._take("desc")
        if not descending:
            self._take("asc")
        nulls_last = self._take("nulls", "last")
        if not nulls_last:
            self._take("nulls", "first")
        return Order(path, descending, nulls_last)

    def _limit(self) -> int:
        token = self._next
        is_count = token.text.isdecimal() and len(token.text) <= _LONGEST_LIMIT
        if token.kind != "number" or not is_count:
            raise self._unexpected()
        self._at += 1
        return int(token.text)
