"""Search attributes of a namespace: what is missing is added, what is wrong is told."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from console import namespace
from console.namespace import NamespaceError
from telemetry import search_attributes
from tests import servers

_ALL = tuple(key.name for key in search_attributes.ALL)


@pytest_asyncio.fixture
async def fresh() -> AsyncIterator[Client]:
    """Return a client of a server on SQL visibility that has no attribute of ours."""
    async with await WorkflowEnvironment.start_local(
        data_converter=pydantic_data_converter,
        dev_server_existing_path=servers.temporal_binary(),
    ) as server:
        yield server.client


def _keyword(name: str) -> SearchAttributeKey[str]:
    return SearchAttributeKey.for_keyword(name)


async def test_what_is_missing_is_added_once(fresh: Client) -> None:
    assert await namespace.register(fresh, search_attributes.ALL[:3]) == _ALL[:3]
    assert await namespace.register(fresh, search_attributes.ALL) == _ALL[3:]
    assert await namespace.register(fresh, search_attributes.ALL) == ()


async def test_no_room_for_all_adds_none_and_names_who_is_there(fresh: Client) -> None:
    others = [_keyword(f"Theirs{number}") for number in range(5)]
    await namespace.register(fresh, others)

    with pytest.raises(NamespaceError, match=r"than 10 .*It has Theirs0, .*a namespace of our own"):
        await namespace.register(fresh, search_attributes.ALL)

    assert await namespace.register(fresh, others) == ()
    assert await namespace.register(fresh, search_attributes.ALL[:5]) == _ALL[:5]


async def test_a_namespace_that_there_is_not_is_told(fresh: Client) -> None:
    address = fresh.service_client.config.target_host
    elsewhere = await Client.connect(address, namespace="nowhere")

    with pytest.raises(NamespaceError, match="there is no namespace nowhere: create it"):
        await namespace.register(elsewhere, search_attributes.ALL)


async def test_an_attribute_of_another_type_is_told(fresh: Client) -> None:
    text = IndexedValueType.INDEXED_VALUE_TYPE_TEXT
    wrong = AddSearchAttributesRequest(
        namespace="default", search_attributes={"TiebeamStage": text}
    )
    await fresh.operator_service.add_search_attributes(wrong)

    with pytest.raises(NamespaceError, match="TiebeamStage is a Text, and has to be a Keyword"):
        await namespace.register(fresh, search_attributes.ALL)
