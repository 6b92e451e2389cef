"""Adopting what a client already has in an ERP or a PSA, in place of creating it.

What was there before us has no write of ours, so nothing that undoes writes ever touches it.
"""

from collections.abc import Iterable

from canonical.base import RuleError
from canonical.clients import Client, ClientId
from canonical.processes import Routes
from canonical.systems import ForeignId
from connectors import ports
from policies import adoption
from store import clients, crosswalk, intents
from store.crosswalk import Found
from store.database import Database, Transaction
from store.intents import Intent
from store.tables.effects import State

_MAY_BE_APPLIED = (State.SENT, State.UNCERTAIN, State.CONFIRMED)


class NotAdoptableError(RuleError):
    """What an account names, or its tax id finds, is not there or is not the client's."""


class DuplicateCustomerError(RuleError):
    """Two customers of an ERP have one client's tax id; a person says which counts."""


class Adoption:
    """Adopts over the store that remembers it; None where there is nothing to adopt."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def customer(
        self, erp: ports.Erp, client: Client, routes: Routes, write: Intent
    ) -> ForeignId | None:
        """Return the customer that was there before us. `write` is what would create one.

        Raises:
            NotAdoptableError, DuplicateCustomerError: a person must say what is right.
            ConnectorError: the ERP could not be asked.
        """
        entity = routes.entity
        async with self._database.reading() as tx:
            if await _may_be_applied(tx, write):
                return None
            number = await _claimed(tx, client, (await clients.claims(tx, client.id)).customer)
        if number is not None:
            found = await erp.customer(entity, number)
            owners = await self._owners([found.id] if found else [], scope=entity)
            verdict = adoption.named_customer(client, entity, number, found, owners)
        else:
            profile = client.tax_profile
            same = (
                await erp.customers_by_tax_id(entity, profile.tax_id, profile.country)
                if profile.tax_id
                else ()
            )
            owners = await self._owners([each.id for each in same], scope=entity)
            verdict = adoption.found_customers(client, entity, same, owners)
        return await self._adopted(verdict, f"{client.id}/{entity}", write, scope=entity)

    async def company(self, psa: ports.Psa, client: Client, write: Intent) -> ForeignId | None:
        """Return the company that was there before us. `write` is what would create one.

        Raises:
            NotAdoptableError: a person must say what is right.
            ConnectorError: the PSA could not be asked.
        """
        async with self._database.reading() as tx:
            if await _may_be_applied(tx, write):
                return None
            theirs = await _claimed(tx, client, (await clients.claims(tx, client.id)).company)
        if theirs is None:
            return None
        found = await psa.company(theirs)
        owners = await self._owners([found.id] if found else [])
        verdict = adoption.named_company(client, theirs, found, owners)
        return await self._adopted(verdict, client.id, write)

    async def _owners(self, found: Iterable[ForeignId], *, scope: str = "") -> dict[str, ClientId]:
        owners: dict[str, ClientId] = {}
        async with self._database.reading() as tx:
            for theirs in found:
                ours = await crosswalk.ours(tx, "client", theirs, scope=scope)
                if ours is not None:
                    owners[theirs.value] = ClientId(ours.partition("/")[0])
        return owners

    async def _adopted(
        self, verdict: adoption.Verdict, ours: str, write: Intent, *, scope: str = ""
    ) -> ForeignId | None:
        if isinstance(verdict, adoption.Refuse):
            refusal = DuplicateCustomerError if verdict.is_duplicate else NotAdoptableError
            raise refusal(verdict.text)
        if isinstance(verdict, adoption.Nothing):
            return None
        async with self._database.transaction() as tx:
            progress = await intents.give_up(tx, write)
            if progress.state in _MAY_BE_APPLIED:  # an attempt that was paused created it
                return None
            found = Found(theirs=verdict.id, by=verdict.by, scope=scope)
            await crosswalk.adopt(tx, "client", ours, found)
        return verdict.id


async def _may_be_applied(tx: Transaction, write: Intent) -> bool:
    """Say whether a write of ours may have created what would be found."""
    progress = await intents.progress(tx, write.key)
    return progress is not None and progress.state in _MAY_BE_APPLIED


async def _claimed(tx: Transaction, client: Client, claim: str | None) -> str | None:
    """Return what the account says, unless that is what we wrote on it ourselves."""
    return None if claim in await crosswalk.names(tx, client.id) else claim
