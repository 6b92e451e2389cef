"""The firm set up in Tryton: what finance enters before the first deal, and nothing twice."""

from world.stage import tryton_companies, tryton_people, tryton_shared, tryton_years
from world.stage.firm import Firm
from world.stage.tryton_api import Session
from world.stage.tryton_companies import Places


async def set_up(session: Session, firm: Firm) -> None:
    """Enter what is not there yet, each after what it refers to; what is there stays."""
    places = Places(
        countries=await tryton_shared.countries(session),
        currencies=await tryton_shared.currencies(session, firm),
    )
    owners = await tryton_companies.companies(session, firm, places)
    await tryton_people.give_companies(session, list(owners.values()))
    await tryton_shared.everything_else(session, firm)
    await tryton_companies.accounts(session, firm, owners)
    await tryton_companies.axes(session, firm, owners)
    await tryton_years.years(session, firm, owners)
    await tryton_people.employees(session, firm, owners)
