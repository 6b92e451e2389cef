"""A real server, killed: whatever it acknowledged is there when it is back."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest_asyncio

from tests.world.dynamics.batches import answers, batch, change_set, request, send
from tests.world.dynamics.firm import Firm, set_up
from tests.world.processes import Server


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    with Server("world.sandboxes", "dynamics", data=tmp_path / "erp.db") as server:
        yield server


async def test_a_killed_server_has_lost_nothing_that_it_acknowledged(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as http:
        firm = Firm(http)
        await set_up(firm)
        await firm.settings(page_size=9000)
        invoice = await firm.invoice({"TransactionCurrencyAmount": 1000}, SalesTaxGroupId="DOM")
        journal = await firm.journal()
        lines = [
            request(str(n), "POST", "/data/JournalTrans", firm.line(journal, n, {}))
            for n in range(1, 51)
        ]
        parts = answers(await send(firm, batch([change_set("c", lines)])))
        billed, hours = await firm.post_invoice(invoice), await firm.post_hours(journal)
        before = await _everything(firm, billed["Voucher"], hours["Voucher"])
        server.kill()
        server.start()
    async with httpx.AsyncClient(
        base_url=server.url, trust_env=False, headers=http.headers
    ) as http:
        firm = Firm(http)

        after = await _everything(firm, billed["Voucher"], hours["Voucher"])

        assert after == before
        assert {part.status for part in parts} == {201}
        assert (await firm.get("JournalTrans/$count")).text == "50"
        again = await firm.post_invoice(invoice)
        assert "is already posted" in again["Message"]


async def _everything(firm: Firm, *vouchers: str) -> list[object]:
    """Return what was acknowledged, read with the token that was given before."""
    log = (await firm.http.get("/_admin/log")).json()
    settings = (await firm.http.get("/_admin/settings")).json()
    return [log, settings, *[await firm.entries(voucher) for voucher in vouchers]]
