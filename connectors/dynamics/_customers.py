"""Customers that were there before us, by number and by tax id."""

from canonical import tax_ids
from canonical.clients import CountryCode, Customer
from canonical.organization import EntityId
from connectors.dynamics import _mapping, _odata, _wire
from connectors.dynamics._environment import Environment, Selection

_ISO_LETTERS = 2


class _Master(_wire.Row):
    """A customer, as far as it says who that is."""

    entity_set = "CustomersV3"

    customer_account: str
    organization_name: str
    tax_exempt_number: str | None
    address_country_region_id: str


class Customers(Environment):
    """One request a call, and one for each further page."""

    async def customer(self, entity: EntityId, number: str) -> Customer | None:
        """Return the customer under an account number; F&O ignores its case."""
        found = await self._masters(entity, "CustomerAccount", number)
        same = [each for each in found if each.id.value.casefold() == number.casefold()]
        return same[0] if same else None

    async def customers_by_tax_id(
        self, entity: EntityId, tax_id: str, country: CountryCode
    ) -> tuple[Customer, ...]:
        """Return the customers with a VAT id: whatever stands between its characters is let by."""
        characters = tax_ids.characters(tax_id, country)
        if not characters:
            return ()
        found = await self._masters(entity, "TaxExemptNumber", f"*{'*'.join(characters)}*")
        wanted = tax_ids.spelled(tax_id, country)
        return tuple(
            each
            for each in found
            if wanted in (tax_ids.spelled(theirs, each.country) for theirs in each.tax_ids)
        )

    async def _masters(self, entity: EntityId, field: str, value: str) -> list[Customer]:
        where = _odata.equal(dataAreaId=_mapping.area(entity), **{field: value})
        rows = await self._rows(_Master, Selection(where, "CustomerAccount"))
        return [self._customer(row) for row in rows]

    def _customer(self, row: _Master) -> Customer:
        return Customer(
            id=self._id(row.customer_account),
            name=row.organization_name,
            country=self._country(row.address_country_region_id),
            tax_ids=(row.tax_exempt_number,) if row.tax_exempt_number else (),
        )

    def _country(self, region: str) -> CountryCode | None:
        iso = {theirs: ours for ours, theirs in self._options.country_regions.items()}
        code = iso.get(region, region).upper()
        return CountryCode(code) if len(code) == _ISO_LETTERS else None
