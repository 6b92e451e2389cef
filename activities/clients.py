"""Clients: from an account in the CRM to a customer and a company, under one golden record."""

from dataclasses import dataclass
from datetime import timedelta

from temporalio import activity

from activities import effects, failures
from activities.adoption import Adoption
from activities.effects import Effect, Effects, Kind
from activities.undoing import unplanned
from canonical.base import Record
from canonical.cases import Defect
from canonical.clients import Client, ClientClaims, ClientId, ClientLinks
from canonical.codes import CustomerCodes
from canonical.landscape import Landscape
from canonical.organization import EntityId
from canonical.ownership import Ownership
from canonical.processes import Routes
from canonical.systems import ForeignId
from connectors import ports
from policies import client_check, tax_treatment
from store import clients, clock, crosswalk, intents, mappings, trail
from store.database import Database, Transaction


class CheckClient(Record):
    """Can this account be a client of that entity?"""

    account: ForeignId
    entity: EntityId


class ClientChecked(Record):
    """The client's id, and what is wrong with the account; nothing if it is complete."""

    client: ClientId
    defects: tuple[Defect, ...]


class OpenClient(Record):
    """Open a client in one of its entity's systems."""

    client: ClientId
    routes: Routes


@dataclass(frozen=True)
class ClientRules:
    """What a client is checked against: the firm's entities, and who owns which field."""

    landscape: Landscape
    ownership: Ownership


class CrmClients:
    """Steps about clients, bound to one CRM by the worker."""

    def __init__(
        self, crm: ports.Crm, database: Database, performed: Effects, rules: ClientRules
    ) -> None:
        self._crm = crm
        self._database = database
        self._effects = performed
        self._rules = rules

    @activity.defn(name="clients.check")
    async def check(self, question: CheckClient) -> ClientChecked:
        """Read and check an account; keep the golden record. Idempotent: newest. 1 request."""
        with failures.reported():
            account = await self._crm.account(question.account)
            supplier = self._rules.landscape.entity(question.entity).country
            async with self._database.transaction() as tx:
                client = await clients.identify(tx, account.id)
                verdict = client_check.decide(account, client, supplier)
                if isinstance(verdict, client_check.Incomplete):
                    return ClientChecked(client=client, defects=verdict.defects)
                changed = await clients.changes(tx, verdict.client)
                self._rules.ownership.refuse_strangers("client", changed, "crm")
                await clients.save(tx, verdict.client)
                claims = ClientClaims(customer=account.customer, company=account.company)
                await clients.note(tx, client, claims)
        return ClientChecked(client=client, defects=())

    @activity.defn(name="clients.publish_to_crm")
    async def publish(self, question: OpenClient) -> ForeignId:
        """Write the client's ids on its account. Idempotent: by the account's id. 1 request."""
        with failures.reported():
            return await self._effects.once(await self._telling(question))

    @activity.defn(name="clients.settle_in_crm")
    async def settle(self, question: OpenClient) -> None:
        """Tell the CRM to the end, if that was begun. Idempotent: by the account's id."""
        with failures.reported():
            async with self._database.reading() as tx:
                if not await _is_open(tx, question):
                    return
            telling = await self._telling(question)

            async def told() -> tuple[ForeignId, ...]:
                return (await telling.send(),)

            await self._effects.find_out(telling, told)

    async def _telling(self, question: OpenClient) -> Effect:
        async with self._database.reading() as tx:
            client = await clients.get(tx, question.client)
            links = await _links(tx, question)

        async def send() -> ForeignId:
            await self._crm.record_client(client.account, links)
            return client.account

        return Effect(
            kind=Kind.CLIENT_CRM,
            key=f"client/{client.id}/{question.routes.entity}/crm",
            system=question.routes.crm,
            content=links,
            send=send,
            resolve=effects.send_again,
        )


class ErpClients:
    """Steps about clients, bound to one ERP by the worker."""

    def __init__(
        self,
        erp: ports.Erp,
        database: Database,
        performed: Effects,
        landscape: Landscape,
        *,
        settle: timedelta,
    ) -> None:
        self._erp = erp
        self._database = database
        self._effects = performed
        self._adoption = Adoption(database)
        self._landscape = landscape
        self._settle = settle

    @activity.defn(name="clients.open_in_erp")
    async def open(self, question: OpenClient) -> ForeignId:
        """Adopt or create the customer. Idempotent: by the client id, as the ERP delivers it."""
        with failures.reported():
            async with self._database.reading() as tx:
                client = await clients.get(tx, question.client)
                ours = f"{client.id}/{question.routes.entity}"
                known = await crosswalk.find(tx, "client", ours, question.routes.erp)
                if known:
                    return known
            key = _customer_key(client, question.routes)
            write = unplanned(Kind.CLIENT_ERP, key, question.routes.erp)
            adopted = await self._adoption.customer(self._erp, client, question.routes, write)
            if adopted:
                return adopted
            async with self._database.reading() as tx:
                codes = await self._codes(tx, client, question.routes)
            return await self._effects.once(self._customer(question.routes, client, codes))

    @activity.defn(name="clients.settle_in_erp")
    async def settle(self, question: OpenClient) -> None:
        """Find out whether a customer was created. Idempotent: creates none."""
        with failures.reported():
            async with self._database.reading() as tx:
                client = await clients.get(tx, question.client)
                key = _customer_key(client, question.routes)
                if await intents.progress(tx, key) is None:
                    return  # it was not even planned; maybe a mapping is missing
                codes = await self._codes(tx, client, question.routes)
            customer = self._customer(question.routes, client, codes)
            await self._effects.find_out(
                customer, lambda: self._erp.find_customers(question.routes.entity, client)
            )

    def _customer(self, routes: Routes, client: Client, codes: CustomerCodes) -> Effect:
        entity = routes.entity
        return Effect(
            kind=Kind.CLIENT_ERP,
            key=_customer_key(client, routes),
            system=routes.erp,
            content=_Customer(client=client, codes=codes),
            send=lambda: self._erp.create_customer(entity, client, codes),
            resolve=effects.as_delivered(
                self._erp.delivers.customer,
                effects.by_reference(
                    lambda: self._erp.find_customers(entity, client), settle=self._settle
                ),
            ),
            keep=effects.linked("client", f"{client.id}/{entity}", scope=entity),
            settle=self._settle,
        )

    async def _codes(self, tx: Transaction, client: Client, routes: Routes) -> CustomerCodes:
        rows = await mappings.of_system(tx, routes.erp)
        today = await clock.today(tx)
        entity = routes.entity
        supplier = self._landscape.entity(entity).country
        treatment = tax_treatment.decide(supplier, client.tax_profile).treatment
        return CustomerCodes(
            customer_group=rows.value(
                "customer_group", client.tax_profile.status, entity=entity, on=today
            ),
            payment_terms=rows.value(
                "payment_terms", client.payment_terms, entity=entity, on=today
            ),
            tax_group=rows.value("tax_group", treatment, entity=entity, on=today),
        )


class PsaClients:
    """Steps about clients, bound to one PSA by the worker."""

    def __init__(
        self, psa: ports.Psa, database: Database, performed: Effects, *, settle: timedelta
    ) -> None:
        self._psa = psa
        self._database = database
        self._effects = performed
        self._adoption = Adoption(database)
        self._settle = settle

    @activity.defn(name="clients.open_in_psa")
    async def open(self, question: OpenClient) -> ForeignId:
        """Adopt or create the company. Idempotent: by our client id. At most 4 requests."""
        with failures.reported():
            async with self._database.reading() as tx:
                client = await clients.get(tx, question.client)
                known = await crosswalk.find(tx, "client", client.id, question.routes.psa)
                if known:
                    return known
            company = self._company(question.routes, client)
            write = unplanned(company.kind, company.key, company.system)
            adopted = await self._adoption.company(self._psa, client, write)
            return adopted or await self._effects.once(company)

    @activity.defn(name="clients.settle_in_psa")
    async def settle(self, question: OpenClient) -> None:
        """Find out whether a company was created. Idempotent: creates none."""
        with failures.reported():
            async with self._database.reading() as tx:
                client = await clients.get(tx, question.client)
            company = self._company(question.routes, client)
            await self._effects.find_out(company, lambda: self._psa.find_client(client.id))

    def _company(self, routes: Routes, client: Client) -> Effect:
        return Effect(
            kind=Kind.CLIENT_PSA,
            key=f"client/{client.id}/psa",
            system=routes.psa,
            content=client,
            send=lambda: self._psa.create_client(client),
            resolve=effects.by_reference(
                lambda: self._psa.find_client(client.id), settle=self._settle
            ),
            keep=effects.linked("client", client.id),
            settle=self._settle,
        )


class ClientRecords:
    """Steps about clients that touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="clients.onboarded")
    async def onboarded(self, question: OpenClient) -> None:
        """Publish that a client is ready. Idempotent: one event per client and entity."""
        async with self._database.transaction() as tx:
            subject = f"{question.client}/{question.routes.entity}"
            await trail.publish(tx, "client.onboarded", subject)


class _Customer(Record):
    client: Client
    codes: CustomerCodes


def _customer_key(client: Client, routes: Routes) -> str:
    return f"client/{client.id}/{routes.entity}/erp"


async def _is_open(tx: Transaction, question: OpenClient) -> bool:
    """Say whether ERP and PSA have the client."""
    routes, client = question.routes, question.client
    customer = await crosswalk.find(tx, "client", f"{client}/{routes.entity}", routes.erp)
    return bool(customer and await crosswalk.find(tx, "client", client, routes.psa))


async def _links(tx: Transaction, question: OpenClient) -> ClientLinks:
    routes, client = question.routes, question.client
    return ClientLinks(
        client=client,
        erp=await crosswalk.theirs(tx, "client", f"{client}/{routes.entity}", routes.erp),
        psa=await crosswalk.theirs(tx, "client", client, routes.psa),
    )
