"""A data package: a zip with a manifest, and a CSV file for each entity. Its layout is a choice."""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from world.sandboxes.dynamics._catalog import CATALOG
from world.sandboxes.dynamics._schema import EntitySet, Field

_MANIFEST = "Manifest.xml"
_MOST_BYTES = 64 * 1024 * 1024  # unpacked
_BY_LABEL = {entity.label.casefold(): entity for entity in CATALOG.values()}


class PackageError(ValueError):
    """A package that cannot be imported; the text is for the execution's errors."""


@dataclass(frozen=True)
class Record:
    """A row of a file, by the names of the entity's fields; `number` counts from 1."""

    entity: EntitySet
    number: int
    values: dict[str, Any]


def records(content: bytes) -> list[Record]:
    """Return every row of a package, in the manifest's order.

    Raises:
        PackageError: the package, its manifest or a file cannot be read.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if sum(each.file_size for each in package.infolist()) > _MOST_BYTES:
                message = "The package is too large"
                raise PackageError(message)
            return [
                record
                for entity, file in _listed(package.read(_MANIFEST))
                for record in _rows(entity, package.read(file).decode("utf-8-sig"))
            ]
    except KeyError as missing:
        message = f"The package does not hold {missing}"
        raise PackageError(message) from None
    except (zipfile.BadZipFile, UnicodeDecodeError, csv.Error) as wrong:
        message = f"The package cannot be read: {wrong}"
        raise PackageError(message) from None


def _listed(manifest: bytes) -> Iterator[tuple[EntitySet, str]]:
    try:
        root = fromstring(manifest, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError):
        message = "The manifest is no XML"
        raise PackageError(message) from None
    for listed in root.iterfind(".//{*}DataManagementPackageEntityData"):
        name = (listed.findtext("{*}EntityName") or "").strip()
        entity = _BY_LABEL.get(name.casefold())
        if entity is None:
            message = f"Entity '{name}' does not exist"
            raise PackageError(message)
        yield entity, (listed.findtext("{*}InputFilePath") or f"{name}.csv").strip()


def _rows(entity: EntitySet, text: str) -> Iterator[Record]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    fields = {field.name.upper(): field for field in entity.fields}
    unknown = sorted(set(reader.fieldnames or ()) - fields.keys())
    if unknown:
        message = f"Entity '{entity.label}' has no field {', '.join(unknown)}"
        raise PackageError(message)
    for number, row in enumerate(reader, 1):
        values = {fields[name].name: _value(fields[name], row[name] or "") for name in row if name}
        yield Record(entity, number, values)


def _value(field: Field, text: str) -> object:
    """Return a cell as JSON would hold it; one that does not fit is refused with its row."""
    if not text:
        return None
    if field.kind == "real":
        try:
            return Decimal(text)
        except InvalidOperation:
            return text
    if field.kind in ("int", "recid"):
        return int(text) if text.lstrip("-").isdecimal() else text
    if field.kind in ("date", "datetime"):
        return f"{text}T12:00:00Z" if len(text) == len("2026-03-01") else text
    return text
