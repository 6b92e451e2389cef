"""The sandbox's settings. Those of unverified vendor facts are choices, and switches."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_Positive = Annotated[int, Field(gt=0)]
_Limit = Annotated[int, Field(gt=0)] | None


class Settings(BaseModel):
    """What the admin door may change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # Entra: the tenant's one application; F&O knows the applications registered in it.
    tenant: str = "dynamics-sandbox-tenant"
    client_id: str = "dynamics-sandbox-client"
    client_secret: str = "dynamics-sandbox-secret"  # noqa: S105 - opens nothing but this sandbox
    client_secret_is_expired: bool = False
    registered_client_ids: list[str] = ["dynamics-sandbox-client"]
    token_seconds: _Positive = 3599
    user_id: str = "integration"
    default_company: Annotated[str, StringConstraints(to_lower=True)] = "usmf"

    page_size: _Positive = 10_000
    batch_operations_max: _Positive = 5_000
    # Unverified: the status for a stale If-Match (412 by the standard, 409 in one forum
    # answer); 0 ignores the header.
    stale_if_match_status: Literal[0, 409, 412] = 412
    # Unverified: whether a batch goes on after a failed part; `Prefer: odata.continue-on-error`
    # is honored either way.
    batch_continues_on_error: bool = True
    # Unverified: a write to a field that only the server sets is refused, or ignored.
    read_only_fields_refused: bool = True
    # Unverified: `2026-03-01` in a write, where the documented form is a full timestamp.
    plain_dates_accepted: bool = False

    # Customer-specific names of the service that posts.
    posting_service: Annotated[str, StringConstraints(pattern=r"^/api/services/.+[^/]$")] = (
        "/api/services/TiebeamServices/PostingService"
    )
    # A refused posting answers 200 with Success false, or 500 in the general error shape.
    posting_refusal_status: Literal[200, 500] = 200
    hours_decimals: Annotated[int, Field(ge=0, le=16)] = 4
    # Unverified: the currency of CostPrice, the line's or the company's accounting currency.
    cost_price_currency: Literal["line", "accounting"] = "line"
    # Sales tax is rounded for each line or for the document; the vendor can do both.
    tax_rounding: Literal["line", "document"] = "line"
    # The vendor taxes by codes that the line's both groups share. Without an item group the
    # line has all codes of its tax group (a choice), or no tax at all.
    tax_needs_item_group: bool = False
    # One source only: a customer's TaxExemptNumber must be in VATNumTables.
    tax_exempt_numbers_registered: bool = True
    customer_numbers_assigned: bool = True
    # A new project is a value of the dimension Project (the firm's set-up).
    project_is_dimension: bool = True
    dimension_order: list[str] = ["BusinessUnit", "Project"]
    dimension_delimiter: Annotated[str, Field(min_length=1, max_length=1)] = "-"
    # Unverified: unknown dimension values are refused when written, not only when posted.
    dimensions_checked_on_write: bool = False
    # Unverified: a project or contract that nothing refers to is deleted through its set.
    projects_deletable: bool = True
    # The vendor's stage rules are set-up of the firm.
    project_stages_closed: list[str] = ["Completed"]

    # Business events. Documented: three tries, a second apart, of ten seconds each.
    business_event_tries: _Positive = 3
    business_event_retry_seconds: Annotated[float, Field(gt=0, le=60)] = 1.0
    business_event_timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 10.0
    # Delivery is at least once and in no order: how often each event comes, and a queue that
    # sends what waits in the opposite order.
    business_event_copies: _Positive = 1
    business_events_newest_first: bool = False
    # Unverified: whether a new activation of an HTTPS endpoint is tried with a test message.
    business_event_test_message: bool = True
    # Unverified: the id of the event "Customer payment posted", and its member for the customer.
    payment_event: Annotated[str, StringConstraints(pattern=r"^\w+BusinessEvent$")] = (
        "CustPaymentPostedBusinessEvent"
    )
    payment_event_account: Literal["CustomerAccount", "AccountNum"] = "CustomerAccount"

    # Package import: how long an execution is under way. Unverified: what an execution id that
    # is used again does, and what a second import of a definition group at once.
    package_import_seconds: Annotated[float, Field(ge=0)] = 0.0
    package_execution_reused: Literal["refused", "returned"] = "refused"
    package_imports_in_parallel: bool = False

    # Service protection, off by default. The documented limits are 6,000 requests, 1,200
    # seconds of execution in a sliding window of 300 seconds, and 52 requests at once.
    throttle_requests: _Limit = None
    throttle_execution_seconds: _Limit = None
    throttle_concurrent: _Limit = None
    throttle_window_seconds: _Positive = 300
    # While set, every request meets the resource-based kind with this Retry-After.
    throttle_resource_retry_after: _Limit = None
    # How long each request executes inside the server, beside its real time.
    service_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0


def check(settings: dict[str, Any]) -> None:
    """Refuse settings that cannot be used, with ValueError."""
    Settings.model_validate(settings)
