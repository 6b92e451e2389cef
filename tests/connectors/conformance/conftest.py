"""Starts each system once, and gives every case its operation, its facts and its trial."""

import logging
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from store.database import Database
from tests import operations
from tests.connectors.conformance import table
from tests.connectors.conformance.door import Door
from tests.connectors.conformance.facts import facts_of
from tests.connectors.conformance.servers import start_server
from tests.connectors.conformance.system import Connector, System
from tests.connectors.conformance.trial import ReadTrial, WriteTrial, is_hidden

__all__ = ["start_server"]

_OPERATIONS = {"read", "write", "partly"}
_NO_OPERATION = pytest.param(None, None, id="no operation")  # fails unless it is told apart
_NO_FACT: Any = pytest.param(None, id="no fact")  # likewise
Systems = dict[type[System], tuple[System, Connector]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a case every operation of its connector: those that are not quick only to `prove`.

    There each unverified fact is otherwise for the quick ones; for all of them the facts are
    otherwise at once, in a test of its own.
    """
    kind: type[System] | None = getattr(metafunc.cls, "system_kind", None)
    if kind is None:
        return
    facts = [(name, each) for name, values in facts_of(kind).items() for each in values]
    ids = [f"{name}={value}" for name, value in facts]
    if "fact" in metafunc.fixturenames:
        metafunc.parametrize("fact", [*facts] or [_NO_FACT], ids=ids or None)
    is_proof = "fact" not in metafunc.fixturenames and metafunc.config.option.markexpr == "prove"
    under = [_under(fact, name) for fact, name in zip(facts, ids, strict=True)] if is_proof else []
    for name in _OPERATIONS & {*metafunc.fixturenames}:
        every, quick = _operations(metafunc, kind, is_write=name != "read")
        params = [_param(each, quick) for each in every]
        params += [
            pytest.param(operation, *fact.values, id=f"{operation}-{fact.id}", marks=fact.marks)
            for operation in quick
            for fact in under
        ]
        metafunc.parametrize([name, "under"], params or [_NO_OPERATION], indirect=True)
    if "connector" in metafunc.fixturenames and not _OPERATIONS & {*metafunc.fixturenames}:
        metafunc.parametrize("under", [pytest.param(None, id="default"), *under], indirect=True)


def _operations(
    metafunc: pytest.Metafunc, kind: type[System], *, is_write: bool
) -> tuple[list[str], list[str]]:
    """Return the operations that a case is about, and the quick ones of them."""
    wanted = getattr(metafunc.function, "wanted", lambda *_: True)
    every = [
        operation
        for operation, delivery in operations.of(kind.vendor).items()
        if (delivery is not None and operation not in kind.looks) is is_write
        and wanted(kind, operation, delivery)
    ]
    quick = [operation for operation in every if operation in kind.quick] or every[:1]
    return every, quick[:1] if getattr(metafunc.function, "is_slow", False) else quick


def pytest_configure(config: pytest.Config) -> None:
    """Begin the table."""
    _results(config)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what does not apply, with its reason; compare the table when all else has run."""
    items.sort(key=lambda item: item.name == "test_the_kept_table_is_what_ran")
    for item in items:
        kind: type[System] | None = getattr(getattr(item, "cls", None), "system_kind", None)
        if kind is not None and (reason := kind.apart.get(table.case_of(item))):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count each test in."""
    report = yield
    kind: type[System] | None = getattr(getattr(item, "cls", None), "system_kind", None)
    if kind is not None:
        case = table.case_of(item)
        _results(item.config).add((kind.vendor, case), report, kind.apart.get(case))
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    cells = _results(config).cells()
    if cells:
        terminalreporter.section("conformance")
        terminalreporter.write_line(table.rendered(cells))


def _results(config: pytest.Config) -> table.Results:
    if not hasattr(config, "conformance"):
        config.conformance = table.Results()  # type: ignore[attr-defined]
    results: table.Results = config.conformance  # type: ignore[attr-defined]
    return results


def _param(operation: str, quick: list[str]) -> Any:  # noqa: ANN401 - pytest's own type is private
    marks = [] if operation in quick else [pytest.mark.prove]
    return pytest.param(operation, None, id=operation, marks=marks)


def _under(fact: tuple[str, Any], name: str) -> Any:  # noqa: ANN401 - pytest's own type is private
    return pytest.param(fact, id=name, marks=pytest.mark.prove)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def systems() -> AsyncIterator[tuple[Systems, AsyncExitStack]]:
    async with AsyncExitStack() as stack:
        yield {}, stack


@pytest_asyncio.fixture(loop_scope="session")
async def running(
    request: pytest.FixtureRequest, systems: tuple[Systems, AsyncExitStack]
) -> tuple[System, Connector]:
    """Return the system of the case's connector, started and set up once, and the connector."""
    kind: type[System] = request.cls.system_kind
    known, stack = systems
    if kind not in known:
        url = kind.serve(request.getfixturevalue)
        door = Door(url)
        stack.callback(door.close)
        system = kind(door)
        stack.push_async_callback(system.close)
        await system.set_up()
        known[kind] = system, await stack.enter_async_context(system.opened())
    return known[kind]


@pytest.fixture
def under(request: pytest.FixtureRequest) -> tuple[str, Any] | None:
    """Return the unverified fact that is otherwise than by default, if one is."""
    return getattr(request, "param", None)


@pytest.fixture
def system(
    running: tuple[System, Connector],
    under: tuple[str, Any] | None,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[System]:
    """Return the system without faults; afterwards nothing secret stands in any log."""
    system, _ = running
    settings = system.door.settings()
    system.door.heal()
    if under is not None:
        system.door.set(**dict([under]))
    for name in ("httpx", "httpcore", "connectors"):
        caplog.set_level(logging.DEBUG, name)
    yield system
    system.door.heal()
    system.door.set(**settings)
    is_hidden(system, caplog.text)


@pytest.fixture
def connector(running: tuple[System, Connector]) -> Connector:
    return running[1]


@pytest_asyncio.fixture(loop_scope="session")
async def read(request: pytest.FixtureRequest, system: System, connector: Connector) -> ReadTrial:
    return ReadTrial(system, await system.read(request.param, connector), connector)


@pytest_asyncio.fixture(loop_scope="session")
async def write(
    request: pytest.FixtureRequest, system: System, connector: Connector, database: Database
) -> WriteTrial:
    made = await system.write(request.param, connector)
    return WriteTrial(system, request.param, made, connector, database)


@pytest_asyncio.fixture(loop_scope="session")
async def partly(
    request: pytest.FixtureRequest, system: System, connector: Connector, database: Database
) -> WriteTrial:
    made = await system.partly_refused(request.param, connector)
    return WriteTrial(system, request.param, made, connector, database)
