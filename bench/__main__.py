"""The command: `python -m bench`. JSON on standard output, progress on standard error."""

import asyncio
import signal
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer

from bench import activation, engagements, house, machine, memory, posting, profile
from bench.activation import Pace
from bench.engagements import Stream
from bench.figures import Document, Held, Peak, WorkerMemory
from bench.house import BenchError, House
from bench.posting import Load
from console.progress import Progress
from console.stack import StackError
from world.stage.calls import StageError

_FAILED = 1
_REAL = "tryton"


class Part(StrEnum):
    """What can be measured; `history` is of the platform's runs in `posting`.

    `tryton` is posting with the real ERP.
    """

    POSTING = "posting"
    HISTORY = "history"
    ACTIVATION = "activation"
    ENGAGEMENTS = "engagements"
    PROFILE = "profile"
    TRYTON = "tryton"


_ON_SANDBOXES = frozenset({Part.ACTIVATION, Part.ENGAGEMENTS, Part.HISTORY, Part.POSTING})


@dataclass(frozen=True)
class Plan:
    """How much of everything."""

    load: Load
    pace: Pace
    stream: Stream


Parts = Annotated[
    list[Part] | None, typer.Option("--only", help="Measure this part; may be given again.")
]
AsJson = Annotated[
    bool, typer.Option("--json/--short", help="The whole document, or one line for each bar.")
]
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def bench(  # noqa: PLR0913 - every size of a run, by name
    *,
    only: Parts = None,
    entries: Annotated[int, typer.Option(min=1, help="Approved entries in each run.")] = 10_000,
    timesheet: Annotated[int, typer.Option(min=1, help="Entries on a timesheet.")] = 40,
    pairs: Annotated[int, typer.Option(min=1, help="Runs of platform and bare loop.")] = 3,
    deals: Annotated[int, typer.Option(min=1, help="Deals that are activated.")] = 5,
    latency: Annotated[int, typer.Option(min=1, help="Milliseconds a vendor takes.")] = 100,
    stream: Annotated[int, typer.Option(min=4, help="Deals that are won in a stream.")] = 200,
    as_json: AsJson = True,
) -> None:
    """Measure what the platform costs, on an embedded stack of its own that is gone afterwards.

    Figures are ratios within the run; docs/benchmarks.md says how to read them.
    """
    plan = Plan(
        Load(entries=entries, timesheet=timesheet, pairs=pairs),
        Pace(latency=timedelta(milliseconds=latency), deals=deals),
        Stream(deals=stream),
    )
    try:
        found = asyncio.run(_stoppable(frozenset(only or Part), plan))
    except asyncio.CancelledError:
        raise typer.Exit(_FAILED) from None
    except (BenchError, StackError, StageError) as wrong:
        typer.echo(f"bench: {wrong}", err=True)
        raise typer.Exit(_FAILED) from None
    typer.echo(found.model_dump_json(indent=1) if as_json else "\n".join(_bars(found)))


async def measured(parts: frozenset[Part], plan: Plan, progress: Progress) -> Document:
    """Return the figures of the parts."""
    found = Document(machine=machine.facts())
    if parts & _ON_SANDBOXES:
        async with house.opened(progress) as stack:
            found = found.model_copy(update=await _on_sandboxes(stack, parts, plan, progress))
    if Part.PROFILE in parts:
        profiled = await profile.measure(plan.load, progress)
        found = found.model_copy(update={"profile": profiled})
    if Part.TRYTON in parts:
        async with house.opened(progress, erp=_REAL) as stack:
            real = replace(plan.load, pairs=1, has_sandboxes=False)
            posted, _ = await posting.measure(stack, real, progress.note)
        found = found.model_copy(update={"tryton": posted})
    return found


async def _on_sandboxes(
    stack: House, parts: frozenset[Part], plan: Plan, progress: Progress
) -> dict[str, object]:
    worker = stack.stack.pids()["worker"]
    found: dict[str, object] = {}
    rest, peaks = memory.now(worker), list[Peak]()
    if Part.ACTIVATION in parts:
        found["activation"] = await activation.measure(stack, plan.pace, progress.note)
    if Part.ENGAGEMENTS in parts:
        with memory.peak(worker, "engagements") as peak:
            found["engagements"] = await engagements.measure(stack, plan.stream, progress.note)
        peaks += peak
    if parts & {Part.POSTING, Part.HISTORY}:
        with memory.peak(worker, "posting") as peak:
            posted, history = await posting.measure(stack, plan.load, progress.note)
        peaks += peak
        asked = {"posting": posted, "history": history}
        found |= {part.value: asked[part.value] for part in parts if part.value in asked}
    return {**found, "worker_memory": WorkerMemory(at_rest=rest, peaks=tuple(peaks))}


async def _stoppable(parts: frozenset[Part], plan: Plan) -> Document:
    """Let SIGTERM end a run as Ctrl-C does, so that nothing of the stack is left."""
    task = asyncio.ensure_future(measured(parts, plan, Progress()))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await task


def _bars(found: Document) -> list[str]:
    held: dict[str, Held] = {}
    if found.posting:
        held["posting, times the bare loop"] = found.posting.ratio
        if found.posting.sandbox_milliseconds_per_entry:
            held["sandboxes, ms an entry"] = found.posting.sandbox_milliseconds_per_entry
    if found.tryton:
        held["posting to Tryton, times the bare loop"] = found.tryton.ratio
    if found.history:
        held["history, events per 1,000 entries"] = found.history.events_per_1000_entries
    if found.activation:
        held["activation, times the critical path"] = found.activation.ratio
    return [
        f"{'holds ' if one.holds else 'BROKEN'}  {one.figure:6.2f} of {one.bar:g}  {name}"
        for name, one in held.items()
    ]


if __name__ == "__main__":
    app()
