"""Contracts whose billing does not answer: they keep no other, and each has a case until it does.

A run does not answer where no worker takes its tasks: it is pinned to a build that is gone.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import timedelta

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from activities import failures
from canonical import processes
from canonical.cases import Case, CaseId
from canonical.contracts import ContractId
from store import cases
from store.billing import Request
from store.database import UNAVAILABLE, Database, Transaction

Tell = Callable[[Request, timedelta], Awaitable[None]]
_Failures = dict[ContractId, Exception | None]  # None: it answered
_STEP = "Tell the billing of a cycle"
_AT_ONCE = 8
_AGAIN = timedelta(seconds=1)  # for one that did not answer the last time
_ROUNDS = 2  # of patience, for all together; whoever had no turn has the next


async def tell_each(
    database: Database, requests: Sequence[Request], tell: Tell, patience: timedelta
) -> None:
    """Tell each contract what is asked of it, side by side; a case says which does not answer.

    Raises:
        RPCError: it is the engine that does not answer.
    """
    async with database.reading() as tx:
        silent = await cases.open_at(tx, _STEP)
    asked_of = _by_contract(requests, silent)
    failed: _Failures = {}
    turns = asyncio.Semaphore(_AT_ONCE)
    clock = asyncio.get_running_loop().time
    end = clock() + _ROUNDS * patience.total_seconds()

    async def told(contract: ContractId) -> None:
        wait = _AGAIN if processes.billing_id(contract) in silent else patience
        async with turns:
            if clock() < end:
                failed[contract] = await _failure(asked_of[contract], tell, wait)

    await asyncio.gather(*map(told, asked_of))
    async with database.transaction() as tx:
        await _record(tx, silent, asked_of, failed)


def _by_contract(
    requests: Sequence[Request], silent: Collection[str]
) -> dict[ContractId, list[Request]]:
    """Return what is asked of each contract; those that were silent the last time come last."""
    found: dict[ContractId, list[Request]] = {}
    for each in sorted(requests, key=lambda one: processes.billing_id(one.contract) in silent):
        found.setdefault(each.contract, []).append(each)
    return found


async def _failure(asked: Sequence[Request], tell: Tell, wait: timedelta) -> Exception | None:
    try:
        for each in asked:
            await tell(each, wait)
    except Exception as exc:
        if isinstance(exc, UNAVAILABLE) or _is_of_the_engine(exc):
            raise
        return exc
    return None


def _is_of_the_engine(failure: Exception) -> bool:
    return isinstance(failure, RPCError) and failure.status is RPCStatusCode.UNAVAILABLE


async def _record(
    tx: Transaction,
    silent: Mapping[str, CaseId],
    waiting: Collection[ContractId],
    failed: _Failures,
) -> None:
    """Open a case for each contract that failed, and close those that answered or wait no more."""
    runs = {processes.billing_id(each) for each in waiting}
    answered = {processes.billing_id(each) for each, failure in failed.items() if failure is None}
    for run, case in silent.items():
        if run in answered or run not in runs:
            await cases.close_case(tx, case)
    for contract, failure in failed.items():
        if failure is not None and processes.billing_id(contract) not in silent:
            await cases.open_case(tx, _case(contract, failure))


def _case(contract: ContractId, failure: Exception) -> Case:
    run, name = processes.billing_id(contract), type(failure).__name__
    is_silent = isinstance(failure, WorkflowUpdateRPCTimeoutOrCancelledError)
    kind = "E26" if is_silent else failures.error_class(name)
    what = "does not answer" if is_silent else f"cannot be told ({name})"
    return Case(
        id=CaseId(f"{run}/{_STEP}"),
        error_class=kind,
        step=_STEP,
        workflow=run,
        subject=contract,
        text=f"the billing of {contract} {what}, so a cycle that was asked for is not begun; see "
        f"whether {run} waits for a build that no worker runs. It is told again with every poll",
        root_cause=f"{kind}/{name}",
        owner=failures.owner(kind),
        certainty="not_sent",
    )
