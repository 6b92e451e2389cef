"""How an entity set is declared: keys, fields, defaults, references. Data only."""

import base64
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from json.encoder import encode_basestring_ascii
from operator import itemgetter
from typing import Any, Literal

Row = dict[str, Any]
Kind = Literal["text", "company", "real", "int", "recid", "enum", "date", "datetime"]

NAMESPACE = "Microsoft.Dynamics.DataEntities"
UNSET_DATE = "1900-01-01T12:00:00Z"
UNSET_TIME = "1900-01-01T00:00:00Z"
SEPARATOR = "\x1f"  # between the parts of a row's key in the box

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_UNQUOTED = {"real", "int", "recid"}
_UNSET: dict[Kind, str | int] = {
    "text": "",
    "company": "",
    "real": "0",
    "int": 0,
    "recid": 0,
    "date": UNSET_DATE,
    "datetime": UNSET_TIME,
}


@dataclass(frozen=True)
class EnumType:
    """An enumeration; the first member is the default."""

    name: str
    members: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """A foreign key. `via` pairs key fields of the target with fields of the referring row.

    Without `via` the field itself is the target's only key beside the company.
    """

    entity_set: str
    via: tuple[tuple[str, str], ...] = ()


def values_of(names: tuple[str, ...]) -> Callable[[Row], tuple[object, ...]]:
    """Return what takes these fields' values out of a row."""
    if len(names) > 1:
        return itemgetter(*names)
    name = names[0]
    return lambda row: (row[name],)


@dataclass(frozen=True, kw_only=True)
class Field:
    """One property. A `server` field is set by the server only."""

    name: str
    kind: Kind
    default: str | int
    enum: EnumType | None = None
    required: bool = False
    server: bool = False
    references: Reference | None = None

    @cached_property
    def label(self) -> str:
        """Return the label an Infolog shows: `CustomerGroupId` is `Customer group`."""
        words = [word.lower() for word in _WORD.findall(self.name)]
        shown = words[:-1] if len(words) > 1 and words[-1] in {"id", "code"} else words
        return " ".join(shown).capitalize()

    @cached_property
    def head(self) -> str:
        """Return the member's name as JSON, with its colon."""
        return f'"{self.name}":'

    @cached_property
    def unset(self) -> str | int:
        """Return what the vendor returns where nothing was set."""
        return self.enum.members[0] if self.enum else _UNSET[self.kind]

    @cached_property
    def quoted(self) -> bool:
        """Say whether the value is a JSON string."""
        return self.kind not in _UNQUOTED


@dataclass(frozen=True, kw_only=True)
class EntitySet:
    """One entity set. `indexed` fields are found without a scan.

    `within` is the indexed part of the key that names the row above this one, if there is one.

    Rows that are never changed may be kept in packs, those of one request and one value of
    `packed_by` together.
    """

    name: str
    type_name: str
    table: str
    label: str
    keys: tuple[str, ...]
    fields: tuple[Field, ...]
    indexed: tuple[str, ...] = ()
    packed_by: str = ""
    within: str = ""
    read_only: bool = False

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """Return the fields by their names."""
        return {field.name: field for field in self.fields}

    @cached_property
    def blank(self) -> Row:
        """Return a row of unset values; copy it before use."""
        return {field.name: field.default for field in self.fields}

    @cached_property
    def guarded(self) -> frozenset[str]:
        """Return the fields that not every write may set: keys, and what only the server sets."""
        return frozenset(self.keys) | {field.name for field in self.fields if field.server}

    @cached_property
    def required(self) -> tuple[Field, ...]:
        """Return the fields that a new row has to fill in."""
        return tuple(field for field in self.fields if field.required)

    @property
    def scoped(self) -> bool:
        """Say whether rows belong to one company."""
        return "dataAreaId" in self.keys

    def key(self, row: Row) -> str:
        """Return the row's key in the box."""
        return SEPARATOR.join(map(str, self._key_of(row)))

    @cached_property
    def _key_of(self) -> Callable[[Row], tuple[object, ...]]:
        return values_of(self.keys)

    def render(self, row: Row, names: tuple[str, ...] | None, context: str = "") -> str:
        """Return the row as JSON; numbers stand as they were given, digit by digit."""
        tag = encode_basestring_ascii(etag(row))
        parts = [f'"@odata.context":{encode_basestring_ascii(context)}'] if context else []
        parts.append(f'"@odata.etag":{tag}')
        shown = self._shown if names is None else _shown([self.by_name[name] for name in names])
        parts += [
            f"{head}{encode_basestring_ascii(row[name]) if quoted else row[name]}"
            for head, name, quoted in shown
        ]
        return f"{{{','.join(parts)}}}"

    @cached_property
    def _shown(self) -> "list[tuple[str, str, bool]]":
        return _shown(self.fields)


def _shown(fields: Iterable[Field]) -> list[tuple[str, str, bool]]:
    """Return how each field is shown: its head in JSON, its name, whether it is quoted."""
    return [(field.head, field.name, field.quoted) for field in fields]


def etag(row: Row) -> str:
    """Return the row's tag: base64 of `'recVersion,recId'`, quotes included."""
    pair = f"'{row['_version']},{row['_id']}'"
    return f'W/"{base64.b64encode(pair.encode()).decode()}"'


def field(  # noqa: PLR0913 - the facets of a property, all by name
    name: str,
    kind: Kind = "text",
    *,
    to: str | Reference | None = None,
    required: bool = False,
    server: bool = False,
    default: str | None = None,
) -> Field:
    """Declare a property; `to` is the entity set it refers to."""
    return Field(
        name=name,
        kind=kind,
        default=_UNSET[kind] if default is None else default,
        required=required,
        server=server,
        references=Reference(to) if isinstance(to, str) else to,
    )


def choice(name: str, enum: EnumType, *, default: str = "", server: bool = False) -> Field:
    """Declare a property of an enumeration."""
    return Field(
        name=name, kind="enum", enum=enum, default=default or enum.members[0], server=server
    )
