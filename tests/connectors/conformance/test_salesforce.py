"""Salesforce, by what the suite asks of every connector."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr
from typing_extensions import override

from canonical.clients import ClientId
from canonical.landscape import SystemInstance
from canonical.money import Money
from canonical.projects import ProjectCode
from canonical.systems import ForeignId
from connectors import errors
from connectors.salesforce import Salesforce, connect
from tests.connectors.conformance.door import At, Door
from tests.connectors.conformance.suite import Conformance
from tests.connectors.conformance.system import (
    MARKER,
    PATIENCE,
    Connector,
    Given,
    Read,
    System,
    Throttle,
    Write,
)
from tests.connectors.salesforce import sample
from tests.connectors.salesforce.org import CRM
from tests.world.salesforce.house import APP, KEY, OTHER_KEY, Org, private_pem, public_pem

_NUMBERS = count(1)
_NOBODY = ForeignId(system=CRM, value="001xx0000099999AAA")
_NOTHING = ForeignId(system=CRM, value="006xx0000099999AAA")
_LOOPS = {
    "pattern": r'"totalSize":\s*1,\s*"done":\s*true',
    "text": '"totalSize":1,"done":false,'
    '"nextRecordsUrl":"/services/data/v60.0/query/01gxx0000000001AAA-{hit}"',
}
_SHRINKS = {"pattern": r'"totalSize":\s*1,', "text": '"totalSize":2,'}
_LOCKED = f'[{{"errorCode": "UNABLE_TO_LOCK_ROW", "message": "{MARKER}"}}]'
_JSON = {"Content-Type": "application/json"}


class SalesforceSystem(System):
    """One org of the sandbox."""

    vendor = "salesforce"
    by_id = ("opportunity", "account")
    paged = ("opportunity", "account")
    shrunk = errors.Drifted
    quick = (
        *("opportunity", "changes"),
        *("record_client", "record_invoice"),
    )
    apart: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "a_search_that_lags_behind_leads_to_one_record_after_the_declared_settle_time",
            "the_settle_time_is_what_keeps_a_lagging_search_from_a_double",
        ),
        "every write is of class A: nothing is searched for",
    ) | {
        "a_key_that_the_vendor_enforces_is_refused_with_other_content": (
            "it updates by id and upserts: the last content wins"
        ),
        "a_batch_of_which_one_record_is_refused_is_refused_whole": "it writes one record a call",
    }
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "lock_status": (500,),
        "jwt_clock": ("sandbox",),
        "duplicate_result_key": ("duplicateResut",),
    }
    amounts = (
        *(("USD", "0.01"), ("USD", "0"), ("USD", "-2480.99"), ("USD", "99999999999999.99")),
        *(("JPY", "1"), ("JPY", "123456789012"), ("BHD", "0.001"), ("BHD", "-12345.678")),
    )
    longest_text = 255

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self._org = Org(httpx.AsyncClient(base_url=door.url, trust_env=False))

    @override
    @classmethod
    def serve(cls, given: Given) -> str:
        return str(given("start_server")("world.sandboxes", "salesforce"))

    @override
    async def set_up(self) -> None:
        await self._org.set_up(
            certificate_pem=public_pem(),
            change_data_capture=["Account", "Opportunity"],
            connect_seconds=0.2,  # what a client waits whose advice is not heeded
            **APP,
        )
        await self._org.sign_in()
        self._account = await self._new_account()
        self._deal = await self._new_deal()

    @override
    async def close(self) -> None:
        await self._org.client.aclose()

    @override
    def opened(
        self,
        credential: Mapping[str, SecretStr] | None = None,
        *,
        url: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> AbstractAsyncContextManager[Salesforce]:
        instance = SystemInstance(
            id=CRM,
            vendor=self.vendor,
            role="crm",
            url=url or self.door.url,
            credential="crm",
            longest_request=patience,
        )
        return connect(instance, credential or self.credential(), transport=self.network())

    @override
    def credential(self) -> Mapping[str, SecretStr]:
        app = {name: SecretStr(value) for name, value in APP.items()}
        return {**app, "private_key": SecretStr(private_pem(KEY).decode())}

    @override
    def refused_credential(self) -> Mapping[str, SecretStr]:
        return {**self.credential(), "private_key": SecretStr(private_pem(OTHER_KEY).decode())}

    @override
    async def end_sessions(self) -> None:
        self.door.tell("DELETE", "sessions")
        await self._org.sign_in()

    @override
    def throttles(self) -> Mapping[str, Throttle]:
        locked = {"do": "status", "status": 400, "headers": _JSON, "text": _LOCKED}
        return {
            "403 of the daily quota": Throttle(settings={"daily_api_requests": 1}),
            "400 of a row that is locked": Throttle(fault=locked),
        }

    async def opportunity(self, _: Salesforce) -> Read:
        return self._query(
            lambda crm: crm.opportunity(self._deal), lambda crm: crm.opportunity(_NOTHING)
        )

    async def account(self, _: Salesforce) -> Read:
        return self._query(lambda crm: crm.account(self._account), lambda crm: crm.account(_NOBODY))

    async def changes(self, crm: Salesforce) -> Read:
        now = datetime.now(UTC)
        seen = await crm.changes("", now)

        async def told(found: Salesforce) -> set[ForeignId]:
            return {notice.subject for notice in (await found.changes("", now)).notices}

        async def told_later(found: Salesforce) -> object:
            return (await found.changes(seen.cursor, now)).notices

        return Read(at=At("POST", "/cometd/", "/meta/handshake"), call=told, absent=told_later)

    async def record_client(self, _: Salesforce) -> Write:
        account = await self._new_account()
        client = ClientId(f"CL-{next(_NUMBERS)}")
        links = sample.LINKS.model_copy(update={"client": client})
        return Write(
            at=At("PATCH", "/sobjects/Account/"),
            send=lambda crm: crm.record_client(account, links),
            count=self._holds("Account", account, "Tiebeam_Client__c", client),
        )

    async def record_project(self, _: Salesforce) -> Write:
        deal, code = await self._new_deal(), ProjectCode(f"PR-{next(_NUMBERS)}")
        return Write(
            at=At("PATCH", "/sobjects/Opportunity/"),
            send=lambda crm: crm.record_project(deal, [code], MARKER),
            count=self._holds("Opportunity", deal, "Project_Code__c", code),
        )

    async def record_invoice(self, _: Salesforce) -> Write:
        invoice = sample.invoice(f"CT-{next(_NUMBERS)}/1")

        async def counted() -> int:
            where = f"Tiebeam_Key__c = '{invoice.reference}'"
            return len(await self._org.query(f"SELECT Id FROM Invoice__c WHERE {where}"))  # noqa: S608 - our own word

        return Write(
            at=At("PATCH", "/sobjects/Invoice__c/"),
            send=lambda crm: crm.record_invoice(self._deal, invoice, sample.posted()),
            count=counted,
        )

    @override
    async def kept_amount(self, connector: Connector, amount: Money) -> Money:
        nothing = Money.zero(amount.currency)
        status = sample.posted().model_copy(
            update={"net": amount, "tax": nothing, "balance": nothing}
        )
        invoice = sample.invoice(f"CT-{next(_NUMBERS)}/1")
        made = await connector.record_invoice(self._deal, invoice, status)
        row = await self._exact_row("Invoice__c", made)
        deal = await self._new_deal(CurrencyIsoCode=amount.currency)
        told = f'{{"Amount": {amount.amount}}}'  # no float on the way
        path = f"/sobjects/Opportunity/{deal.value}"
        assert (await self._org.send("PATCH", path, content=told, headers=_JSON)).is_success
        assert (await connector.opportunity(deal)).amount == amount
        return Money(currency=str(row["CurrencyIsoCode"]), amount=Decimal(str(row["Net__c"])))

    @override
    async def kept_day(self, connector: Connector, day: date) -> date:
        deal = await self._new_deal(CloseDate=day.isoformat())
        assert (await connector.opportunity(deal)).closed_on == day
        number = f"CT-{next(_NUMBERS)}/1"
        invoice = sample.invoice(number).model_copy(update={"issued_on": day})
        made = await connector.record_invoice(deal, invoice, sample.posted())
        row = await self._org.row("Invoice__c", made.value)
        return date.fromisoformat(row["Invoice_Date__c"])

    @override
    async def kept_text(self, connector: Connector, text: str) -> str:
        deal = await self._new_deal()
        await connector.record_project(deal, [ProjectCode("PR-1")], text)
        kept = (await self._org.row("Opportunity", deal.value))["Delivery_Status__c"]
        account = await self._new_account(Name=text)
        assert (await connector.account(account)).name == text
        return str(kept)

    def _query(
        self,
        call: Callable[[Salesforce], Awaitable[object]],
        absent: Callable[[Salesforce], Awaitable[object]],
    ) -> Read:
        at = At("GET", "/query")
        return Read(at=at, call=call, absent=absent, loops=_LOOPS, shrinks=_SHRINKS)

    def _holds(
        self, sobject: str, record: ForeignId, field: str, value: str
    ) -> Callable[[], Awaitable[int]]:
        async def counted() -> int:
            return int((await self._org.row(sobject, record.value))[field] == value)

        return counted

    async def _exact_row(self, sobject: str, record: ForeignId) -> dict[str, object]:
        answer = await self._org.send("GET", f"/sobjects/{sobject}/{record.value}")
        return dict(json.loads(answer.content, parse_float=Decimal))

    async def _new_account(self, **fields: object) -> ForeignId:
        named = {"Name": f"{MARKER} {next(_NUMBERS)}"} | fields
        return ForeignId(system=CRM, value=await self._org.create("Account", **named))

    async def _new_deal(self, **fields: object) -> ForeignId:
        owned = {"Name": MARKER, "AccountId": self._account.value} | fields
        return ForeignId(system=CRM, value=await self._org.deal(**owned))


class TestSalesforce(Conformance):
    """Every case, against Salesforce."""

    system_kind = SalesforceSystem
