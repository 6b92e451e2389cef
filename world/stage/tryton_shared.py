"""What all companies of a Tryton share: countries, currencies, terms, groups, journals, units."""

from collections.abc import Iterator
from decimal import Decimal

from world.stage import money, tryton_rates
from world.stage.countries import COUNTRIES
from world.stage.firm import Firm
from world.stage.tryton_api import Session
from world.stage.tryton_records import Row, create, ensure, named

REVENUE_JOURNAL = "REV"
COST_JOURNAL = "COST"
HOUR = "h"
HOUR_DIGITS = 6
_JOURNALS = (
    {"code": REVENUE_JOURNAL, "name": "Revenue", "type": "revenue"},
    {"code": COST_JOURNAL, "name": "Cost of hours", "type": "general"},
)
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


async def countries(session: Session) -> dict[str, int]:
    """Enter every country, and return their ids by code."""
    rows = [{"code": code, "name": name} for code, name in COUNTRIES.items()]
    return named(await ensure(session, "country.country", ("code",), rows))


async def currencies(session: Session, firm: Firm) -> dict[str, int]:
    """Enter currencies and their rates, and return the currencies' ids by code."""
    codes = {cost.currency for one in firm.people.values() for cost in one.costs}
    rows = [_currency(code) for code in sorted({*firm.currencies, *codes})]
    known = named(await ensure(session, "currency.currency", ("code",), rows))
    base = await _base(session, firm)
    rates = [
        {"currency": known[rate.currency], "date": rate.since, "rate": rate.rate}
        for rate in tryton_rates.rates(firm.exchange_rates, base)
    ]
    await ensure(session, "currency.currency.rate", ("currency", "date"), rates)
    return known


async def everything_else(session: Session, firm: Firm) -> None:
    """Enter terms, customer groups, journals and products; count hours finely enough."""
    await ensure(session, "account.invoice.payment_term", ("name",), _terms(firm))
    groups = [{"name": group} for group in firm.customer_groups.values()]
    await ensure(session, "party.category", ("name",), groups)
    await ensure(session, "account.journal", ("code",), _JOURNALS)
    await ensure(session, "product.template", ("code",), _products(firm, await _hour(session)))


async def _base(session: Session, firm: Firm) -> str:
    # The first rate that was ever entered is the base's own.
    first = await session.call(
        "currency.currency.rate.search_read", [], 0, 1, [["id", "ASC"]], ["currency.code"]
    )
    if first:
        return str(first[0]["currency."]["code"])
    return tryton_rates.base(firm.exchange_rates) if firm.exchange_rates else ""


async def _hour(session: Session) -> int:
    (hour,) = await session.select("product.uom", [["symbol", "=", HOUR]], ["digits"])
    if hour["digits"] < HOUR_DIGITS:
        finer = {"digits": HOUR_DIGITS, "rounding": float(Decimal(1).scaleb(-HOUR_DIGITS))}
        await session.write("product.uom", [hour["id"]], finer)
    return int(hour["id"])


def _currency(code: str) -> Row:
    digits = money.decimals(code)
    return {
        "code": code,
        "name": code,
        "symbol": _SYMBOLS.get(code, code),
        "digits": digits,
        "rounding": Decimal(1).scaleb(-digits),
    }


def _terms(firm: Firm) -> Iterator[Row]:
    for name, days in firm.payment_terms.items():
        line = {"type": "remainder", "relativedeltas": create({"days": days})}
        yield {"name": name, "description": f"{days} days net", "lines": create(line)}


def _products(firm: Firm, hour: int) -> Iterator[Row]:
    for group, model in firm.project_groups.items():
        yield {
            "code": group,
            "name": model.capitalize(),
            "type": "service",
            "default_uom": hour,
            "products": create({}),
        }
