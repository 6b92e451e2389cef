"""Mirrors: number, amounts and status of a posted invoice go back to CRM and PSA, once."""

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.invoice_mirrors import CrmInvoices, PsaInvoices
from store import invoices, slices
from store.database import Database
from tests.activities import house
from tests.fakes import PSA, contract, foreign, invoice_status, part
from tests.ports import FakeCrm, FakePsa


async def _posted(database: Database) -> None:
    """Leave a posted invoice of two entries and a milestone."""
    await house.active(database)
    made = await house.drafted(database)
    parts = [part("psa-main:101"), part("psa-main:102"), part("CT-00001/M1")]
    billed = [(each.source, each.number) for each in parts]
    async with database.transaction() as tx:
        await slices.add(tx, [(contract().id, each) for each in parts])
        await slices.bill(tx, made.reference, 1, billed)
        await invoices.record_status(tx, made, invoice_status())


def _psa(psa: FakePsa, database: Database) -> PsaInvoices:
    return PsaInvoices(psa, database, house.effects(database), settle=house.AT_ONCE)


async def test_writes_the_invoice_into_the_crm_once(database: Database) -> None:
    await _posted(database)
    crm = FakeCrm()
    crm.loses("record_invoice")
    steps = CrmInvoices(crm, database, house.effects(database))

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.publish, house.cycle())
    for _ in range(2):
        await ActivityEnvironment().run(steps.publish, house.cycle())

    assert crm.invoices == {"CT-00001/1/1": (house.DEAL, invoice_status())}
    assert crm.calls == ["record_invoice", "record_invoice"]


async def test_a_lost_answer_leaves_one_mirrored_invoice(database: Database) -> None:
    await _posted(database)
    psa = house.psa()
    psa.loses("record_invoice")
    steps = _psa(psa, database)

    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(steps.publish, house.cycle())
    mirrored = await ActivityEnvironment().run(steps.publish, house.cycle())

    assert psa.invoices == {mirrored: "CT-00001/1/1"}
    assert psa.invoiced == [foreign(PSA, "101"), foreign(PSA, "102")]  # a milestone is no entry


async def test_two_mirrored_invoices_are_for_a_person(database: Database) -> None:
    await _posted(database)
    psa = house.psa()
    psa.loses("record_invoice")
    with pytest.raises(ApplicationError):
        await ActivityEnvironment().run(_psa(psa, database).publish, house.cycle())
    psa.invoices.update(dict.fromkeys([psa.fresh()], next(iter(psa.invoices.values()))))

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(_psa(psa, database).publish, house.cycle())
    assert caught.value.type == "DoubleFoundError"


async def test_a_refusal_is_final_and_names_the_write(database: Database) -> None:
    await _posted(database)
    psa = house.psa()
    psa.refuses("record_invoice", "Kim Allen's entry 101 is already invoiced")

    with pytest.raises(ApplicationError) as caught:
        await ActivityEnvironment().run(_psa(psa, database).publish, house.cycle())
    assert (caught.value.type, caught.value.non_retryable) == ("Rejected", True)
    assert list(caught.value.details) == ["invoice/CT-00001/1/1/psa"]
    assert "Kim" not in caught.value.message


async def test_nothing_is_mirrored_that_is_not_posted(database: Database) -> None:
    await house.active(database)
    await house.drafted(database)
    crm, psa = FakeCrm(), house.psa()

    for publish in (
        CrmInvoices(crm, database, house.effects(database)).publish,
        _psa(psa, database).publish,
    ):
        with pytest.raises(LookupError, match="CT-00001/1/1"):
            await ActivityEnvironment().run(publish, house.cycle())
    assert crm.calls == psa.calls == []
