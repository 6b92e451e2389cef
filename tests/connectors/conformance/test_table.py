"""The suite itself: every connector has it, and its table is kept as it ran."""

import importlib

import pytest

from tests import operations
from tests.connectors.conformance import table
from tests.connectors.conformance.suite import Conformance
from tests.docs import pages


def _cases(vendor: str) -> type[Conformance]:
    module = importlib.import_module(f"tests.connectors.conformance.test_{vendor}")
    (found,) = (
        each
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Conformance) and each is not Conformance
    )
    return found


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_every_connector_of_the_registry_inherits_the_suite(vendor: str) -> None:
    assert _cases(vendor).system_kind.vendor == vendor


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_connector_overrides_no_case(vendor: str) -> None:
    own = [name for name in vars(_cases(vendor)) if name.startswith("test_")]

    assert own == []


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_connector_s_operations_are_those_of_its_port(vendor: str) -> None:
    kind, known = _cases(vendor).system_kind, operations.of(vendor)

    assert all(hasattr(kind, operation) for operation in known)
    named = {*kind.quick, *kind.by_id, *kind.paged, *kind.keyed, *kind.batches, *kind.unique}
    assert named <= set(known)


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_what_does_not_apply_is_a_case_and_has_a_reason(vendor: str) -> None:
    apart = _cases(vendor).system_kind.apart

    assert all(hasattr(Conformance, f"test_{case}") for case in apart)
    assert all(apart.values())


@pytest.mark.parametrize("vendor", operations.PORTS)
def test_a_connector_s_page_leads_to_the_table(vendor: str) -> None:
    page = pages.DOCS / "connectors" / f"{vendor}.md"

    assert "conformance.md" in pages.links(page)


def test_the_kept_table_is_what_ran(request: pytest.FixtureRequest) -> None:
    results = request.config.conformance  # type: ignore[attr-defined]
    kept = table.PAGE.read_text(encoding="utf-8")
    ran = results.cells()
    everything = {
        (vendor, name.removeprefix("test_"))
        for vendor in operations.PORTS
        for name in dir(Conformance)
        if name.startswith("test_")
    }
    if set(ran) < everything:  # a part was asked for: nothing can be said of the rest
        pytest.skip("not every case ran")

    assert set(ran.values()).isdisjoint(table.BAD)
    assert kept == table.rendered(ran), f"run `{table.RENEW}`"
