"""Waiting until a line of the story has had all its effects."""

import asyncio
from datetime import timedelta
from time import monotonic

from world.stage.calls import StageError
from world.stage.cast import Cast
from world.stage.laws import OUTCOMES
from world.stage.platform import Platform
from world.stage.systems import Systems

_PAUSE_SECONDS = 0.1
_SHOWN = 5


async def rest(systems: Systems, platform: Platform, cast: Cast, patience: timedelta) -> None:
    """Return once every message has arrived and the platform has nothing under way.

    Raises:
        StageError: it does not come to rest; the text names what is still open.
    """
    deadline = monotonic() + patience.total_seconds()
    while unsettled := await _unsettled(systems, platform, cast):
        if monotonic() > deadline:
            message = f"nothing came to rest within {patience.total_seconds():g} s: {unsettled}"
            raise StageError(message)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _unsettled(systems: Systems, platform: Platform, cast: Cast) -> str:
    if waiting := await systems.crm.waiting():
        return f"nobody has acknowledged {_some(waiting)}; is the gateway up?"
    if not await platform.settled():
        return f"the platform is at work on {await _stages(platform, cast)}"
    await cast.listen(systems)
    messages = (await platform.belief()).messages
    heard = {(one.source, one.id) for one in messages if one.outcome in OUTCOMES}
    unheard = [f"{one.id} about {one.about}" for at, one in cast.sent.items() if at not in heard]
    return f"the platform has not dealt with {_some(unheard)}" if unheard else ""


async def _stages(platform: Platform, cast: Cast) -> str:
    mine = set(cast.opportunities.values())
    engagements = (await platform.belief()).engagements
    found = [f"{one.opportunity} ({one.stage})" for one in engagements if one.opportunity in mine]
    return _some(found) or "something else"


def _some(names: list[str]) -> str:
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
