"""Sales at work in Salesforce: accounts, deals, what changes, and what stands there in the end."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from itertools import count

import httpx

from world.stage import readings, salesforce_api, salesforce_rows
from world.stage.evidence import Sent
from world.stage.firm import Firm
from world.stage.keys import Keys
from world.stage.readings import CrmClient, CrmDeal, CrmInvoice
from world.stage.salesforce_api import SYSTEM, Org, Record
from world.stage.terms import Client, ClientTerms, Deal, DealTerms, PlannedRate, ScheduleLine

WON = "Closed Won"
_OPEN = "Negotiation"
_ACKNOWLEDGED = "outbound.acknowledged"


@asynccontextmanager
async def connect(
    url: str, keys: Keys, transport: httpx.AsyncBaseTransport | None = None
) -> AsyncIterator["Salesforce"]:
    """Sign in as the connected app's user."""
    async with salesforce_api.connect(url, keys, transport) as org:
        yield Salesforce(org)


class Salesforce:
    """One org, as the firm's sales people use it."""

    def __init__(self, org: Org) -> None:
        self._org = org
        self.door = org.door
        self._pricebook = ""
        self._products: dict[str, str] = {}

    async def set_up(self, firm: Firm) -> None:
        """Keep one product for each role, and remember them."""
        books = await self._org.select("Pricebook2", ["Id"], {"IsStandard": True})
        self._pricebook = books[0]["Id"]
        found = await self._org.select(
            "Product2", ["Id", "ProductCode"], {"ProductCode": list(firm.roles)}
        )
        self._products = {row["ProductCode"]: row["Id"] for row in found}
        for code, role in firm.roles.items():
            if code not in self._products:
                product = {"Name": role.name, "ProductCode": code, "IsActive": True}
                self._products[code] = await self._org.create("Product2", product)

    async def play_number(self, names: Sequence[str]) -> int:
        """Return the number of this play: one more than how often its clients are there."""
        for number in count(1):
            suffixed = [named(name, number) for name in names]
            if not await self._org.select("Account", ["Id"], {"Name": suffixed}):
                return number
        raise AssertionError  # pragma: no cover - `count` does not end

    async def add_client(self, client: Client, play: int) -> str:
        """Create an account and return its id."""
        own = {"Name": named(client.name, play), "CurrencyIsoCode": client.currency}
        if client.existing and client.existing.on_account:
            own["Erp_Customer__c"] = client.existing.customer
        return await self._org.create(
            "Account", own | salesforce_rows.fields(client, salesforce_rows.CLIENT_FIELDS)
        )

    async def add_deal(self, deal: Deal, account: str, play: int, closes: date) -> str:
        """Create an opportunity with its rates and its billing schedule; return its id."""
        own = {
            "Name": named(deal.name, play),
            "AccountId": account,
            "StageName": _OPEN,
            "CloseDate": closes.isoformat(),
            "CurrencyIsoCode": deal.currency,
            "Pricebook2Id": self._pricebook,
        }
        opportunity = await self._org.create(
            "Opportunity", own | salesforce_rows.fields(deal, salesforce_rows.DEAL_FIELDS)
        )
        for rate in deal.rates:
            await self._add_rate(opportunity, rate, deal.currency)
        await self.add_schedule(opportunity, deal.schedule, deal.currency)
        return opportunity

    async def win(self, opportunity: str, day: date) -> None:
        """Close an opportunity as won."""
        won = {"StageName": WON, "CloseDate": day.isoformat()}
        await self._org.update("Opportunity", opportunity, won)

    async def lose(self, opportunity: str) -> None:
        """Take the win of an opportunity back."""
        await self._org.update("Opportunity", opportunity, {"StageName": _OPEN})

    async def change_client(self, account: str, terms: ClientTerms) -> None:
        """Change what was given; None empties a field."""
        await self._org.update(
            "Account", account, salesforce_rows.given(terms, salesforce_rows.CLIENT_FIELDS)
        )

    async def change_deal(self, opportunity: str, terms: DealTerms) -> None:
        """Change what was given; None empties a field."""
        if terms.model_fields_set:
            await self._org.update(
                "Opportunity",
                opportunity,
                salesforce_rows.given(terms, salesforce_rows.DEAL_FIELDS),
            )

    async def add_schedule(
        self, opportunity: str, lines: Iterable[ScheduleLine], currency: str
    ) -> None:
        """Add lines below those that the billing schedule has."""
        there = await self._schedule(opportunity)
        for sequence, line in enumerate(lines, start=len(there) + 1):
            row = {
                "Opportunity__c": opportunity,
                "Name": line.name,
                "Sequence__c": sequence,
                "Amount__c": line.amount,
                "Due_Date__c": line.due.isoformat() if line.due else None,
                "Project__c": line.project,
                "CurrencyIsoCode": currency,
            }
            await self._org.create("Billing_Schedule_Line__c", row)

    async def project_codes(self, opportunity: str) -> tuple[str, ...]:
        """Return the codes of the deal's projects, once the platform has written them."""
        row = await self._org.get("Opportunity", opportunity)
        return readings.codes(row["Project_Code__c"])

    async def waiting(self) -> list[str]:
        """Return the messages that nobody has acknowledged yet."""
        found = await self._org.unacknowledged()
        return [f"{one['id']} about {one['object']} {one['record']}" for one in found]

    async def sent(self, records: Iterable[str], after: int) -> tuple[list[Sent], int]:
        """Return what was acknowledged about these records after an entry of the log.

        The number is that of the last entry that was read.
        """
        wanted, found = set(records), []
        async for entry in self.door.log(after):
            after, body = entry["seq"], entry["body"]
            if entry["operation"] == _ACKNOWLEDGED and body["record"] in wanted:
                about = f"{body['object']} {body['record']}"
                found.append(Sent(source=SYSTEM, id=body["id"], about=about))
        return found, after

    async def client(self, account: str) -> CrmClient:
        """Read an account back."""
        row = await self._org.get("Account", account)
        return CrmClient(
            account=account,
            name=row["Name"],
            client=row["Tiebeam_Client__c"],
            erp_customer=row["Erp_Customer__c"],
            psa_client=row["Psa_Client__c"],
        )

    async def deal(self, opportunity: str) -> CrmDeal:
        """Read an opportunity back, with what belongs to it."""
        row = await self._org.get("Opportunity", opportunity)
        items = await self._org.select(
            "OpportunityLineItem",
            ["ProductCode", "ServiceDate", "UnitPrice", "Project__c"],
            {"OpportunityId": opportunity},
            order="ServiceDate",
        )
        schedule = await self._schedule(opportunity)
        return CrmDeal(
            opportunity=opportunity,
            stage=row["StageName"],
            entity=row["Legal_Entity__c"],
            currency=row["CurrencyIsoCode"],
            billing_model=row["Billing_Model__c"],
            project_code=row["Project_Code__c"],
            delivery_status=row["Delivery_Status__c"],
            prices=tuple(salesforce_rows.price(item, row["CurrencyIsoCode"]) for item in items),
            schedule=tuple(
                salesforce_rows.milestone(line, row["CurrencyIsoCode"]) for line in schedule
            ),
            invoices=await self._invoices(opportunity),
        )

    async def schedule_lines(self, opportunity: str) -> list[str]:
        """Return the ids of the lines of the billing schedule."""
        return [line["Id"] for line in await self._schedule(opportunity)]

    async def _add_rate(self, opportunity: str, rate: PlannedRate, currency: str) -> None:
        item = {
            "OpportunityId": opportunity,
            "PricebookEntryId": await self._price_entry(rate, currency),
            "Quantity": rate.hours,
            "UnitPrice": rate.per_hour,
            "ServiceDate": rate.since.isoformat(),
            "Project__c": rate.project,
        }
        await self._org.create("OpportunityLineItem", item)

    async def _price_entry(self, rate: PlannedRate, currency: str) -> str:
        product = self._products[rate.role]
        found = await self._org.select(
            "PricebookEntry",
            ["Id"],
            {
                "Product2Id": product,
                "Pricebook2Id": self._pricebook,
                "CurrencyIsoCode": currency,
            },
        )
        if found:
            return str(found[0]["Id"])
        entry = {
            "Pricebook2Id": self._pricebook,
            "Product2Id": product,
            "UnitPrice": rate.per_hour,
            "CurrencyIsoCode": currency,
            "IsActive": True,
        }
        return await self._org.create("PricebookEntry", entry)

    async def _schedule(self, opportunity: str) -> list[Record]:
        return await self._org.select(
            "Billing_Schedule_Line__c",
            ["Id", "Name", "Amount__c"],
            {"Opportunity__c": opportunity},
            order="Sequence__c",
        )

    async def _invoices(self, opportunity: str) -> tuple[CrmInvoice, ...]:
        found = await self._org.select(
            "Invoice__c",
            [*salesforce_rows.INVOICE, "CurrencyIsoCode"],
            {"Opportunity__c": opportunity},
            order="Tiebeam_Key__c",
        )
        return tuple(salesforce_rows.invoice(row) for row in found)


def named(name: str, play: int) -> str:
    """Return a name as the nth play of a scenario uses it."""
    return name if play == 1 else f"{name} ({play})"
