"""Kantata, by what the suite asks of every connector."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any, ClassVar

import httpx
from pydantic import SecretStr
from typing_extensions import override

from canonical.clients import Client, ClientId
from canonical.contracts import MilestoneId, MilestoneTerm
from canonical.invoices import Invoice, InvoiceId
from canonical.landscape import SystemInstance
from canonical.money import Money
from canonical.projects import Project, ProjectCode
from canonical.systems import ForeignId
from connectors import errors
from connectors.kantata import Kantata, connect
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
from tests.connectors.kantata import records
from tests.world.kantata.firm import TOKEN, Firm

_NUMBERS = count(1)
_LOOPS = {
    "pattern": r'"page_count":\s*1,\s*"page_number":\s*1',
    "text": '"page_count":999,"page_number":{hit}',
}
_SHRINKS = {
    "pattern": r'"meta":\s*\{"count":\s*\d+,\s*"page_count":\s*1',
    "text": '"meta":{"count":201,"page_count":2',
}


class KantataSystem(System):
    """One account of the sandbox."""

    vendor = "kantata"
    by_id = ("approved_time", "milestone_reached")
    paged = ("find_client", "find_project", "find_milestones", "find_invoice", "changes")
    unique = ("create_client",)  # names of companies are
    batches = ("create_milestones",)
    quick = (
        *("create_client", "create_milestones", "archive_project"),
        *("find_client", "changes", "approved_time"),
    )
    apart: ClassVar[Mapping[str, str]] = dict.fromkeys(
        (
            "a_session_that_ended_is_renewed_once_and_the_read_goes_on",
            "a_session_that_ends_before_a_write_does_not_double_it",
            "a_session_that_ends_between_two_requests_of_a_write_does_not_double_it",
        ),
        "its tokens do not expire",
    ) | {
        "a_key_that_the_vendor_enforces_is_refused_with_other_content": "it enforces no key of ours"
    }
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "requests_per_second": (1000.0,),
        "project_requests_per_second": (1000.0,),
        "throttled_body": ('{"errors": [{"type": "system", "message": "Slow down"}]}',),
        "event_delay_seconds": (1,),
        "event_disorder_seconds": (1,),
        "event_late_seconds": (1,),
        "event_duplicates": (2,),
    }
    amounts = (
        *(("USD", "0.01"), ("USD", "0"), ("USD", "99999.99"), ("USD", "12345678.90")),
        *(("JPY", "1"), ("JPY", "1234567"), ("BHD", "0.001"), ("BHD", "12345.678")),
    )
    longest_text = 200

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self._firm = Firm(httpx.AsyncClient(base_url=door.url, trust_env=False))

    @override
    @classmethod
    def serve(cls, given: Given) -> str:
        return str(given("start_server")("world.sandboxes", "kantata"))

    @override
    async def set_up(self) -> None:
        async with self.opened() as psa:
            self._client = await psa.create_client(_client())
            self._home = await psa.create_project(_project(), self._client)
            self._homes = {ProjectCode("PR-00001"): self._home}  # of which every invoice is
            (self._reached,) = await psa.create_milestones(self._home, [_term()])
        await self._firm.put("stories", self._reached.value, state="completed")
        entry = await self._firm.entry(self._home.value, notes=MARKER)
        submission = await self._firm.submission(self._home.value, entry)
        await self._firm.resolve(submission, "approve")
        self._timesheet = records.psa_id(submission)

    @override
    async def close(self) -> None:
        await self._firm.http.aclose()

    @override
    def opened(
        self,
        credential: Mapping[str, SecretStr] | None = None,
        *,
        url: str | None = None,
        patience: timedelta = PATIENCE,
    ) -> AbstractAsyncContextManager[Kantata]:
        instance = SystemInstance(
            id=records.PSA,
            vendor=self.vendor,
            role="psa",
            url=url or self.door.url,
            credential="psa",
            longest_request=patience,
        )
        return connect(instance, credential or self.credential(), transport=self.network())

    @override
    def credential(self) -> Mapping[str, SecretStr]:
        return {"token": SecretStr(TOKEN)}

    @override
    def refused_credential(self) -> Mapping[str, SecretStr]:
        return {"token": SecretStr("a-token-that-was-revoked")}

    @override
    async def end_sessions(self) -> None:
        raise AssertionError  # a token of Kantata does not expire

    @override
    def throttles(self) -> Mapping[str, Throttle]:
        words = '{"errors": [{"type": "system", "message": "Zyxmarker: slow down"}]}'
        return {
            "a rate that is exceeded": Throttle(
                settings={"requests_per_second": 0.001}, spend=self._spent
            ),
            "words in place of an empty body": Throttle(
                settings={"requests_per_second": 0.001, "throttled_body": words},
                spend=self._spent,
            ),
        }

    async def _spent(self) -> None:
        async with self.opened() as psa:
            for _ in range(2):
                with suppress(errors.Transient):
                    await psa.find_client(ClientId("none"))

    async def create_client(self, _: Kantata) -> Write:
        client = _client()
        return Write(
            at=At("POST", "/workspace_groups"),
            send=lambda psa: psa.create_client(client),
            count=self._counts("workspace_groups", client.id),
            find=lambda psa: psa.find_client(client.id),
            found_at=At("GET", "/workspace_groups"),
        )

    async def company(self, _: Kantata) -> Read:
        return Read(
            at=At("GET", "/workspace_groups"),
            call=lambda psa: psa.company(self._client.value),
            absent=lambda psa: psa.company("999999"),
        )

    async def find_client(self, psa: Kantata) -> Read:
        client = _client()
        await psa.create_client(client)
        return self._search("workspace_groups", lambda a, ref: a.find_client(ref), client.id)

    async def create_project(self, _: Kantata) -> Write:
        project = _project()
        return Write(
            at=At("POST", "/workspaces"),
            send=lambda psa: psa.create_project(project, self._client),
            count=self._counts("workspaces", project.code, include_archived=True),
            find=lambda psa: psa.find_project(project.code),
            found_at=At("GET", "/workspaces"),
        )

    async def find_project(self, psa: Kantata) -> Read:
        project = _project()
        await psa.create_project(project, self._client)
        return self._search("workspaces", lambda a, ref: a.find_project(ref), project.code)

    async def archive_project(self, psa: Kantata) -> Write:
        project = await psa.create_project(_project(), self._client)

        async def archived() -> int:
            shown = await self._firm.ids("workspaces", only=project.value)
            return 0 if shown else 1

        return Write(
            at=At("PUT", "/workspaces/"),
            send=lambda found: found.archive_project(project),
            count=archived,
        )

    async def create_milestones(self, _: Kantata) -> Write:
        return self._milestones(_term(), _term())

    @override
    async def partly_refused(self, name: str, connector: Connector) -> Write:
        return self._milestones(_term(), _term().model_copy(update={"name": "x" * 999}))

    def _milestones(self, *terms: MilestoneTerm) -> Write:
        async def found(psa: Kantata) -> tuple[ForeignId, ...]:
            ids = [each for each in (await psa.find_milestones(terms)).values() if each]
            return ids[0] if len(ids) == len(terms) else ()

        async def counted() -> int:
            counts = {
                await self._counts("stories", each.id, all_on_account=True)() for each in terms
            }
            (each_so_often,) = counts
            return each_so_often

        return Write(
            at=At("POST", "/stories"),
            send=lambda psa: psa.create_milestones(self._home, terms),
            count=counted,
            find=found,
            found_at=At("GET", "/stories"),
        )

    async def find_milestones(self, psa: Kantata) -> Read:
        term = _term()
        await psa.create_milestones(self._home, [term])

        async def find(found: Kantata, ref: str) -> object:
            wanted = term.model_copy(update={"id": MilestoneId(ref)})
            return (await found.find_milestones([wanted]))[MilestoneId(ref)]

        return self._search("stories", find, term.id)

    async def record_invoice(self, _: Kantata) -> Write:
        invoice = _invoice()
        return Write(
            at=At("POST", "/invoices"),
            send=lambda psa: psa.record_invoice(self._homes, invoice, records.status(), ()),
            count=self._counts("invoices", invoice.reference),
            find=lambda psa: psa.find_invoice(invoice.reference),
            found_at=At("GET", "/invoices"),
        )

    async def find_invoice(self, psa: Kantata) -> Read:
        invoice = _invoice()
        await psa.record_invoice(self._homes, invoice, records.status(), ())
        return self._search("invoices", lambda a, ref: a.find_invoice(ref), invoice.reference)

    async def changes(self, _: Kantata) -> Read:
        async def polled(psa: Kantata) -> set[ForeignId]:
            found = await psa.changes("", datetime.now(UTC))
            return {notice.subject for notice in found.notices}

        async def polled_ahead(psa: Kantata) -> object:
            found = await psa.changes("", datetime.now(UTC) + timedelta(days=30))
            return found.notices

        at = At("GET", "/subscribed_events")
        return Read(at=at, call=polled, absent=polled_ahead, loops=_LOOPS, shrinks=_SHRINKS)

    async def approved_time(self, _: Kantata) -> Read:
        return Read(
            at=At("GET", "/timesheet_submissions/"),
            call=lambda psa: psa.approved_time(self._timesheet, 1),
            absent=lambda psa: psa.approved_time(records.psa_id("999999"), 1),
        )

    async def milestone_reached(self, _: Kantata) -> Read:
        return Read(
            at=At("GET", "/stories"),
            call=lambda psa: psa.milestone_reached(self._reached),
            absent=lambda psa: psa.milestone_reached(records.psa_id("999999")),
        )

    @override
    async def kept_amount(self, connector: Connector, amount: Money) -> Money:
        project = await connector.create_project(_project(amount.currency), self._client)
        (story,) = await connector.create_milestones(project, [_term(amount)])
        row = await self._firm.show("stories", story.value)
        home = await self._firm.show("workspaces", project.value)
        kept = Decimal(row["budget_estimate_in_cents"]) / home["currency_base_unit"]
        return Money(currency=home["currency"], amount=kept)

    @override
    async def kept_day(self, connector: Connector, day: date) -> date:
        term = _term().model_copy(update={"due_on": day})
        (story,) = await connector.create_milestones(self._home, [term])
        return date.fromisoformat((await self._firm.show("stories", story.value))["due_date"])

    @override
    async def kept_text(self, connector: Connector, text: str) -> str:
        term = _term().model_copy(update={"name": text})
        (story,) = await connector.create_milestones(self._home, [term])
        return str((await self._firm.show("stories", story.value))["title"])

    def _search(
        self, path: str, find: Callable[[Kantata, Any], Awaitable[object]], ref: str
    ) -> Read:
        return Read(
            at=At("GET", f"/{path}"),
            call=lambda psa: find(psa, ref),
            absent=lambda psa: find(psa, f"{ref}-none"),
            loops=_LOOPS,
            shrinks=_SHRINKS,
        )

    def _counts(self, path: str, ref: str, **shown: bool) -> Callable[[], Awaitable[int]]:
        async def counted() -> int:
            found = await self._firm.ids(
                path,
                external_reference_service_name="tiebeam",
                external_reference_service_model_refs=ref,
                **shown,
            )
            return len(found)

        return counted


def _client() -> Client:
    number = next(_NUMBERS)
    return records.client(f"CL-{number}").model_copy(update={"name": f"{MARKER} {number}"})


def _project(currency: str = "USD") -> Project:
    code = f"PR-{next(_NUMBERS)}"
    return records.project(code=code, currency=currency).model_copy(update={"name": MARKER})


def _term(amount: Money | None = None) -> MilestoneTerm:
    term = records.term(f"CT-1/M{next(_NUMBERS)}", amount)
    return term.model_copy(update={"name": MARKER})


def _invoice() -> Invoice:
    invoice = records.invoice(records.money("5000.00"))
    return invoice.model_copy(update={"id": InvoiceId(f"CT-{next(_NUMBERS)}/1")})


class TestKantata(Conformance):
    """Every case, against Kantata."""

    system_kind = KantataSystem
