"""The same deals on a real ERP that nobody here wrote (R-040): Tryton beside the sandboxes."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

import starter
from tests import tryton_server
from tests.scenarios import stage
from tests.scenarios.amounts import amounts
from world.stage import loader

_VENDOR = "tryton"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def on_tryton(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    tryton_server.required()
    async with stage.stack(tmp_path_factory.mktemp("stack"), erp=_VENDOR) as (found, _):
        yield found


@pytest.mark.parametrize("scenario", loader.shipped())
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
