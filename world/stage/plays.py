"""The plays of a stack, remembered, so that the books can be checked long after the curtain."""

import json
from pathlib import Path

import httpx

from world.stage import loader, readback, systems
from world.stage.calls import StageError
from world.stage.cast import Cast
from world.stage.keys import Keys
from world.stage.loader import Script
from world.stage.platform import Belief
from world.stage.play import Played
from world.stage.report import Report
from world.stage.systems import Urls


def remember(file: Path, scenario: Path, played: Played) -> None:
    """Note who took part in a play."""
    name = f"{played.report.scenario}#{played.report.play}"
    known = json.loads(file.read_text()) if file.exists() else {}
    known[name] = {
        "scenario": str(scenario.resolve()),
        "accounts": played.accounts,
        "opportunities": played.opportunities,
    }
    file.write_text(json.dumps(known, indent=1))


async def audit(
    file: Path,
    urls: Urls,
    keys: Keys,
    belief: Belief,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Report:
    """Read back every deal that was ever played on the stack, and return one report of all.

    Raises:
        StageError: nothing was played yet, or a system does not answer.
    """
    script, cast = _everybody(file)
    async with systems.connect(urls, keys, transport) as opened:
        opened.erp.learn(script.firm)
        await cast.listen(opened)
        return await readback.read(script, opened, cast, belief)


def _everybody(file: Path) -> tuple[Script, Cast]:
    if not file.exists():
        message = "nothing was played on this stack yet: `tiebeam play SCENARIO` does"
        raise StageError(message)
    known = json.loads(file.read_text())
    cast = Cast(play=len(known))
    for name, play in known.items():
        cast.accounts |= {f"{name}/{key}": value for key, value in play["accounts"].items()}
        deals = play["opportunities"]
        cast.opportunities |= {f"{name}/{key}": value for key, value in deals.items()}
    return loader.load(Path(known[next(reversed(known))]["scenario"])), cast
