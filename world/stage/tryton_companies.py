"""The firm's companies in Tryton, with their accounts, taxes and analytic axes."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import NamedTuple

from world.stage.firm import Firm, LegalEntity
from world.stage.tryton_api import Session
from world.stage.tryton_records import Row, create, ensure, named, only

BUSINESS_UNIT = "BUSINESS_UNIT"
PROJECT = "PROJECT"
REVERSE_CHARGE = "Reverse charge: the customer owes the tax."
_AXES = {BUSINESS_UNIT: "Business unit", PROJECT: "Project"}
_PERCENT = Decimal("0.01")
_EU = "eu_vat"
_TYPES: Mapping[str, Row] = {
    "Receivables": {"statement": "balance", "assets": True, "receivable": True},
    "Other liabilities": {"statement": "balance"},
    "Revenue": {"statement": "income", "revenue": True},
    "Expenses": {"statement": "income", "expense": True},
}
_TYPE_OF_USE = {
    "receivable": "Receivables",
    "revenue_time_and_materials": "Revenue",
    "revenue_milestones": "Revenue",
    "tax": "Other liabilities",
    "cost": "Expenses",
    "clearing": "Other liabilities",
}


class Places(NamedTuple):
    """Ids of what a company refers to, by code."""

    countries: Mapping[str, int]
    currencies: Mapping[str, int]


async def companies(session: Session, firm: Firm, places: Places) -> dict[str, int]:
    """Enter a company for each legal entity, and return their ids by entity."""
    told = [_party(key, one, places) for key, one in firm.entities.items()]
    parties = named(await ensure(session, "party.party", ("code",), told))
    rows = [
        {
            "party": parties[key],
            "currency": places.currencies[one.currency],
            "timezone": one.time_zone,
        }
        for key, one in firm.entities.items()
    ]
    made = await ensure(session, "company.company", ("party",), rows)
    return {key: made[parties[key],] for key in firm.entities}


async def of(session: Session, entities: Iterable[str]) -> dict[str, int]:
    """Return the ids of the companies that are there, by entity."""
    where = [["party.code", "in", sorted(entities)]]
    found = await session.select("company.company", where, ["party.code"])
    return {str(one["party."]["code"]): int(one["id"]) for one in found}


async def accounts(session: Session, firm: Firm, owners: Mapping[str, int]) -> None:
    """Enter the account of each use in every company, and the taxes that post to them."""
    model, by_name, by_code = "account.account", ("company", "name"), ("company", "code")
    kinds = [
        {"company": company, "name": name, **kind}
        for company in owners.values()
        for name, kind in _TYPES.items()
    ]
    types = await ensure(session, f"{model}.type", by_name, kinds)
    rows = [row for one in owners.values() for row in _accounts(firm, one, only(one, types))]
    known = await ensure(session, model, by_code, rows)
    taxes: list[Row] = []
    for key, company in owners.items():
        codes = only(company, known)
        taxes += _taxes(firm.entities[key], company, codes[firm.accounts.tax])
        await _configure(session, company, codes[firm.accounts.receivable])
    await ensure(session, "account.tax", by_name, taxes)


async def axes(session: Session, firm: Firm, owners: Mapping[str, int]) -> None:
    """Enter both analytic axes in every company, and the business units on theirs."""
    model, names = "analytic_account.account", ("company", "type", "code")
    rows = [
        {"company": one, "type": "root", "code": code, "name": name, "state": "opened"}
        for one in owners.values()
        for code, name in _AXES.items()
    ]
    roots = await ensure(session, model, names, rows)
    units = [
        {
            "company": one,
            "root": roots[one, "root", BUSINESS_UNIT],
            "parent": roots[one, "root", BUSINESS_UNIT],
            "type": "normal",
            "code": unit,
            "name": practice,
            "state": "opened",
        }
        for one in owners.values()
        for practice, unit in firm.practices.items()
    ]
    await ensure(session, model, ("root", "code"), units)


async def _configure(session: Session, company: int, receivable: int) -> None:
    model, account, rounding = (
        "account.configuration",
        "default_account_receivable",
        "tax_rounding",
    )
    wanted = {account: receivable, rounding: "line"}
    there = await session.select(model, [], [account, rounding], company=company)
    if not there:
        await session.create(model, [wanted], company=company)
    elif not there[0][account]:
        await session.write(model, [there[0]["id"]], wanted, company=company)


def _party(key: str, entity: LegalEntity, places: Places) -> Row:
    tax_id = create({"type": _EU, "code": entity.tax_id}) if entity.tax_id else []
    return {
        "code": key,
        "name": entity.name,
        "addresses": create({"country": places.countries[entity.country]}),
        "identifiers": tax_id,
    }


def _accounts(firm: Firm, company: int, types: Mapping[str, int]) -> Iterator[Row]:
    for use, code in firm.accounts.model_dump().items():
        is_owed = use == "receivable"
        yield {
            "company": company,
            "code": code,
            "name": use.replace("_", " ").capitalize(),
            "type": types[_TYPE_OF_USE[use]],
            "party_required": is_owed,
            "reconcile": is_owed,
        }


def _taxes(entity: LegalEntity, company: int, account: int) -> Iterator[Row]:
    for group, tax in entity.tax_groups.items():
        is_free = tax.reverse_charge or tax.exempt
        percent = Decimal(0) if is_free else entity.tax_codes[tax.code]
        yield {
            "company": company,
            "name": group,
            "description": f"{percent} %",
            "type": "percentage",
            "rate": percent * _PERCENT,
            "invoice_account": account,
            "credit_note_account": account,
            "legal_notice": REVERSE_CHARGE if tax.reverse_charge else None,
        }
