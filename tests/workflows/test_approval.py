"""Invoices above an entity's limit: a second pair of eyes, on exactly this content."""

import pytest
from temporalio.client import WorkflowUpdateFailedError

from activities.invoices import Approval
from canonical.landscape import Landscape
from tests.workflows.house import House, limited
from tests.workflows.waiting import called, card, ended


@pytest.fixture
def landscape(landscape: Landscape) -> Landscape:
    return limited(landscape)


async def _waiting(house: House) -> Approval:
    """Leave an invoice that waits, and return the approval that it waits for."""
    await house.activates()
    await house.posts(house.worked())
    await house.bills()
    return await house.above_the_limit()


async def _approve(house: House, approval: Approval) -> None:
    await house.issue().execute_update("approve", approval)


async def test_an_invoice_above_the_limit_waits_for_an_approval(house: House) -> None:
    approval = await _waiting(house)
    shown = await card(house.issue())
    drafted = list(house.erp.papers)
    await _approve(house, approval)

    assert await ended(house.issue()) == "posted"
    assert drafted == []
    assert "1200.00 USD is above the limit" in shown
    assert approval.content_hash in shown
    assert await house.audited("invoice.approved") == [f"{house.contract}/1/1"]


async def test_an_invoice_within_the_limit_does_not_wait(house: House) -> None:
    await house.activates()
    await house.posts(house.worked(hours="5"))
    await house.bills()

    assert await ended(house.issue()) == "posted"


async def test_an_approval_of_other_content_is_refused(house: House) -> None:
    approval = await _waiting(house)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await _approve(house, approval.model_copy(update={"content_hash": "another"}))
    await _approve(house, approval)

    assert await ended(house.issue()) == "posted"
    assert "look again" in str(refused.value.cause)


async def test_the_same_approval_twice_is_one_and_a_second_opinion_is_refused(
    house: House,
) -> None:
    gate = house.erp.holds("create_invoice")
    approval = await _waiting(house)
    await _approve(house, approval)
    await called(house.erp, "create_invoice")
    await _approve(house, approval)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await _approve(house, approval.model_copy(update={"by": "person-8"}))
    gate.set()

    assert await ended(house.issue()) == "posted"
    assert "this invoice is approved by person-7" in str(refused.value.cause)
    assert len(await house.audited("invoice.approved")) == 1


async def test_an_invoice_that_does_not_wait_cannot_be_approved(house: House) -> None:
    gate = house.erp.holds("create_invoice")
    await house.activates()
    await house.posts(house.worked(hours="1"))
    await house.bills()
    await called(house.erp, "create_invoice")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await _approve(house, Approval(by="person-7", content_hash="any"))
    gate.set()

    assert await ended(house.issue()) == "posted"
    assert "does not wait for an approval" in str(refused.value.cause)
