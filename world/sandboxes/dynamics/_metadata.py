"""`$metadata`: entity types, keys, properties with the vendor's annotations, enumerations, sets."""

from functools import cache
from xml.sax.saxutils import quoteattr

from world.sandboxes.dynamics._catalog import CATALOG
from world.sandboxes.dynamics._schema import NAMESPACE, EntitySet, EnumType, Field
from world.sandboxes.dynamics._values import edm_type

_TERMS = "Microsoft.Dynamics.OData.Core.V1"
_AX_TYPES = {
    "text": "String",
    "company": "String",
    "real": "Real",
    "int": "Int32",
    "recid": "Int64",
    "enum": "Enum",
    "date": "Date",
    "datetime": "UtcDateTime",
}


@cache
def document() -> str:
    """Return the whole document."""
    enums = {f.enum.name: f.enum for e in CATALOG.values() for f in e.fields if f.enum}
    types = "".join(_entity_type(entity) for entity in CATALOG.values())
    members = "".join(_enum_type(enum) for enum in enums.values())
    sets = "".join(
        f'<EntitySet Name={quoteattr(e.name)} EntityType="{NAMESPACE}.{e.type_name}"/>'
        for e in CATALOG.values()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">'
        f'<edmx:DataServices><Schema Namespace="{NAMESPACE}"'
        f' xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}{members}'
        f'<EntityContainer Name="Resources">{sets}</EntityContainer>'
        "</Schema></edmx:DataServices></edmx:Edmx>"
    )


def _entity_type(entity: EntitySet) -> str:
    keys = "".join(f'<PropertyRef Name="{name}"/>' for name in entity.keys)
    properties = "".join(
        f'<Property Name="{field.name}" Type="{edm_type(field)}"{_nullable(entity, field)}>'
        f"{_annotations(entity, field)}</Property>"
        for field in entity.fields
    )
    return f'<EntityType Name="{entity.type_name}"><Key>{keys}</Key>{properties}</EntityType>'


def _nullable(entity: EntitySet, field: Field) -> str:
    return ' Nullable="false"' if field.name in entity.keys else ""


def _annotations(entity: EntitySet, field: Field) -> str:
    is_the_servers = field.server or entity.read_only
    can = {
        "IsRequired": field.required and not is_the_servers,
        "AllowEdit": not is_the_servers and field.name not in entity.keys,
        "AllowEditOnCreate": not is_the_servers,
    }
    kind = f"<EnumMember>{_TERMS}.AXType/{_AX_TYPES[field.kind]}</EnumMember>"
    told = "".join(
        f'<Annotation Term="{_TERMS}.{term}" Bool="{str(value).lower()}"/>'
        for term, value in can.items()
        if value is (term == "IsRequired")
    )
    return f'<Annotation Term="{_TERMS}.AXType">{kind}</Annotation>{told}'


def _enum_type(enum: EnumType) -> str:
    members = "".join(
        f'<Member Name="{member}" Value="{value}"/>' for value, member in enumerate(enum.members)
    )
    return f'<EnumType Name="{enum.name}">{members}</EnumType>'
