"""The cost of a batch: the lines of its move, in a period that is open."""

from collections.abc import Sequence
from datetime import date

from canonical.postings import HourBatch
from connectors import errors
from connectors.tryton import _booking, _mapping, _wire
from connectors.tryton._analytics import Analytics
from connectors.tryton._faults import VENDOR
from connectors.tryton._rpc import Value
from connectors.tryton._server import Domain


class Costs(Analytics):
    """A move has one date: the last day of the batch, whose days are of one month.

    Analytic lines have the entry's own day.
    """

    async def _add_costs(
        self, move: _wire.Move, batch: HourBatch, company: _wire.Company
    ) -> _wire.Move:
        """Put the cost of a batch in the place of the placeholder, and return the move with it.

        The stamp alone does not hold with SQLite, where two writes at once can both find it
        fresh. The placeholder is deleted within the same transaction, and only once.

        Raises:
            Transient: another attempt has filled the move at the same time.
            Rejected: the batch has days of two months, a period is not open, or a currency
                has no rate.
        """
        months = _booking.months(batch.lines)
        if len(months) > 1:
            reason = f"days of {', '.join(months)}, and a move has one date"
            raise errors.Rejected(VENDOR, "the batch spans months", reason=reason)
        day = _booking.last_day(batch.lines)
        books = await self._cost_books(batch, company, day)
        period = await self._period(batch, company)
        try:
            lines = _booking.cost_lines(batch, books)
        except ValueError as exc:
            reason = f"no rate of {exc} or {company.currency_code} on {day}"
            raise errors.Rejected(VENDOR, "a currency has no rate", reason=reason) from None
        change: Value = [["delete", move.lines], *_mapping.created(*lines)]
        values: dict[str, Value] = {"date": day, "period": period, "lines": change}
        try:
            await self._write([(move, values)], company, [move])
        except errors.Rejected:
            if (await self._row(_wire.Move, move.id, company)).lines == move.lines:
                raise
            raise errors.Transient(VENDOR, "the move was filled at the same time") from None
        return await self._row(_wire.Move, move.id, company)

    async def _holds_costs(
        self, move: _wire.Move, batch: HourBatch, company: _wire.Company
    ) -> bool:
        lines = await self._rows(_wire.MoveLine, [["move", "=", move.id]], company)
        account = await self._account(self._options.cost_account, company)
        return _booking.costs_found(lines, account) == _booking.costs(batch)

    async def _take_back(self, added: _wire.Move, company: _wire.Company) -> None:
        """Put the placeholder back, so that a batch that is refused has left nothing.

        Raises:
            Transient: somebody has written the move since the cost was added.
        """
        only = await self._placeholder(added.description or "", company)
        change: Value = [["delete", added.lines], *only]
        await self._write([(added, {"lines": change})], company, [added])

    async def _placeholder(self, batch: str, company: _wire.Company) -> list[Value]:
        account = await self._account(self._options.clearing_account, company)
        return _mapping.created(_booking.placeholder(batch, account))

    async def _account(self, code: str, company: _wire.Company) -> int:
        return (await self._owned(_wire.Account, company, code=code)).id

    async def _cost_books(
        self, batch: HourBatch, company: _wire.Company, day: date
    ) -> _booking.CostBooks:
        return _booking.CostBooks(
            cost_account=await self._account(self._options.cost_account, company),
            clearing_account=await self._account(self._options.clearing_account, company),
            axes=await self._axes([line.dimensions for line in batch.lines], company),
            currencies=await self._currencies(batch, company, day),
            own=company,
        )

    async def _currencies(
        self, batch: HourBatch, company: _wire.Company, day: date
    ) -> dict[str, _wire.Currency]:
        """Return the currencies with their rates on the day; none if all is in the company's."""
        codes = {line.cost.currency for line in batch.lines} | {company.currency_code}
        if codes == {company.currency_code}:
            return {}
        where: Domain = [["code", "in", sorted(codes)]]
        found = await self._rows(_wire.Currency, where, company, context={"date": day})
        lost = ", ".join(sorted(codes - {currency.code for currency in found}))
        if lost:
            raise errors.Rejected(VENDOR, "a currency is not there", reason=lost)
        return {currency.code: currency for currency in found}

    async def _period(self, batch: HourBatch, company: _wire.Company) -> int:
        """Return the period of the last day, if every day lies in a period that is open."""
        days = sorted({line.work_date for line in batch.lines})
        ends: list[Value] = [["start_date", "<=", days[-1]], ["end_date", ">=", days[0]]]
        where: Domain = [["company", "=", company.id], ["type", "=", "standard"], *ends]
        periods = await self._rows(_wire.Period, where, company)
        for day in days:
            if not _is_open(day, periods):
                reason = f"no period is open on {day.isoformat()}"
                raise errors.Rejected(VENDOR, "a period is not open", reason=reason)
        return next(each.id for each in periods if each.start_date <= days[-1] <= each.end_date)


def _is_open(day: date, periods: Sequence[_wire.Period]) -> bool:
    return any(each.state == "open" and each.start_date <= day <= each.end_date for each in periods)
