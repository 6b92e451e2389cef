"""The switches of one database: what its firm has named or set up in its own way."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _words(text: object) -> object:
    return text.replace(",", " ").split() if isinstance(text, str) else text


class Options(BaseModel):
    """What stands under `options` of the system in the landscape; an unknown one is an error.

    Attributes:
        database: The database's name, which is in every address.
        cost_account: Code of the account that the cost of hours is debited to.
        clearing_account: Code of the account that it is credited to.
        cost_journal: Code of the journal for the cost of hours.
        revenue_journal: Code of the journal for customer invoices.
        business_unit_axis: Code of the analytic axis whose values are business units.
        project_axis: Code of the analytic axis whose values are our project codes.
        hour_unit: Name of the unit of hours on invoice lines.
        language: Of new parties: a code as in Tryton; messages are always English.
        confirmed_warnings: Kinds of warnings that are confirmed; any other is a refusal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    database: str = "tryton"
    cost_account: str
    clearing_account: str
    cost_journal: str = "COST"
    revenue_journal: str = "REV"
    business_unit_axis: str = "BUSINESS_UNIT"
    project_axis: str = "PROJECT"
    hour_unit: str = "Hour"
    language: str = "en"
    confirmed_warnings: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset(
        {"invoice_date_future", "invoice_payment_term"}
    )
