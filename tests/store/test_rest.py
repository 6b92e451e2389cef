from collections.abc import Awaitable, Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from canonical.cases import CaseId
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.notices import Notice
from canonical.postings import BatchId
from canonical.projects import ProjectCode
from store import (
    batches,
    billing,
    cases,
    engagements,
    entries,
    inbox,
    invoices,
    rest,
    slices,
    trail,
)
from store.database import Database, Transaction
from store.entries import Arrival, Decision, Filed
from store.tables.traffic import Outcome
from store.tables.work import Progress
from tests.fakes import (
    CRM,
    PSA,
    batch,
    case,
    entry,
    foreign,
    invoice,
    invoice_status,
    money,
    part,
)

Act = Callable[[Transaction], Awaitable[object]]
_CONTRACT = ContractId("CT-00001")
_LANE = "erp-main/USMF/0"
_DEAL = foreign(CRM, "006A")


async def _receive(tx: Transaction) -> None:
    await inbox.receive(tx, CRM, Notice(id="04l1", kind="opportunity", subject=_DEAL))


async def _settle(tx: Transaction) -> None:
    (delivery,) = await inbox.waiting(tx, CRM)
    await inbox.settle(tx, delivery, Outcome.APPLIED)


async def _win(tx: Transaction) -> None:
    await engagements.claim(tx, _DEAL)


async def _activate(tx: Transaction) -> None:
    await engagements.move(tx, _CONTRACT, Stage.ACTIVE)


async def _approve(tx: Transaction) -> None:
    filed = Filed(entry(1), ProjectCode("PR-00001"), _CONTRACT)
    await entries.add(tx, [Arrival(filed, _LANE, foreign(PSA, "9"))])


async def _batch(tx: Transaction) -> None:
    key = entry(1).key
    await entries.decide(tx, [Decision(key=key, progress=Progress.BATCHED, verdict="{}")])


async def _freeze(tx: Transaction) -> None:
    await batches.freeze(tx, _LANE, 1, batch(1))


async def _post(tx: Transaction) -> None:
    await batches.mark_posted(tx, BatchId(f"{_LANE}/1"), "V-1")


async def _cut_off(tx: Transaction) -> None:
    day = date(2026, 6, 30)
    await billing.request(tx, _CONTRACT, kind=billing.CUT_OFF, key="2026-06-30", cut_off=day)


async def _finish(tx: Transaction) -> None:
    await billing.finish(tx, _CONTRACT, 1)


async def _do(database: Database, *acts: Act) -> None:
    for act in acts:
        async with database.transaction() as tx:
            await act(tx)


async def _unfinished(database: Database) -> dict[str, int]:
    async with database.reading() as tx:
        return await rest.unfinished(tx)


async def _belief(database: Database) -> dict[str, Any]:
    async with database.reading() as tx:
        return await rest.belief(tx)


@pytest.mark.parametrize(
    ("kind", "begin", "end"),
    [
        ("messages", _receive, _settle),
        ("activations", _win, _activate),
        ("entries", _approve, _batch),
        ("batches", _freeze, _post),
        ("cycles", _cut_off, _finish),
    ],
    ids=["messages", "activations", "entries", "batches", "cycles"],
)
async def test_what_is_under_way_is_counted_until_it_is_done(
    database: Database, kind: str, begin: Act, end: Act
) -> None:
    assert await _unfinished(database) == {}

    await _do(database, begin)
    assert await _unfinished(database) == {kind: 1}

    await _do(database, end)
    assert await _unfinished(database) == {}


async def test_held_entries_wait_too(database: Database) -> None:
    async def hold(tx: Transaction) -> None:
        key = entry(1).key
        await entries.decide(tx, [Decision(key=key, progress=Progress.HELD, verdict="{}")])

    await _do(database, _approve, hold)

    assert await _unfinished(database) == {"entries": 1}


async def test_the_trail_grows_with_every_change_and_with_nothing_else(database: Database) -> None:
    async def length() -> int:
        async with database.reading() as tx:
            return await rest.trail_length(tx)

    before = await length()
    async with database.transaction() as tx:
        trail.audit(tx, "client.saved", "CL-00001")

    grown = await length()
    assert grown > before
    assert await length() == grown


async def test_steps_that_wait_are_counted_and_cases_that_stop_no_step_are_not(
    database: Database,
) -> None:
    parked = case().workflow

    async def park(tx: Transaction) -> None:
        for step in ("Check the client", "Create the customer"):
            await cases.open_case(tx, case(f"{parked}/{step}"))
        await cases.open_case(tx, case("cap/CT-00001", workflow="billing:CT-00001"))

    async def resume(tx: Transaction) -> None:
        await cases.close_case(tx, CaseId(f"{parked}/Check the client"))

    await _do(database, park, resume)

    async with database.reading() as tx:
        assert await rest.open_cases(tx) == 1


async def test_an_empty_store_believes_nothing(database: Database) -> None:
    assert await _belief(database) == {
        "slices": [],
        "messages": [],
        "cases": [],
        "invoices": [],
        "engagements": [],
    }


async def test_the_belief_says_what_became_of_messages_deals_and_cases(
    database: Database,
) -> None:
    """L-7."""

    async def park(tx: Transaction) -> None:
        await cases.open_case(tx, case())

    await _do(database, _receive, _settle, _win, _activate, park)

    belief = await _belief(database)
    assert belief["messages"] == [{"source": "crm-main", "id": "04l1", "outcome": "applied"}]
    assert belief["engagements"] == [{"opportunity": "006A", "stage": "active", "projects": []}]
    assert belief["cases"] == [
        {
            "error_class": "E05",
            "subject": "crm-main:001A",
            "text": "account has no payment terms: fill it in the CRM",
            "owner": "sales_ops",
            "is_open": True,
        }
    ]


async def test_the_belief_says_on_which_line_each_slice_was_billed(database: Database) -> None:
    """L-1."""

    async def bill(tx: Transaction) -> None:
        await slices.add(tx, [(_CONTRACT, part("a")), (_CONTRACT, part("b", state="covered"))])
        await slices.bill(tx, "CT-00001/1/1", 2, [("a", 1)])
        await invoices.draft(tx, invoice(), cycle=1, content_hash="abc")
        await invoices.record_status(tx, invoice(), invoice_status())

    await _do(database, bill)

    belief = await _belief(database)
    worth = {"seconds": Decimal(28800), "amount": money("1200.00").amount, "currency": "USD"}
    assert belief["slices"] == [
        {"source": "a", "state": "billed", "invoice": "CT-00001/1/1", "line": 2} | worth,
        {"source": "b", "state": "covered", "invoice": None, "line": None} | worth,
    ]
    assert belief["invoices"] == [{"reference": "CT-00001/1/1", "number": "FTI-00000001"}]
