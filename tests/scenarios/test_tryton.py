"""The same deals on a real ERP that nobody here wrote (R-040): Tryton beside the sandboxes."""

import asyncio
import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import starter
from tests.scenarios import stage
from tests.scenarios.amounts import amounts
from world.stage import loader
from world.stage.report import Report
from world.tryton import ADMIN, ADMIN_PASSWORD, DATABASE
from world.tryton.house import House

_READER = Path(__file__).with_name("proteus_reader.py")


# `make test` plays those that differ most, `make prove` the others.
_FIRST = {"capped", "milestones", "missing-terms", "tm-rate-change", "two-entities"}
_STORIES = [
    pytest.param(name, marks=[] if name in _FIRST else [pytest.mark.prove])
    for name in loader.shipped()
]


@pytest.mark.parametrize("scenario", _STORIES)
async def test_a_story_comes_to_the_same_amounts_on_either_erp(
    scenario: str, running: starter.Running, on_tryton: starter.Running
) -> None:
    sandbox = await stage.first(running, scenario)
    real = await stage.first(on_tryton, scenario)

    broken = [str(breach) for verdict in real.verdicts for breach in verdict.breaches]
    assert broken == []
    assert all(verdict.checked for verdict in real.verdicts)
    assert amounts(real) == amounts(sandbox)


async def test_a_story_that_goes_back_in_time_finds_its_numbers_in_order(
    on_tryton: starter.Running,
) -> None:
    first = await stage.first(on_tryton, "tm-rate-change")
    again = await stage.played(on_tryton, "tm-rate-change")

    assert again.holds
    assert amounts(again) == amounts(first)
    numbers = [each.number for deal in (*first.deals, *again.deals) for each in deal.invoices]
    assert len(set(numbers)) == len(numbers)


async def test_the_real_erp_s_books_are_checked_again_after_all_that_was_played(
    on_tryton: starter.Running,
) -> None:
    await stage.first(on_tryton, "reverse-charge")

    report = await on_tryton.theater.audit(starter.PlatformOnStage(on_tryton))

    assert report.holds


def _multiply(books: Path, moves: Iterable[str], by: float) -> None:
    """Change every amount of posted moves behind the ERP's back."""
    with closing(sqlite3.connect(books)) as database, database:
        for move in moves:
            done = database.execute(
                "UPDATE account_move_line SET debit = debit * :by, credit = credit * :by"
                " WHERE move = :move",
                {"by": by, "move": int(move)},
            )
            assert done.rowcount


async def test_costs_that_somebody_doubles_in_the_real_erp_s_database_break_the_law(
    on_tryton: starter.Running,
) -> None:
    report = await stage.first(on_tryton, "tm-rate-change")
    platform = starter.PlatformOnStage(on_tryton)
    (deal,) = report.deals
    moves = {posting.journal for posting in deal.postings}
    (books,) = on_tryton.theater.programs.parent.rglob(f"{DATABASE}.sqlite")

    _multiply(books, moves, 2)
    doubled = await on_tryton.theater.audit(platform)
    _multiply(books, moves, 0.5)
    restored = await on_tryton.theater.audit(platform)

    broken = [verdict for verdict in doubled.verdicts if not verdict.holds]
    assert [verdict.law for verdict in broken] == ["COST"]
    assert {(breach.subject, breach.text) for breach in broken[0].breaches} == {
        (posting.entry, "560.00 USD is expected on account 540100, 1120.00 USD found")
        for posting in deal.postings
    }
    assert restored.holds


async def _read_by_proteus(url: str, report: Report) -> dict[str, Any]:
    """Return what Tryton's own client reads of a report's records, over its own protocol."""
    where = url.replace("http://", f"http://{ADMIN}:{ADMIN_PASSWORD}@")
    asked = {
        "parties": [client.crm.client for client in report.clients],
        "entries": [posting.entry for deal in report.deals for posting in deal.postings],
        "invoices": [each.reference for deal in report.deals for each in deal.invoices],
        "moves": sorted({entry.voucher for deal in report.deals for entry in deal.ledger}),
    }
    process = await asyncio.create_subprocess_exec(
        *(str(House.here().program("python")), str(_READER)),
        *(f"{where}/{DATABASE}/rpc/", json.dumps(asked)),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    found: dict[str, Any] = json.loads(output)
    return found


def _assert_invoices_as_reported(read: dict[str, Any], report: Report) -> None:
    for deal in report.deals:
        for invoice in deal.invoices:
            state, number, net, tax, gross, owed, move = read["invoices"][invoice.reference]
            assert (state, number, move) == ("posted", invoice.number, invoice.voucher)
            assert (Decimal(net), Decimal(tax)) == (invoice.net, invoice.tax)
            assert (Decimal(gross), Decimal(owed)) == (invoice.gross, invoice.balance)


async def test_the_vendor_s_own_client_reads_what_the_platform_made(
    on_tryton: starter.Running,
) -> None:
    report = await stage.first(on_tryton, "two-entities")
    (ledger,) = on_tryton.theater.urls.erps

    read = await _read_by_proteus(ledger.url, report)

    (client,) = report.clients
    assert read["parties"][client.crm.client] == client.crm.name
    _assert_invoices_as_reported(read, report)
    hours = {line[3].split()[0]: line for line in read["timesheets"]}
    for deal in report.deals:
        for posting in deal.postings:
            worker, day, duration, _ = hours[posting.entry]
            assert (worker, day) == (posting.worker, posting.day.isoformat())
            assert duration == f"{posting.hours.normalize():f}:00:00"
    booked = {entry.voucher for deal in report.deals for entry in deal.ledger}
    assert {number for _, number, _, _ in read["moves"]} == booked
    for state, _, debit, credit in read["moves"]:
        assert state == "posted"
        assert Decimal(debit) == Decimal(credit) > 0
