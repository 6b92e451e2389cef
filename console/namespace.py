"""What a Temporal namespace has to know of us: the search attributes, by name and type."""

from collections.abc import Sequence

from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode

_KEYWORD = IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD


class NamespaceError(Exception):
    """A namespace cannot be used as it is; the text says why and what to do."""


async def register(client: Client, keys: Sequence[SearchAttributeKey[str]]) -> tuple[str, ...]:
    """Register the Keyword attributes that are missing, all or none; return their names.

    Raises:
        NamespaceError: there is no such namespace, an attribute has another type, or there is no
            room: the standard databases keep ten custom attributes of a type.
    """
    known = await _known(client)
    wrong = [
        f"{key.name} is a {_shown(known[key.name])}"
        for key in keys
        if known.get(key.name, _KEYWORD) != _KEYWORD
    ]
    if wrong:
        msg = (
            f"namespace {client.namespace}: {', '.join(wrong)}, and has to be a Keyword: remove it "
            f"(`temporal operator search-attribute remove --name …`) and run this again"
        )
        raise NamespaceError(msg)
    missing = tuple(key.name for key in keys if key.name not in known)
    if missing:
        await _add(client, missing, known)
    return missing


async def _known(client: Client) -> dict[str, int]:
    request = ListSearchAttributesRequest(namespace=client.namespace)
    try:
        found = await client.operator_service.list_search_attributes(request)
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = (
            f"there is no namespace {client.namespace}: create it "
            f"(`temporal operator namespace create --namespace {client.namespace}`)"
        )
        raise NamespaceError(msg) from None
    return dict(found.custom_attributes)


async def _add(client: Client, missing: Sequence[str], known: dict[str, int]) -> None:
    wanted = dict.fromkeys(missing, _KEYWORD)
    request = AddSearchAttributesRequest(namespace=client.namespace, search_attributes=wanted)
    try:
        await client.operator_service.add_search_attributes(request)
    except RPCError as exc:
        if exc.status is not RPCStatusCode.INVALID_ARGUMENT:
            raise
        others = sorted(name for name, kind in known.items() if kind == _KEYWORD)
        msg = (
            f"namespace {client.namespace} does not take {', '.join(missing)}: {exc.message} It "
            f"has {', '.join(others) or 'none'}: use a namespace of our own, or remove some"
        )
        raise NamespaceError(msg) from None


def _shown(kind: int) -> str:
    return IndexedValueType.Name(IndexedValueType.ValueType(kind)).rpartition("_")[2].capitalize()
