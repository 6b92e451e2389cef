"""Work that was asked for before, is ready again, and that no cycle asks for any more."""

from activities import triggers
from canonical import processes
from canonical.cases import Case, CaseId
from canonical.contracts import Contract, ContractId
from canonical.landscape import Landscape
from canonical.money import Money
from store import billing, cases, contracts, engagements
from store.database import Transaction


async def look(tx: Transaction, landscape: Landscape, contract: ContractId) -> None:
    """Ask for what became ready by itself where a threshold says so; else keep a case for it."""
    terms = await contracts.find(tx, contract)
    if terms is not None:
        await triggers.cross(tx, landscape, terms)
        await keep_case(tx, terms)


async def keep_case(tx: Transaction, contract: Contract) -> None:
    """Keep a case open for as long as such work waits, and close it once a cycle is asked for.

    Of a deal that was un-won its unwinding asks what becomes of open work.
    """
    case = _case(contract, await billing.unasked(tx, contract.id, contract.currency))
    is_unwound = (await engagements.of_contract(tx, contract.id)).is_leaving
    if case.at_risk is not None and case.at_risk.amount and not is_unwound:
        await cases.open_case(tx, case)
    elif case.id in await cases.open_of(tx, case.workflow):
        await cases.close_case(tx, case.id)


def _case(contract: Contract, unasked: Money) -> Case:
    return Case(
        id=CaseId(f"unasked/{contract.id}"),
        error_class="E26",
        step="Bill what is ready",
        workflow=processes.billing_id(contract.id),
        subject=contract.id,
        text=f"{unasked} of work was asked for before and is on no invoice: bill it "
        f"(`tiebeam start billing {contract.id} --cut-off DAY`), or write it off",
        root_cause=f"E26/{contract.id}/unasked",
        owner="finance",
        certainty="not_sent",
        at_risk=unasked,
    )
