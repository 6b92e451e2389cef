"""A clerk who writes into Tryton by hand what the platform writes, in the form agreed on.

Works as the platform's user, so that its groups are enough is proved on the way.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from world.stage.calls import StageError
from world.stage.tryton_api import Record, Session


class Worked(NamedTuple):
    """An entry of time: its key, who, when, how long, and what it costs in company currency."""

    entry: str
    employee: str
    day: date
    duration: timedelta
    cost: Decimal
    category: str = "CONS"


class Sold(NamedTuple):
    """A line of an invoice; without hours it is an amount."""

    text: str
    net: Decimal
    hours: float | None = None
    account: str = "401100"


class Clerk:
    """One company's clerk."""

    def __init__(self, session: Session, entity: str) -> None:
        self._session = session
        self._entity = entity
        self._known: dict[str, int] = {}
        self.company = 0

    async def begin(self) -> "Clerk":
        self.company = await self._id("company.company", ["party.code", "=", self._entity])
        return self

    async def client(self, code: str, name: str, country: str, tax_id: str = "") -> int:
        at = {"street": "1 Main Street", "city": "Lyon", "country": await self.country(country)}
        row: Record = {
            "code": code,
            "name": name,
            "addresses": [["create", [at]]],
            "identifiers": [["create", [{"type": "eu_vat", "code": tax_id}]]] if tax_id else [],
            "categories": [["add", [await self._id("party.category", ["name", "=", "10"])]]],
            "customer_payment_term": await self._term("Net30"),
        }
        (made,) = await self._create("party.party", row)
        return made

    async def project(self, party: int, contract: str, code: str, name: str) -> int:
        shared = {"company": self.company, "type": "project", "project_invoice_method": "manual"}
        root = {"name": f"{contract} {name}", "party": party, **shared}
        (parent,) = await self._create("project.work", root)
        work = {
            "name": f"{code} {name}",
            "parent": parent,
            "product": await self._id("product.product", ["template.code", "=", "TM"]),
            "timesheet_available": True,
            **shared,
        }
        (made,) = await self._create("project.work", work)
        axis = await self.axis("PROJECT")
        value = {"company": self.company, "root": axis, "parent": axis, "state": "opened"}
        await self._create("analytic_account.account", {"code": code, "name": name, **value})
        return made

    async def hours(self, work: int, code: str, batch: str, *entries: Worked) -> int:
        """Write a batch of hours: a draft move, and a line in the timesheets for each."""
        move = await self.costs(code, batch, *entries)
        await self.time(work, batch, *entries)
        return move

    async def time(self, work: int, batch: str, *entries: Worked) -> None:
        """Write lines in the timesheets, and no costs."""
        (found,) = await self._session.select(
            "project.work", [["id", "=", work]], ["timesheet_works"]
        )
        for one in entries:
            where = self._own(["party.code", "=", one.employee])
            await self._create(
                "timesheet.line",
                {
                    "company": self.company,
                    "employee": await self._id("company.employee", *where),
                    "date": one.day,
                    "duration": one.duration,
                    "work": found["timesheet_works"][0],
                    "description": f"{one.entry} {batch}",
                },
            )

    async def costs(self, code: str, batch: str, *entries: Worked) -> int:
        """Write the draft move of a batch, and no timesheets."""
        axes = [await self.value("BUSINESS_UNIT", "040"), await self.value("PROJECT", code)]
        cost, clearing = await self.account("540100"), await self.account("200140")
        lines = []
        for one in entries:
            analytic = [{"account": at, "debit": one.cost, "date": one.day} for at in axes]
            line = {"debit": one.cost, "description": f"{one.entry} {one.category}"}
            lines.append({**line, "account": cost, "analytic_lines": [["create", analytic]]})
        total = sum((one.cost for one in entries), Decimal(0))
        lines.append({"account": clearing, "credit": total})
        day = max(one.day for one in entries)
        (move,) = await self._create(
            "account.move",
            {
                "company": self.company,
                "journal": await self._id("account.journal", ["code", "=", "COST"]),
                "period": await self._period(day),
                "date": day,
                "description": batch,
                "lines": [["create", lines]],
            },
        )
        return move

    async def invoice(
        self, party: int, reference: str, day: date, code: str, *lines: Sold, **more: str
    ) -> int:
        """Draft an invoice; `tax` and `currency` are ours unless told otherwise."""
        tax, currency = more.get("tax", "DOM"), more.get("currency", "EUR")
        shared = {"company": self.company, "currency": await self.currency(currency)}
        rows = [
            {**shared, **await self._line(line, tax, code), "sequence": number}
            for number, line in enumerate(lines, start=1)
        ]
        (address,) = await self._session.select("party.address", [["party", "=", party]], ["id"])
        (made,) = await self._create(
            "account.invoice",
            {
                **shared,
                "type": "out",
                "reference": reference,
                "description": "PO-7",
                "party": party,
                "invoice_address": address["id"],
                "invoice_date": day,
                "account": await self.account("130100"),
                "journal": await self._id("account.journal", ["code", "=", "REV"]),
                "payment_term": await self._term("Net30"),
                "lines": [["create", rows]],
            },
        )
        return made

    async def _line(self, line: Sold, tax: str, code: str) -> Record:
        units = {"BUSINESS_UNIT": "040", "PROJECT": code}
        axes = [
            {"root": await self.axis(axis), "account": await self.value(axis, value)}
            for axis, value in units.items()
        ]
        by_hours = line.hours is not None
        return {
            "type": "line",
            "description": line.text,
            "account": await self.account(line.account),
            "quantity": line.hours if by_hours else 1.0,
            "unit": await self._id("product.uom", ["symbol", "=", "h"]) if by_hours else None,
            "unit_price": round(line.net / Decimal(str(line.hours or 1)), 4),
            "taxes": [["add", [await self._id("account.tax", *self._own(["name", "=", tax]))]]],
            "analytic_accounts": [["create", axes]],
        }

    async def post(self, model: str, document: int) -> None:
        """Post; a warning is read and waved through, as a person does."""
        try:
            await self._session.call(f"{model}.post", [document], company=self.company)
        except StageError as refused:
            if "UserWarning: " not in str(refused):
                raise
            name = str(refused).split("UserWarning: ")[1].split()[0]
            await self._session.call("res.user.warning.skip", name, False)
            await self.post(model, document)

    async def move(self, code: str, day: date, *sides: tuple[str, Decimal]) -> int:
        """Book by hand, on the project: debits positive."""
        axes = [await self.value("BUSINESS_UNIT", "040"), await self.value("PROJECT", code)]
        lines = []
        for account, amount in sides:
            side = {"debit": max(amount, Decimal(0)), "credit": max(-amount, Decimal(0))}
            analytic = [{**side, "account": at, "date": day} for at in axes]
            row: Record = {**side, "account": await self.account(account)}
            if account != "130100":
                row["analytic_lines"] = [["create", analytic]]
            else:
                row["party"] = await self._id("party.party", ["code", "=", "CL-00001"])
            lines.append(row)
        (made,) = await self._create(
            "account.move",
            {
                "company": self.company,
                "journal": await self._id("account.journal", ["code", "=", "MISC"]),
                "period": await self._period(day),
                "date": day,
                "lines": [["create", lines]],
            },
        )
        await self.post("account.move", made)
        return made

    async def account(self, code: str) -> int:
        return await self._id("account.account", *self._own(["code", "=", code]))

    async def axis(self, code: str) -> int:
        where = self._own(["code", "=", code], ["type", "=", "root"])
        return await self._id("analytic_account.account", *where)

    async def value(self, axis: str, code: str) -> int:
        where = self._own(["code", "=", code], ["root.code", "=", axis])
        return await self._id("analytic_account.account", *where)

    async def currency(self, code: str) -> int:
        return await self._id("currency.currency", ["code", "=", code])

    async def country(self, code: str) -> int:
        return await self._id("country.country", ["code", "=", code])

    async def _period(self, day: date) -> int:
        where = self._own(["start_date", "<=", day], ["end_date", ">=", day])
        return await self._id("account.period", *where)

    async def _term(self, name: str) -> int:
        return await self._id("account.invoice.payment_term", ["name", "=", name])

    def _own(self, *conditions: list[object]) -> list[list[object]]:
        return [["company", "=", self.company], *conditions]

    async def _id(self, model: str, *conditions: object) -> int:
        at = f"{model} {conditions}"
        if at not in self._known:
            (found,) = await self._session.select(model, conditions, ["id"])
            self._known[at] = int(found["id"])
        return self._known[at]

    async def _create(self, model: str, row: Mapping[str, object]) -> list[int]:
        return await self._session.create(model, [row], company=self.company)
