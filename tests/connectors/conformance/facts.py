"""Unverified facts: the connector works whatever is true."""

from collections.abc import Collection
from typing import Any

from connectors import errors
from store.database import Database
from tests import operations
from tests.connectors.conformance.system import System
from tests.connectors.conformance.trial import ReadTrial, WriteTrial
from tests.docs import test_connectors

Fact = tuple[str, Any]


def facts_of(kind: type[System]) -> dict[str, tuple[Any, ...]]:
    """Return other values of the settings that the connector's page says are unverified.

    What is true or false has one; of the rest the system tells some.
    """
    told = test_connectors.named(kind.vendor, "Unverified facts")
    defaults = test_connectors.settings(kind.vendor)
    opposite = {name: (not defaults[name],) for name in told if isinstance(defaults[name], bool)}
    return opposite | dict(kind.switches)


class Facts:
    """Cases with each unverified fact's other values."""

    def test_every_unverified_fact_has_another_value_to_run_with(self, system: System) -> None:
        settings = system.door.settings()
        throttling = {name for each in system.throttles().values() for name in each.settings}
        told = test_connectors.named(system.vendor, "Unverified facts")

        assert told - set(facts_of(type(system))) - throttling == set()
        assert set(system.switches) <= told
        for name, others in facts_of(type(system)).items():
            assert others
            assert settings[name] not in others, f"{name} is like this anyway"

    async def test_writes_end_as_one_whatever_an_unverified_fact_is(
        self, system: System, database: Database, fact: Fact
    ) -> None:
        system.door.set(**dict([fact]))
        await _writes(system, database, system.quick)

    async def test_reads_answer_whatever_an_unverified_fact_is(
        self, system: System, fact: Fact
    ) -> None:
        system.door.set(**dict([fact]))
        await _reads(system, system.quick)

    async def test_every_operation_works_when_every_unverified_fact_is_otherwise(
        self, system: System, database: Database
    ) -> None:
        system.door.set(**{name: others[0] for name, others in facts_of(type(system)).items()})
        await _writes(system, database, operations.of(system.vendor))
        await _reads(system, operations.of(system.vendor))


async def _writes(system: System, database: Database, some: Collection[str]) -> None:
    async with system.opened() as connector:
        for operation, delivery in operations.of(system.vendor).items():
            if delivery and operation in some and operation not in system.looks:
                made = await system.write(operation, connector)
                write = WriteTrial(system, operation, made, connector, database)
                write.meets("drop", when="after")
                async with write.fails(errors.Uncertain):
                    await write.once()
                assert await write.settled() == 1, operation


async def _reads(system: System, some: Collection[str]) -> None:
    async with system.opened() as connector:
        for operation, delivery in operations.of(system.vendor).items():
            if delivery is None and operation in some:
                read = ReadTrial(system, await system.read(operation, connector), connector)
                assert await read.call() == await read.call(), operation
