"""The currencies that the vendor supports: `GET /currencies`, which is no index of records."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.kantata.money import BASE_UNITS, currency_fields
from world.sandboxes.kantata.office import Office


def routes(office: Office) -> list[Route]:
    """Return the route."""

    async def endpoint(request: Request) -> Response:
        wanted = request.query_params.get("matching", "").upper()
        found = [_currency(code) for code in sorted(BASE_UNITS) if wanted in code]
        if office.settings()["currencies_in_an_envelope"]:
            by_code = {currency["iso_code"]: currency for currency in found}
            return JSONResponse({"count": len(found), "currencies": by_code})
        return JSONResponse(found)

    return [Route("/currencies", endpoint)]


def _currency(code: str) -> dict[str, object]:
    known = currency_fields(code)
    return {
        "iso_code": code,
        "name": code,
        "symbol": known["currency_symbol"],
        "subunit_to_unit": known["currency_base_unit"],
    }
