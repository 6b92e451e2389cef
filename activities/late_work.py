"""Time that was approved after its deal was closed: kept out of the books, and told to a person."""

from collections.abc import Iterable, Mapping, Sequence

from canonical.cases import Case, CaseId
from canonical.contracts import ContractId
from canonical.engagements import Stage
from canonical.entries import EntryKey
from canonical.systems import ForeignId
from store import cases, engagements, entries
from store.database import Transaction
from store.entries import Arrival

_LATE = "late work"


async def sort_out(
    tx: Transaction, read: Iterable[ForeignId], arrivals: Sequence[Arrival]
) -> tuple[Sequence[Arrival], set[EntryKey]]:
    """Return what can be taken, and the keys of what came after its contract was closed.

    The engagements are held, so that none closes before what is taken here is there. `read`
    are the timesheets: each that brings late time has a case until it brings none.
    """
    closed = await _closed(tx, {arrival.filed.contract for arrival in arrivals})
    suspects = [each for each in arrivals if each.filed.contract in closed]
    known = await entries.known(tx, [each.filed.entry.key for each in suspects])
    late = [each for each in suspects if each.filed.entry.key not in known]
    await _tell(tx, {str(each): each for each in read}, late)
    keys = {each.filed.entry.key for each in late}
    return [each for each in arrivals if each.filed.entry.key not in keys], keys


async def _closed(tx: Transaction, contracts: Iterable[ContractId]) -> set[ContractId]:
    stages = {each: await engagements.hold(tx, each) for each in sorted(contracts)}
    return {contract for contract, stage in stages.items() if stage is Stage.CANCELLED}


async def _tell(tx: Transaction, read: Mapping[str, ForeignId], late: Sequence[Arrival]) -> None:
    waiting = await cases.open_of(tx, _LATE)
    for timesheet in read.values():
        brought = [each for each in late if each.timesheet == timesheet]
        case = _case(timesheet, brought)
        if brought:
            await cases.open_case(tx, case)
        elif case.id in waiting:
            await cases.close_case(tx, case.id)


def _case(timesheet: ForeignId, late: Sequence[Arrival]) -> Case:
    projects = ", ".join(sorted({each.filed.project for each in late}))
    return Case(
        id=CaseId(f"{_LATE}/{timesheet}"),
        error_class="E17",
        step="Take approved time",
        workflow=_LATE,
        subject=str(timesheet),
        text=f"{len(late)} entries on {projects} were approved after the deal was closed: take"
        " the approval back and report the time elsewhere",
        root_cause=f"E17/{timesheet}",
        owner="delivery",
        certainty="not_sent",
    )
