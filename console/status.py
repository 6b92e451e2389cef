"""Status: every engagement with its stage, its ids everywhere, its invoices and what waits."""

from typing import Any

from rich.table import Table
from rich.text import Text

from canonical.engagements import Stage
from store import billing, cases, contracts, engagements, invoices
from store.database import Database, Transaction
from store.engagements import Engagement
from store.invoices import Kept
from store.tables.money import Standing

_COLOR = {
    Stage.WON: "yellow",
    Stage.ACTIVE: "cyan",
    Stage.UNWINDING: "yellow",
    Stage.CLOSING: "yellow",
    Stage.FULFILLED: "green",
    Stage.CANCELLED: "dim",
}


async def read(database: Database) -> dict[str, Any]:
    """Return engagements and open cases as plain values."""
    async with database.reading() as tx:
        found = [await _engagement(tx, each) for each in await engagements.everything(tx)]
        opened = await cases.open_cases(tx)
    shown = {"error_class", "step", "subject", "text", "owner", "at_risk", "workflow"}
    return {
        "engagements": found,
        "cases": [case.model_dump(mode="json", include=shown) for case in opened],
    }


def tables(status: dict[str, Any]) -> list[Table]:
    """Return the status as tables for a terminal."""
    pipeline = Table(title="Engagements", title_justify="left")
    for column in ("contract", "opportunity", "stage", "deal", "projects", "invoices"):
        pipeline.add_column(column)
    for each in status["engagements"]:
        stage = Text(each["stage"], style=_COLOR[Stage(each["stage"])])
        invoiced = ", ".join(_invoice(invoice) for invoice in each["invoices"])
        pipeline.add_row(
            each["contract"],
            Text(each["opportunity"]),
            stage,
            Text(each["deal"]),
            Text(", ".join(_named(code, each["workstreams"]) for code in each["projects"])),
            invoiced,
        )
    waiting = Table(title="Waiting for a person", title_justify="left")
    for column in ("class", "owner", "what to do", "at risk", "workflow"):
        waiting.add_column(column)
    for case in status["cases"]:
        risk = case["at_risk"]
        amount = f"{risk['amount']} {risk['currency']}" if risk else ""
        text, workflow = Text(case["text"]), Text(case["workflow"])
        waiting.add_row(case["error_class"], case["owner"], text, amount, workflow)
    return [pipeline, waiting] if status["cases"] else [pipeline]


def _named(code: str, workstreams: dict[str, str]) -> str:
    return f"{code} {workstreams[code]}" if code in workstreams else code


async def _engagement(tx: Transaction, engagement: Engagement) -> dict[str, Any]:
    contract = await contracts.find(tx, engagement.contract)
    projects = await contracts.projects(tx, engagement.contract)
    issued = await invoices.of_contract(tx, engagement.contract)
    return {
        "contract": engagement.contract,
        "opportunity": str(engagement.opportunity),
        "generation": engagement.generation,
        "stage": engagement.stage.value,
        "client": contract.client if contract else None,
        "deal": contract.name if contract else "",
        "projects": [project.code for project in projects],
        "workstreams": {
            project.code: project.workstream for project in projects if project.workstream
        },
        "invoices": [
            {
                "reference": kept.invoice.reference,
                "number": kept.status.number if kept.status else None,
                "standing": kept.standing.value,
                "net": str(kept.invoice.net),
                "behind": await _behind(tx, kept),
            }
            for kept in issued
        ],
    }


async def _behind(tx: Transaction, kept: Kept) -> int:
    """Return how many cycles wait until an invoice is posted; its contract bills one by one."""
    if kept.standing not in (Standing.DRAFT, Standing.POSTING):
        return 0
    return await billing.behind(tx, kept.invoice.contract, kept.cycle)


def _invoice(invoice: dict[str, Any]) -> str:
    shown = f"{invoice['number'] or invoice['standing']} {invoice['net']}"
    return f"{shown} ({invoice['behind']} behind it)" if invoice["behind"] else shown
