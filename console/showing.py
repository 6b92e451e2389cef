"""Showing: a play's report as a person reads it on a terminal."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from canonical import currencies

Values = Mapping[str, Any]


def report(found: Values, web_ui: str) -> list[RenderableType]:
    """Return a report's deals with their ids everywhere, their invoices, cases and verdicts."""
    shown: list[RenderableType] = []
    for deal in found["deals"]:
        shown += [_ids(found, deal), *(_invoice(invoice) for invoice in deal["invoices"])]
    if found["cases"]:
        shown.append(_cases(found["cases"]))
    shown += verdicts(found)
    shown += [_link(project["contract"], web_ui) for project in _projects(found)]
    return shown


def verdicts(found: Values) -> list[RenderableType]:
    """Return the verdict of each law, with what breaks it."""
    table = Table(title="Conservation laws, read back from the systems", title_justify="left")
    for column in ("law", "says", "checked", "verdict"):
        table.add_column(column)
    for verdict in found["verdicts"]:
        said = "[green]holds[/]" if verdict["holds"] else "[red]broken[/]"
        table.add_row(verdict["law"], verdict["says"], str(verdict["checked"]), said)
    breaches = [
        Text(f"{verdict['law']}: {breach['subject']}: {breach['text']}", style="red")
        for verdict in found["verdicts"]
        for breach in verdict["breaches"]
    ]
    return [table, *breaches]


def _projects(found: Values) -> list[Values]:
    return [project for deal in found["deals"] for project in deal["erp_projects"]]


def _link(contract: str, web_ui: str) -> RenderableType:
    query = quote(f'TiebeamContract="{contract}"')
    address = f"{web_ui}/namespaces/default/workflows?query={query}"
    return Text(f"Every run of {contract}, with its story: {address}", overflow="fold")


def _ids(found: Values, deal: Values) -> RenderableType:
    crm = deal["crm"]
    table = Table(title=f"Deal {deal['key']}: {deal['engagement']}", title_justify="left")
    for column in ("system", "clients", "deal or project", "time, postings, invoices"):
        table.add_column(column)
    accounts = ", ".join(client["crm"]["account"] for client in found["clients"])
    mirrored = ", ".join(str(invoice["number"]) for invoice in crm["invoices"])
    table.add_row("CRM", accounts, crm["opportunity"], mirrored)
    companies = ", ".join(client["crm"]["psa_client"] or "" for client in found["clients"])
    workspaces = ", ".join(project["id"] for project in deal["psa_projects"])
    table.add_row("PSA", companies, workspaces, f"{len(deal['time'])} entries")
    customers = ", ".join(client["crm"]["erp_customer"] or "" for client in found["clients"])
    codes = ", ".join(project["code"] for project in deal["erp_projects"])
    numbers = ", ".join(str(invoice["number"]) for invoice in deal["invoices"])
    posted = f"{len(deal['postings'])} hour lines, {numbers}"
    table.add_row("ERP", customers, codes, posted)
    return table


def _invoice(invoice: Values) -> RenderableType:
    number = invoice["number"] or "draft"
    title = f"Invoice {number} of {invoice['day']} ({invoice['reference']})"
    table = Table(title=title, title_justify="left")
    for column in ("line", "text", "hours", "price", "net", "tax"):
        table.add_column(column, justify="left" if column == "text" else "right")
    for line in invoice["lines"]:
        table.add_row(
            str(line["number"]),
            Text(line["text"]),
            line["quantity"],
            *(_amount(line[name], invoice) for name in ("unit_price", "net", "tax")),
        )
    parts = (f"{name} {_amount(invoice[name], invoice)}" for name in ("net", "tax", "gross"))
    return Group(table, Text(f"{' · '.join(parts)} {invoice['currency']}"))


def _amount(text: str, invoice: Values) -> str:
    return f"{Decimal(text):.{currencies.decimals(invoice['currency'])}f}"


def _cases(cases: Sequence[Values]) -> RenderableType:
    table = Table(title="What stopped and waited for a person", title_justify="left")
    for column in ("class", "owner", "what to do", "now"):
        table.add_column(column)
    for case in cases:
        now = "open" if case["is_open"] else "[green]resumed[/]"
        table.add_row(case["error_class"], case["owner"], Text(case["text"]), now)
    return table
