"""Customers: parties under our client id."""

from canonical.clients import Client
from canonical.codes import CustomerCodes
from canonical.organization import EntityId
from canonical.systems import ForeignId
from connectors import errors
from connectors.tryton import _mapping, _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._server import Server


class Masters(Server):
    """A party is one for all companies; its payment term is each company's own.

    A customer's id is the party's code, so that it is the same in every company and database.
    """

    async def find_customers(self, entity: EntityId, client: Client) -> tuple[ForeignId, ...]:
        """Return the party under the client's id."""
        company = await self._company(entity)
        found = await self._rows(_wire.Party, [["code", "=", client.id]], company)
        return tuple(self._id(client.id) for _ in found)

    async def create_customer(
        self, entity: EntityId, client: Client, codes: CustomerCodes
    ) -> ForeignId:
        """Create the client's party. Class A: the same name under the id is the same client.

        A party that another company created gets this company's payment term.

        Raises:
            Rejected: Tryton refuses the values, the id is another party's, or the country,
                category or payment term is not set up.
        """
        company = await self._company(entity)
        term = await self._known(_wire.PaymentTerm, company, {"name": codes.payment_terms})
        category = await self._known(_wire.Category, None, {"name": codes.customer_group})
        country = await self._known(_wire.Country, None, {"code": client.address.country})
        language = await self._known(_wire.Language, None, {"code": self._options.language})
        values = _mapping.new_party(
            client,
            country=country.id,
            language=language.id,
            category=category.id,
            term=term.id,
        )
        try:
            await self._create(_wire.Party, values, company)
        except errors.Rejected as refusal:
            await self._in_the_way(refusal, client, term, company)
        return self._id(client.id)

    async def _in_the_way(
        self,
        refusal: errors.Rejected,
        client: Client,
        term: _wire.PaymentTerm,
        company: _wire.Company,
    ) -> None:
        """See that the party for which Tryton refused ours is the client's."""
        found = await self._rows(_wire.Party, [["code", "=", client.id]], company)
        if not found:
            raise refusal
        party = found[0]
        if party.name != client.name:
            reason = f"{client.id} is of {party.name}"
            raise errors.Rejected(VENDOR, "the key is another record's", reason=reason) from None
        if party.customer_payment_term is None:
            values = {"customer_payment_term": term.id}
            await self._change(_wire.Party, "write", [[party.id], values], company)
