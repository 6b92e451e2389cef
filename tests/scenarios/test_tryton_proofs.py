"""Long proofs on the real ERP: it is killed, and it is asked for one bill by four at once."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from sqlmodel import col, select

import starter
from activities.effects import Kind
from console.stack import Stack
from store.tables.effects import IntentRow, State
from tests import tryton_server
from tests.architecture.trees import ROOT
from tests.scenarios import stage
from tests.scenarios.amounts import Booked, costs
from tests.scenarios.test_boundaries import TO_THE_ERP, assert_exactly_one_of_everything
from world.stage import loader, systems

_ERP = "erp-tryton"
_CLERKS = 4
_TRIALS = 25
_FIRST_DAY = date(2026, 5, 1)

pytestmark = pytest.mark.prove


@asynccontextmanager
async def _fragile(running: starter.Running, stack: Stack) -> AsyncIterator[set[str]]:
    """Kill the ERP once for each kind of write that is seen under way; yield which those were."""
    struck: set[str] = set()

    async def watch() -> None:
        while True:
            async with running.database.reading() as tx:
                query = select(IntentRow.kind).where(
                    col(IntentRow.state) == State.SENT, col(IntentRow.system) == _ERP
                )
                under_way = set((await tx.exec(query)).all()) - struck
            if under_way:
                struck.update(under_way)
                stack.kill(_ERP)
            await asyncio.sleep(0.002)

    watching = asyncio.create_task(watch())
    try:
        yield struck
    finally:
        watching.cancel()


async def test_an_erp_killed_while_it_is_written_to_has_exactly_one_of_everything(
    tmp_path: Path,
) -> None:
    tryton_server.required()
    async with (
        stage.stack(tmp_path, erp="tryton") as (running, stack),
        _fragile(running, stack) as struck,
    ):
        report = await stage.played(running, "tm-rate-change")

    assert {Kind.JOURNAL_LINES.value, Kind.JOURNAL_POST.value, Kind.INVOICE_POST.value} <= struck
    assert struck <= {kind.value for kind in TO_THE_ERP}
    assert_exactly_one_of_everything(report)


def _long_story(folder: Path) -> Path:
    """Write a deal with an hour on each of 25 days, approved and not billed."""
    shipped = loader.find("tm-rate-change")
    story = yaml.safe_load(shipped.read_text())
    (deal,) = story["deals"].values()
    (key,) = story["deals"]
    days = [str(_FIRST_DAY + timedelta(days=number)) for number in range(_TRIALS)]
    deal |= {"service_start": _FIRST_DAY.isoformat(), "service_end": "2026-05-31"}
    deal["rates"] = [{"role": "CONSULTANT", "since": "2026-05-01", "per_hour": 150, "hours": 25}]
    story["timeline"] = [
        {"on": str(_FIRST_DAY), "win": key},
        *({"on": day, "work": key, "who": "kim", "hours": 1, "note": "Advice"} for day in days),
        {"on": days[-1], "approve": key, "by": "pat"},
    ]
    (folder / "firm.yaml").write_text(shipped.with_name("firm.yaml").read_text())
    path = folder / "long.yaml"
    path.write_text(yaml.safe_dump(story, allow_unicode=True))
    return path


async def _clerk(state: Path, contract: str) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.scenarios.biller", str(state), contract)
    clerk = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert clerk.stdout
    assert await clerk.stdout.readline() == b"ready\n"
    return clerk


async def _ask_at_once(clerks: list[asyncio.subprocess.Process], day: date) -> list[str]:
    for clerk in clerks:
        assert clerk.stdin
        clerk.stdin.write(f"{day}\n".encode())
    said = []
    for clerk in clerks:
        assert clerk.stdout
        said.append((await clerk.stdout.readline()).decode().strip())
    return said


async def test_four_processes_that_bill_one_contract_at_once_give_one_invoice_25_times_of_25(
    tmp_path: Path,
) -> None:
    tryton_server.required()
    state = tmp_path / "state"
    async with (
        stage.stack(state, erp="tryton") as (running, _),
        systems.connect(running.theater.urls, running.theater.keys) as people,
    ):
        report = await stage.played(running, str(_long_story(tmp_path)))
        (deal,) = report.deals
        (project,) = deal.erp_projects
        assert costs(deal) == [Booked(Decimal("70.00"), Decimal("70.00"))] * _TRIALS
        clerks = [await _clerk(state, project.contract) for _ in range(_CLERKS)]
        try:
            for trial in range(_TRIALS):
                day = _FIRST_DAY + timedelta(days=trial)
                said = await _ask_at_once(clerks, day)
                assert f"billing:{project.contract}" in said
                await stage.at_rest(running)
                books = await people.erp.read("USMF", project.code)
                posted = [invoice for invoice in books.invoices if invoice.number]
                assert len(books.invoices) == len(posted) == trial + 1
                assert sum(line.net for line in posted[-1].lines) == 150
        finally:
            for clerk in clerks:
                clerk.kill()
                await clerk.wait()
