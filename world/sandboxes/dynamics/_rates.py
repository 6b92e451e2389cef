"""Exchange rates of a day, from the set ExchangeRates."""

from decimal import Decimal

from world.sandboxes.dynamics._iso4217 import EXACT
from world.sandboxes.dynamics._master_data import EXCHANGE_RATES
from world.sandboxes.dynamics._schema import UNSET_DATE, Row
from world.sandboxes.dynamics._session import Session

_RATE_TYPE = "Default"
_UNITS = {"One": 1, "Ten": 10, "Hundred": 100, "Thousand": 1_000, "TenThousand": 10_000}


class Rates:
    """Rates as one posting uses them, each looked up once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._found: dict[tuple[str, str, str], Decimal | None] = {}

    def find(self, source: str, target: str, day: str) -> Decimal | None:
        """Return how much one unit of `source` is in `target`, or None if no rate is valid.

        A quotation of the opposite pair counts where there is none of this pair.
        """
        if source == target:
            return Decimal(1)
        asked = (source, target, day)
        if asked not in self._found:
            direct = self._quoted(source, target, day)
            opposite = None if direct else self._quoted(target, source, day)
            self._found[asked] = direct or (opposite and EXACT.divide(Decimal(1), opposite))
        return self._found[asked]

    def _quoted(self, source: str, target: str, day: str) -> Decimal | None:
        rows = self._session.rows.find(EXCHANGE_RATES, "FromCurrency", source)
        valid = [row for row in rows if row["ToCurrency"] == target and _is_valid(row, day)]
        if not valid:
            return None
        latest = max(valid, key=lambda row: str(row["StartDate"]))
        units = Decimal(_UNITS[latest["ConversionFactor"]])
        return EXACT.divide(Decimal(latest["Rate"]), units)


def _is_valid(row: Row, day: str) -> bool:
    ends = row["EndDate"]
    return (
        row["RateTypeName"] == _RATE_TYPE
        and row["StartDate"] <= day
        and (ends == UNSET_DATE or day <= ends)
        and Decimal(row["Rate"]) > 0
    )
