"""A clerk who does by hand what the platform does, so that the stage can be tried without it.

Deliberately simple: one customer an account, one project a deal, one invoice a cut-off. What the
clerk does wrong on request (`habits`) has to show in the verdicts.
"""

from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

import httpx

from tests.world.salesforce.listener import Listener
from world.stage import dynamics_api, kantata_api, money, salesforce_api
from world.stage.calls import Calls, Granted
from world.stage.dynamics_api import Environment, noon
from world.stage.firm import Firm
from world.stage.kantata_api import Account
from world.stage.keys import Keys
from world.stage.platform import (
    Belief,
    BelievedCase,
    BelievedEngagement,
    BelievedInvoice,
    BelievedMessage,
    BelievedSlice,
)
from world.stage.salesforce_api import Org, Record
from world.stage.systems import Urls

BILLS_TWICE = "bills twice"
COSTS_TWICE = "costs twice"
FORGETS_MESSAGES = "forgets messages"
_EU = {"DE", "FR", "AT"}
_SERVICE = "/api/services/TiebeamServices/PostingService"
_FEED = {"event_types": "timesheet:updated,story:updated"}


@dataclass
class Deal:
    """A deal that the clerk works on. `workspace` is empty until it is active."""

    opportunity: str
    code: str
    workspace: str = ""
    tax_group: str = ""
    row: Record = field(default_factory=dict)
    invoices: int = 0


class Desk(NamedTuple):
    """What the clerk works with: CRM, PSA, ERP, and the ERP's service that posts."""

    org: Org
    account: Account
    erp: Environment
    posting: Calls


@asynccontextmanager
async def at_work(
    urls: Urls, keys: Keys, firm: Firm, mail: Listener, habits: Collection[str] = ()
) -> AsyncIterator["Clerk"]:
    (ledger,) = urls.erps

    def grant() -> httpx.Request:
        form = {
            "grant_type": "client_credentials",
            "client_id": keys.client_id,
            "client_secret": keys.client_secret,
            "scope": f"{ledger.url}/.default",
        }
        return httpx.Request("POST", f"{ledger.url}/{keys.tenant}/oauth2/v2.0/token", data=form)

    async with (
        salesforce_api.connect(urls.crm, keys, None) as org,
        kantata_api.connect(urls.psa, keys.kantata_tokens[0], None) as account,
        dynamics_api.connect(ledger.url, keys, None) as erp,
        httpx.AsyncClient(base_url=ledger.url, auth=Granted(grant)) as client,
    ):
        desk = Desk(org, account, erp, Calls("erp", client))
        yield Clerk(desk, firm, mail, habits)


class Clerk:
    def __init__(self, desk: Desk, firm: Firm, mail: Listener, habits: Collection[str]) -> None:
        self._org, self._account, self._erp, self._posting = desk
        self._firm = firm
        self._mail = mail
        self._habits = habits
        self._deals: dict[str, Deal] = {}
        self._slices: dict[str, BelievedSlice] = {}
        self._dates: dict[str, date] = {}
        self._messages: dict[tuple[str, str], str] = {}
        self._cases: dict[tuple[str, str], bool] = {}
        self._invoices: list[BelievedInvoice] = []
        self._read = len(mail.messages)
        self.days: list[date] = []

    async def set_today(self, day: date) -> None:
        self.days.append(day)

    async def settled(self) -> bool:
        worked = await self._read_mail()
        worked |= await self._read_feed()
        return not worked

    async def belief(self) -> Belief:
        forgets = FORGETS_MESSAGES in self._habits
        return Belief(
            slices=tuple(self._slices.values()),
            messages=tuple(
                BelievedMessage(source=source, id=key, outcome=outcome)
                for (source, key), outcome in self._messages.items()
                if not (forgets and source == "psa-main")
            ),
            cases=tuple(
                BelievedCase(
                    error_class="E05",
                    subject=subject,
                    text=text,
                    owner="sales_ops",
                    is_open=is_open,
                )
                for (subject, text), is_open in self._cases.items()
            ),
            invoices=tuple(self._invoices),
            engagements=tuple(
                BelievedEngagement(
                    opportunity=deal.opportunity, stage="active" if deal.workspace else "stopped"
                )
                for deal in self._deals.values()
            ),
        )

    async def cut_off(self, opportunity: str, day: date) -> None:
        deal = self._deals[opportunity]
        ready = [
            part
            for part in self._slices.values()
            if part.state == "ready" and self._dates[part.source] <= day
        ]
        await self._bill(deal, ready, day, account="401100")

    async def approve_invoices(self, opportunity: str, by: str) -> None:
        """Need nobody: the clerk asks for no approvals."""

    async def _read_mail(self) -> bool:
        fresh = self._mail.messages[self._read :]
        self._read += len(fresh)
        for message in fresh:
            for key, row in zip(message.ids, message.rows, strict=True):
                self._messages["crm-main", key] = "applied"
                if row.get("StageName") == "Closed Won":
                    opportunity = str(row["Id"])
                    code = f"P-{opportunity[-6:]}"
                    self._deals.setdefault(opportunity, Deal(opportunity, code))
        if fresh:
            for deal in self._deals.values():
                if not deal.workspace:
                    await self._activate(deal)
        return bool(fresh)

    async def _read_feed(self) -> bool:
        events = await self._account.all("subscribed_events", _FEED)
        fresh = [e for e in events if ("psa-main", e["id"]) not in self._messages]
        for event in fresh:
            self._messages["psa-main", event["id"]] = "applied"
            by_workspace = {deal.workspace: deal for deal in self._deals.values()}
            if event["subject_type"] == "Story":
                await self._reached(event["subject_id"], by_workspace)
            else:
                await self._approved(event["subject_id"], by_workspace)
        return bool(fresh)

    async def _activate(self, deal: Deal) -> None:
        deal.row = await self._org.get("Opportunity", deal.opportunity)
        client = await self._org.get("Account", deal.row["AccountId"])
        entity = self._firm.entities[deal.row["Legal_Entity__c"]]
        abroad = {entity.country, client["BillingCountry"]}
        within_eu = abroad <= _EU
        deal.tax_group = "DOM" if len(abroad) == 1 else "RC" if within_eu else "EXP"
        wrong = {
            "tax profile is incomplete": deal.tax_group == "RC" and not client["Tax_Id__c"],
            "billing schedule is missing": not deal.row["Billing_Frequency__c"],
        }
        for text, is_open in wrong.items():
            if is_open or (deal.code, text) in self._cases:
                self._cases[deal.code, text] = is_open
        if not any(wrong.values()):
            await self._open_project(deal, client)

    async def _open_project(self, deal: Deal, client: Record) -> None:
        customer = f"C-{client['Id'][-6:]}"
        area = {"dataAreaId": deal.row["Legal_Entity__c"].lower()}
        row = {
            "CustomerAccount": customer,
            "OrganizationName": client["Name"],
            "CustomerGroupId": self._firm.customer_groups["business"],
            "SalesCurrencyCode": deal.row["CurrencyIsoCode"],
            "SalesTaxGroup": deal.tax_group,
            "TaxExemptNumber": client["Tax_Id__c"] or "",
            "PaymentTerms": client["Payment_Terms__c"],
        }
        await self._erp.create("CustomersV3", area | row)
        project = {
            "ProjectId": deal.code,
            "ProjectName": deal.row["Name"],
            "ProjectGroupId": "TM",
            "CustomerAccountNumber": customer,
            "DimensionDisplayValue": self._dimensions(deal),
        }
        await self._erp.create("ProjectsV2", area | project)
        company = {"name": client["Name"], "company": True}
        group = await self._account.create("workspace_groups", "workspace_group", company)
        await self._open_workspace(deal, group["id"])
        links = {"Erp_Customer__c": customer, "Psa_Client__c": group["id"]}
        await self._org.update("Account", client["Id"], links)
        written = {"Project_Code__c": deal.code, "Delivery_Status__c": "active"}
        await self._org.update("Opportunity", deal.opportunity, written)

    async def _open_workspace(self, deal: Deal, group: str) -> None:
        workspace = {
            "title": deal.row["Name"],
            "creator_role": "maven",
            "currency": deal.row["CurrencyIsoCode"],
            "workspace_group_ids": [group],
            "external_reference": _reference("project", deal.code),
        }
        made = await self._account.create("workspaces", "workspace", workspace)
        deal.workspace = made["id"]
        for number, name in enumerate(await self._schedule(deal), start=1):
            story = {
                "title": name,
                "story_type": "milestone",
                "workspace_id": deal.workspace,
                "external_reference": _reference("milestone", f"{deal.code}/M{number}"),
            }
            await self._account.create("stories", "story", story)

    async def _schedule(self, deal: Deal) -> dict[str, Decimal]:
        where = {"Opportunity__c": deal.opportunity}
        columns = ["Name", "Amount__c"]
        rows = await self._org.select(
            "Billing_Schedule_Line__c", columns, where, order="Sequence__c"
        )
        return {row["Name"]: row["Amount__c"] for row in rows}

    async def _approved(self, submission: str, deals: dict[str, Deal]) -> None:
        query = {"with_timesheet_id": submission, "include": "role,user,workspace"}
        entries, beside = await self._account.all_with("time_entries", query)
        deal = deals.get(entries[0]["workspace_id"])
        if deal is None:
            return
        for entry in entries:
            role = beside["roles"][entry["role_id"]]["name"]
            await self._price(deal, entry, role)
        for _ in range(2 if COSTS_TWICE in self._habits else 1):
            await self._cost(deal, entries, beside["users"])

    async def _price(self, deal: Deal, entry: Record, role: str) -> None:
        source, seconds = f"psa-main:{entry['id']}", Decimal(entry["time_in_minutes"] * 60)
        state, amount = "covered", Decimal(0)
        if deal.row["Billing_Model__c"] == "Time and materials":
            codes = {known.name: code for code, known in self._firm.roles.items()}
            items = await self._org.select(
                "OpportunityLineItem",
                ["UnitPrice", "ServiceDate", "ProductCode"],
                {"OpportunityId": deal.opportunity, "ProductCode": codes[role]},
                order="ServiceDate",
            )
            valid = [item for item in items if item["ServiceDate"] <= entry["date_performed"]]
            exact = valid[-1]["UnitPrice"] * seconds / 3600
            state, amount = "ready", money.rounded(exact, entry["currency"])
        self._dates[source] = date.fromisoformat(entry["date_performed"])
        self._slices[source] = BelievedSlice(
            source=source, state=state, seconds=seconds, amount=amount, currency=entry["currency"]
        )

    async def _cost(self, deal: Deal, entries: list[Record], users: dict[str, Record]) -> None:
        area = {"dataAreaId": deal.row["Legal_Entity__c"].lower()}
        journal = await self._erp.create(
            "JournalTables", area | {"JournalName": "Hour", "JournalType": "Hour"}
        )
        people = {person.name: person.employee for person in self._firm.people.values()}
        for number, entry in enumerate(entries, start=1):
            line = {
                "JournalId": journal["JournalBatchNumber"],
                "LineNumber": number,
                "ProjectID": deal.code,
                "ResourceId": people[users[entry["user_id"]]["full_name"]],
                "Category": "CONS",
                "LineProperty": "NonCharge",
                "ProjectDate": noon(date.fromisoformat(entry["date_performed"])),
                "Hours": money.rounded(Decimal(entry["time_in_minutes"]) / 60, "CLF"),
                "CostPrice": Decimal(entry["cost_rate_in_cents"]) / 100,
                "CurrencyId": entry["currency"],
                "DimensionDisplayValue": self._dimensions(deal),
                "Description": f"psa-main:{entry['id']}",
            }
            await self._erp.create("JournalTrans", area | line)
        await self._post("postHourJournal", area | {"journalId": journal["JournalBatchNumber"]})

    async def _reached(self, story: str, deals: dict[str, Deal]) -> None:
        query = {"only": story, "include": "external_references,workspace"}
        stories, beside = await self._account.all_with(
            "stories", query | {"all_on_account": "true"}
        )
        deal = deals.get(stories[0]["workspace_id"])
        if deal is None or stories[0]["state"] != "completed":
            return
        reference = beside["external_references"][stories[0]["external_reference_ids"][0]]
        source, name = reference["service_model_ref"], stories[0]["title"]
        part = BelievedSlice(
            source=source,
            state="ready",
            seconds=Decimal(0),
            amount=(await self._schedule(deal))[name],
            currency=deal.row["CurrencyIsoCode"],
        )
        self._slices[source] = part
        self._dates[source] = self.days[-1]
        await self._bill(deal, [part], self.days[-1], account="401200")

    async def _bill(
        self, deal: Deal, parts: Iterable[BelievedSlice], day: date, *, account: str
    ) -> None:
        deal.invoices += 1
        reference = f"{deal.code}/{deal.invoices}/1"
        lines = list(enumerate(parts, start=1))
        for _ in range(2 if BILLS_TWICE in self._habits else 1):
            number = await self._issue(deal, lines, day, reference=reference, account=account)
        self._invoices.append(BelievedInvoice(reference=reference, number=number))
        for line, part in lines:
            billed = {"state": "billed", "invoice": reference, "line": line}
            self._slices[part.source] = part.model_copy(update=billed)

    async def _issue(
        self,
        deal: Deal,
        lines: list[tuple[int, BelievedSlice]],
        day: date,
        *,
        reference: str,
        account: str,
    ) -> str:
        client = await self._org.get("Account", deal.row["AccountId"])
        area = {"dataAreaId": deal.row["Legal_Entity__c"].lower()}
        header = {
            "CustomerAccount": client["Erp_Customer__c"],
            "InvoiceDate": noon(day),
            "CurrencyCode": deal.row["CurrencyIsoCode"],
            "ExternalInvoiceId": reference,
            "CustomerReference": deal.row["Purchase_Order__c"] or "",
        }
        made = await self._erp.create("FreeTextInvoiceHeaders", area | header)
        for number, part in lines:
            hours = money.rounded(part.seconds / 3600, "CLF") or Decimal(1)
            line = {
                "ParentRecId": made["InvoiceIdentifier"],
                "LineNumber": number,
                "Description": part.source,
                "InvoiceText": "Reverse charge" if deal.tax_group == "RC" else "",
                "MainAccountDisplayValue": account,
                "Quantity": hours,
                "UnitPrice": part.amount / hours,
                "TransactionCurrencyAmount": part.amount,
                "ProjectID": deal.code,
                "DefaultDimensionDisplayValue": self._dimensions(deal),
            }
            await self._erp.create("FreeTextInvoiceLines", area | line)
        asked = area | {"invoiceId": made["InvoiceIdentifier"]}
        return str((await self._post("postFreeTextInvoice", asked))["InvoiceNumber"])

    async def _post(self, operation: str, request: Record) -> Record:
        body = {"_request": request}
        answer: Record = await self._posting.ask("POST", f"{_SERVICE}/{operation}", body=body)
        assert answer["Success"], answer["Message"]
        return answer

    def _dimensions(self, deal: Deal) -> str:
        return f"{self._firm.practices[deal.row['Practice__c']]}-" + deal.code.replace("-", "\\-")


def _reference(model: str, ref: str) -> dict[str, str]:
    return {"service_name": "tiebeam", "service_model": model, "service_model_ref": ref}
