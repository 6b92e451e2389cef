"""Sales tax of a line: the codes of its tax group, narrowed by its item tax group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from world.sandboxes.dynamics._infolog import general
from world.sandboxes.dynamics._iso4217 import rounded, times
from world.sandboxes.dynamics._master_data import TAX_GROUP_DATAS, TAX_ITEM_GROUPS
from world.sandboxes.dynamics._schema import EntitySet, Row
from world.sandboxes.dynamics._session import Session

_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, kw_only=True)
class Code:
    """A sales tax code as a line meets it. Reverse charge and exemption make it zero percent."""

    name: str
    percentage: Decimal
    reverse_charge: bool
    exempt: bool


@dataclass(frozen=True, kw_only=True)
class Tax:
    """One code's tax on one net amount."""

    code: Code
    base: Decimal
    amount: Decimal

    @property
    def exact(self) -> Decimal:
        """Return the tax before rounding."""
        return _exact(self.code, self.base)


def of_line(session: Session, line: Row, net: Decimal, currency: str) -> list[Tax]:
    """Return the taxes of a line, each rounded half away from zero."""
    return [
        Tax(code=code, base=net, amount=rounded(_exact(code, net), currency))
        for code in _codes(session, line)
    ]


def spread(lines: Sequence[list[Tax]], currency: str) -> list[list[Tax]]:
    """Round each code's tax once for the document; its last line takes the rest."""
    result = [list(taxes) for taxes in lines]
    places: dict[str, list[tuple[int, int]]] = {}
    for line, taxes in enumerate(result):
        for at, tax in enumerate(taxes):
            places.setdefault(tax.code.name, []).append((line, at))
    for found in places.values():
        taxes = [result[line][at] for line, at in found]
        whole = rounded(sum((tax.exact for tax in taxes), Decimal(0)), currency)
        line, at = found[-1]
        rest = whole - sum((tax.amount for tax in taxes[:-1]), Decimal(0))
        result[line][at] = replace(taxes[-1], amount=rest)
    return result


def _exact(code: Code, base: Decimal) -> Decimal:
    return times(times(base, code.percentage), _HUNDREDTH)


def _codes(session: Session, line: Row) -> list[Code]:
    group = _of_company(session, TAX_GROUP_DATAS, "TaxGroupId", line, line["SalesTaxGroupId"])
    item_group = line["SalesTaxItemGroupId"]
    if not item_group:
        needs_item = session.settings.tax_needs_item_group
        return [] if needs_item else [_code(session, row, exempt=False) for row in group]
    item = _of_company(session, TAX_ITEM_GROUPS, "TaxItemGroupCode", line, item_group)
    exempt = {row["TaxCodeId"]: row["ExemptTax"] == "Yes" for row in item}
    return [
        _code(session, row, exempt=exempt[row["TaxCodeId"]])
        for row in group
        if row["TaxCodeId"] in exempt
    ]


def _of_company(
    session: Session, entity: EntitySet, field: str, line: Row, value: str
) -> list[Row]:
    found = session.rows.find(entity, field, value) if value else []
    return [row for row in found if row["dataAreaId"] == line["dataAreaId"]]


def _code(session: Session, row: Row, *, exempt: bool) -> Code:
    name = row["TaxCodeId"]
    is_exempt = exempt or row["ExemptTax"] == "Yes"
    is_reverse = row["ReverseCharge"] == "Yes"
    percentage: Decimal | None = Decimal(0)
    if not (is_exempt or is_reverse):
        percentage = session.company(row["dataAreaId"]).tax_percentages.get(name)
    if percentage is None:
        message = f"No percentage is set for sales tax code {name}"
        raise general(message)
    return Code(name=name, percentage=percentage, reverse_charge=is_reverse, exempt=is_exempt)
