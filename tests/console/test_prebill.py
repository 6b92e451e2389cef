"""Pre-bill at the command line: a draft is shown whole, and what cannot be is refused by name."""

import io

import pytest
from rich.console import Console
from temporalio.client import Client
from temporalio.testing import ActivityEnvironment

from activities.invoices import InvoiceRecords
from activities.prebill import Edit
from canonical.contracts import ContractId
from canonical.landscape import Landscape
from console import invoices as commands
from console import prebill
from console.prebill import NotChangedError
from store import entries, slices
from store.database import Database
from store.tables.work import HoldKind, Progress
from tests.activities import house
from tests.fakes import contract, entry, money, part

_CONTRACT = ContractId("CT-00001")
_NAMES = ["", "CT-00001", "CT-00001/1", "CT-00001/1/x", "CT-00001/1/9", "[/]", "9" * 30]


async def _drafted(database: Database, landscape: Landscape) -> None:
    """Leave a draft with an entry that somebody worked, and another that is held back."""
    await house.active(database, contract(purchase_order="PO-7"))
    await house.approved(database, entry(101, note="Design of [bold]flows[/]"))
    held = part("psa-main:102", amount=money("300.00"))
    await house.ready(database, part("psa-main:101"), held)
    async with database.transaction() as tx:
        await slices.hold(tx, [held], HoldKind.PERSON, "pat: wrong week")
        decided = entries.Decision(key=entry(101).key, progress=Progress.POSTED, verdict="{}")
        await entries.decide(tx, [decided])
    steps = InvoiceRecords(database, landscape)
    await ActivityEnvironment().run(steps.prepare, house.cycle())


async def test_a_draft_is_shown_with_all_that_there_is_to_know(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)

    found = await prebill.read(database, "CT-00001/1/1")
    screen = Console(file=io.StringIO(), width=200, record=True)
    for view in commands.views(found):
        screen.print(view)
    shown = screen.export_text()

    for told in (
        *("CT-00001/1/1 (draft)", "1200.00 USD", "psa-main:101", "Design of [bold]flows[/]"),
        *("asked for by cut off cut-off/2026-07-31", "purchase order PO-7"),
        *("psa-main:102 300.00 USD: pat: wrong week", found["content_hash"], "given by nobody"),
    ):
        assert told in shown


@pytest.mark.parametrize("name", _NAMES)
async def test_an_invoice_that_is_not_there_is_named(
    client: Client, database: Database, landscape: Landscape, name: str
) -> None:
    await _drafted(database, landscape)

    with pytest.raises(NotChangedError, match="name it by our reference, as in CT-00001/1/1"):
        await prebill.read(database, name)
    with pytest.raises(NotChangedError, match="name it by our reference"):
        await prebill.approve(client, database, name, "pat", "0")


async def test_what_waits_for_nobody_is_neither_approved_nor_changed(
    client: Client, database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    wish = Edit(purchase_order="PO-8", reason="late")

    with pytest.raises(NotChangedError, match="CT-00001/1/1 does not wait for anybody"):
        await prebill.approve(client, database, "CT-00001/1/1", "pat", "0")
    with pytest.raises(NotChangedError, match="CT-00001/1/1 does not wait for anybody"):
        await prebill.change(client, database, "CT-00001/1/1", "pat", wish)


@pytest.mark.parametrize("nobody", ["", "  "])
async def test_whoever_does_it_is_named(
    client: Client, database: Database, landscape: Landscape, nobody: str
) -> None:
    await _drafted(database, landscape)

    with pytest.raises(NotChangedError, match="--by NAME"):
        await prebill.approve(client, database, "CT-00001/1/1", nobody, "0")
    with pytest.raises(NotChangedError, match="--by NAME"):
        await prebill.release(database, landscape, "CT-00001/1/1", "psa-main:102", nobody)


async def test_what_a_person_holds_is_released_once(
    database: Database, landscape: Landscape
) -> None:
    await _drafted(database, landscape)
    name = "CT-00001/1/1"

    assert await prebill.release(database, landscape, name, "psa-main:102", "pat") == "300.00 USD"
    with pytest.raises(NotChangedError, match="nobody holds psa-main:102 back"):
        await prebill.release(database, landscape, name, "psa-main:102", "pat")
    async with database.reading() as tx:
        assert await slices.held_by(tx, _CONTRACT) == []
