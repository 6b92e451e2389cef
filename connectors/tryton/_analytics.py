"""Dimensions: the values on two analytic axes, each a root of the company."""

from collections.abc import Collection

from canonical.projects import FinancialDimensions
from connectors import errors
from connectors.tryton import _mapping, _wire
from connectors.tryton._faults import VENDOR
from connectors.tryton._server import Domain, Server


class Analytics(Server):
    """Axes and values by their codes; Tryton itself does not make codes unique."""

    async def _axes(
        self, dimensions: Collection[FinancialDimensions], company: _wire.Company
    ) -> _mapping.Axes:
        """Return what stands for these dimensions in Tryton.

        Raises:
            Rejected: an axis or a value is not set up.
        """
        units = {each.business_unit for each in dimensions}
        projects = {str(each.project) for each in dimensions}
        of_units, of_projects = self._options.business_unit_axis, self._options.project_axis
        return _mapping.Axes(
            business_unit=await self._axis_id(of_units, company),
            project=await self._axis_id(of_projects, company),
            business_units=await self._values(of_units, units, company),
            projects=await self._values(of_projects, projects, company),
        )

    async def _axis(self, code: str, company: _wire.Company) -> _wire.Axis:
        """Return an axis with its stamp as it is now."""
        found = await self._rows(
            _wire.Axis, [["id", "=", await self._axis_id(code, company)]], company
        )
        if not found:
            raise errors.Rejected(VENDOR, "the axis is gone", reason=code)
        return found[0]

    async def _axis_id(self, code: str, company: _wire.Company) -> int:
        return (await self._owned(_wire.Axis, company, code=code, type="root")).id

    async def _values(
        self, axis: str, codes: Collection[str], company: _wire.Company
    ) -> dict[str, int]:
        """Return the values on an axis by their codes."""
        where: Domain = [["root", "=", await self._axis_id(axis, company)]]
        found = await self._by_code(_wire.AxisValue, company, codes, where)
        return {code: value.id for code, value in found.items()}
