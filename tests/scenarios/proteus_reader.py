"""Reads with proteus, Tryton's own client, in Tryton's own interpreter: what is really there.

`python proteus_reader.py URL ASKED` prints what it finds of the parties, entries, invoices and
moves that ASKED names, as JSON.
"""

import json
import sys

from proteus import Model, config  # type: ignore[import-not-found]

config.set_xmlrpc(sys.argv[1])
ASKED = json.loads(sys.argv[2])


def parties() -> dict[str, str]:
    found = Model.get("party.party").find([("code", "in", ASKED["parties"])])
    return {party.code: party.name for party in found}


def timesheets() -> list[list[str]]:
    clauses = [("description", "like", f"{entry} %") for entry in ASKED["entries"]]
    return [
        [line.employee.party.code, line.date.isoformat(), str(line.duration), line.description]
        for line in Model.get("timesheet.line").find(["OR", *clauses])
    ]


def invoices() -> dict[str, list[str | None]]:
    found = Model.get("account.invoice").find([("reference", "in", ASKED["invoices"])])
    return {
        invoice.reference: [
            invoice.state,
            invoice.number,
            str(invoice.untaxed_amount),
            str(invoice.tax_amount),
            str(invoice.total_amount),
            str(invoice.amount_to_pay),
            invoice.move.number,
        ]
        for invoice in found
    }


def moves() -> list[list[str]]:
    found = Model.get("account.move").find([("number", "in", ASKED["moves"])])
    return [
        [
            move.state,
            move.number,
            str(sum(line.debit for line in move.lines)),
            str(sum(line.credit for line in move.lines)),
        ]
        for move in found
    ]


print(  # noqa: T201 - its output is its answer
    json.dumps(
        {
            "parties": parties(),
            "timesheets": timesheets(),
            "invoices": invoices(),
            "moves": moves(),
        }
    )
)
