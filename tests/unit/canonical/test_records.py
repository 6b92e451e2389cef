from datetime import date

import pytest
from pydantic import ValidationError

from canonical.contracts import Contract, Milestones, TimeAndMaterials
from canonical.invoices import Invoice
from canonical.money import CurrencyMismatchError
from canonical.systems import task_queue
from tests.fakes import (
    ERP,
    contract,
    entry,
    invoice,
    invoice_line,
    invoice_status,
    milestones,
    money,
)


def test_a_record_refuses_what_it_does_not_know() -> None:
    with pytest.raises(ValidationError, match="color"):
        entry(color="red")


def test_a_record_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        entry().note = "changed"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("line", "terms"),
    [(contract().lines[0], TimeAndMaterials), (milestones("100.00"), Milestones)],
    ids=["time-and-materials", "milestones"],
)
def test_a_contract_comes_back_from_json_with_its_billing_model(
    line: object, terms: type[object]
) -> None:
    kept = contract(lines=(line,))

    found = Contract.model_validate_json(kept.model_dump_json())

    assert found == kept
    assert isinstance(found.lines[0].terms, terms)


def test_an_entry_is_known_by_its_system_and_id() -> None:
    assert entry(101).key == "psa-main:101"


def test_an_invoice_is_the_sum_of_its_lines() -> None:
    assert invoice().net == money("2480.00")
    assert invoice(lines=()).net == money("0.00")


def test_an_invoice_of_two_currencies_has_no_sum() -> None:
    mixed = invoice(lines=(invoice_line(net="1.00"), invoice_line(net="1.00")), currency="EUR")

    with pytest.raises(CurrencyMismatchError):
        _ = mixed.net


def test_a_correction_has_its_own_reference() -> None:
    assert invoice().reference == "CT-00001/1/1"
    assert invoice(revision=2).reference == "CT-00001/1/2"


def test_an_invoice_comes_back_from_json_as_it_was() -> None:
    kept = invoice(issued_on=date(2026, 7, 31), purchase_order="PO-7")

    assert Invoice.model_validate_json(kept.model_dump_json()) == kept


def test_gross_is_net_and_tax_together() -> None:
    assert invoice_status(tax=money("471.20")).gross == money("2951.20")


def test_each_system_has_its_own_queue() -> None:
    assert task_queue(ERP) == "system.erp-main"
