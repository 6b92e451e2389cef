"""Parties that were there before us, by code and by tax id."""

from pydantic import AliasPath, Field
from typing_extensions import override

from canonical import tax_ids
from canonical.clients import CountryCode, Customer
from canonical.organization import EntityId
from connectors.tryton import _wire
from connectors.tryton._server import Domain, Server


class _Identifier(_wire.Row):
    """A tax id of a party, or another number of it."""

    model = "party.identifier"

    code: str


class _Address(_wire.Row):
    """An address of a party."""

    model = "party.address"

    country: str | None = Field(default=None, validation_alias=AliasPath("country.", "code"))


class _Party(_wire.Row):
    """A party, as far as it says who that is."""

    model = "party.party"

    code: str
    name: str | None
    identifiers: list[_Identifier] = Field(validation_alias="identifiers.")
    addresses: list[_Address] = Field(validation_alias="addresses.")

    @classmethod
    @override
    def reads(cls) -> list[str]:
        """Return the fields to read: of what belongs to the party, theirs."""
        return ["code", "name", "identifiers.code", "addresses.country.code"]


class Parties(Server):
    """One request a call. A party is one for all companies."""

    async def customer(self, entity: EntityId, number: str) -> Customer | None:
        """Return the party under a code."""
        found = await self._customers(entity, [["code", "=", number]])
        same = [each for each in found if each.id.value == number]
        return same[0] if same else None

    async def customers_by_tax_id(
        self, entity: EntityId, tax_id: str, country: CountryCode
    ) -> tuple[Customer, ...]:
        """Return the parties with a tax id: whatever stands between its characters is let by."""
        characters = tax_ids.characters(tax_id, country)
        if not characters:
            return ()
        where: Domain = [["identifiers.code", "ilike", f"%{'%'.join(characters)}%"]]
        wanted = tax_ids.spelled(tax_id, country)
        return tuple(
            each
            for each in await self._customers(entity, where)
            if wanted in (tax_ids.spelled(theirs, each.country) for theirs in each.tax_ids)
        )

    async def _customers(self, entity: EntityId, where: Domain) -> list[Customer]:
        company = await self._company(entity)
        return [self._customer(row) for row in await self._rows(_Party, where, company)]

    def _customer(self, row: _Party) -> Customer:
        countries = [each.country for each in row.addresses if each.country]
        return Customer(
            id=self._id(row.code),
            name=row.name or "",
            country=CountryCode(countries[0]) if countries else None,
            tax_ids=tuple(each.code for each in row.identifiers),
        )
