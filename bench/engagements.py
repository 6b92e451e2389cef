"""Engagements per minute: deals won in a stream, and how fast their projects become active.

All are sold before the clock starts, and won one after the other as fast as the CRM takes it,
so that the platform always has more to do. The rate is of the middle half, between the quarter
that is active first and the one that is active last: neither warming up nor running dry counts.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlmodel import col, select

from bench import cpu
from bench.deals import Deals
from bench.figures import Engagements
from bench.house import TODAY, BenchError, House, until
from store import rest
from store.tables.effects import AuditRow

_FEWEST = 4  # for a middle half
_PATIENCE_EACH = timedelta(seconds=5)
_ACTIVATED = "project.activated"


@dataclass(frozen=True)
class Stream:
    """How many deals are won."""

    deals: int = 200


async def measure(house: House, stream: Stream, told: Callable[[str], None]) -> Engagements:
    """Win the deals, and follow them until the last of their projects is active.

    Raises:
        BenchError: there are too few for a rate, or one does not become active.
    """
    if stream.deals < _FEWEST:
        text = f"{stream.deals} deals have no middle half: take at least {_FEWEST}"
        raise BenchError(text)
    deals = Deals(house)
    await deals.active()  # warms up
    sold = [await deals.sold() for _ in range(stream.deals)]
    async with house.running.database.reading() as tx:
        before = await rest.trail_length(tx)
    used, began = cpu.used(house.stack.pids()), datetime.now(UTC)
    for opportunity in sold:
        await house.systems.crm.win(opportunity, TODAY)
    won = (datetime.now(UTC) - began).total_seconds()
    at = await _all_active(house, before, stream.deals)
    spent = cpu.between(used, cpu.used(house.stack.pids()))
    found = _figures(sorted((each - began).total_seconds() for each in at), won, spent)
    told(f"engagements: {found.per_minute:.0f} a minute")
    return found


async def _all_active(house: House, before: int, number: int) -> list[datetime]:
    async def look() -> list[datetime] | None:
        query = select(AuditRow.at).where(col(AuditRow.seq) > before, AuditRow.action == _ACTIVATED)
        async with house.running.database.reading() as tx:
            found = list((await tx.exec(query)).all())
        return found if len(found) >= number else None

    return await until(look, f"the activation of {number} deals", _PATIENCE_EACH * number)


def _figures(at: list[float], won: float, spent: Mapping[str, float]) -> Engagements:
    first, last = len(at) // 4, len(at) - len(at) // 4 - 1
    return Engagements(
        deals=len(at),
        seconds_until_all_are_won=round(won, 3),
        seconds_until_all_are_active=round(at[-1], 3),
        per_minute=rate(at[first : last + 1]),
        cpu_seconds_each={name: round(used / len(at), 4) for name, used in spent.items()},
    )


def rate(at: list[float]) -> float:
    """Return how many come a minute, from the seconds at which each came, in order."""
    return round((len(at) - 1) * 60 / (at[-1] - at[0]), 1)
