"""The switches of one environment: what its firm has named or set up in its own way."""

from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _pairs(text: object) -> object:
    if not isinstance(text, str):
        return text
    return dict(pair.split("=") for pair in text.replace(",", " ").split())


class Options(BaseModel):
    """What stands under `options` of the system in the landscape; an unknown one is an error.

    Attributes:
        tenant: Of Microsoft Entra ID; stands in the default `token_url`.
        posting_service: Path of the firm's own service that posts journals and invoices.
        service_error_is_refusal: Its HTTP 500 with an Infolog means: rolled back and refused.
        country_regions: F&O's code of a country where it is not the ISO code: "DE=DEU US=USA".
        funding_source: Id of the source by which a contract's customer funds it; F&O keeps the
            customer there and not in the contract. None by default.
        hours_decimals: How finely hours are declared; the cost must survive it. Always that of
            the instance: what is held and what is posted must agree.
        if_match: The header of that name with every delete, for example `*`; none by default.
        sales_tax_item_group: Of every invoice line; none by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tenant: str = ""
    token_url: str = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token"  # noqa: S105 - an address
    posting_service: str = "/api/services/TiebeamServices/PostingService"
    service_error_is_refusal: bool = True
    funding_source: str = ""
    hour_journal_name: str = "Hour"
    hours_decimals: Annotated[int, Field(ge=0, le=12)] = 4
    line_property: str = "NonCharge"
    dimension_delimiter: Annotated[str, Field(min_length=1, max_length=1)] = "-"
    country_regions: Annotated[dict[str, str], BeforeValidator(_pairs)] = {}
    language: str = "en-US"
    sales_tax_item_group: str = ""
    if_match: str = ""

    @model_validator(mode="after")
    def _the_token_url_is_whole(self) -> Self:
        if "{tenant}" in self.token_url and not self.tenant:
            msg = "options name neither a tenant nor a token_url without one"
            raise ValueError(msg)
        return self
