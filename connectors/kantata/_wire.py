"""Kantata's JSON, in Kantata's words. Only fields we read or write are named.

Association ids stand in an answer only if the association was named in `include`.
"""

from datetime import date
from typing import Annotated, cast

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Id = Annotated[str, Field(pattern="^[0-9]+$")]


class Wire(BaseModel):
    """Kantata adds fields without notice, and writes some ids as text and some as numbers."""

    model_config = ConfigDict(extra="ignore", coerce_numbers_to_str=True)


class Result(Wire):
    """Where a record of the answer stands: collection and id."""

    key: str
    id: str


class Meta(Wire):
    """Which page an index answered, and how many records all its pages have."""

    count: int
    page_number: int
    page_count: int


class ExternalReference(Wire):
    """What another system calls the subject."""

    service_name: str
    service_model: str
    service_model_ref: str
    subject_type: str
    subject_id: Id


class Submission(Wire):
    """`timesheet_submissions`: some time entries of one project, submitted together."""

    id: Id
    status: str
    current_resolution_creator_id: Id | None = None
    current_resolution_created_at_date: AwareDatetime | None = None


class Role(Wire):
    """`roles`."""

    name: str


class TimeEntry(Wire):
    """`time_entries`; the rate is per hour, in sub-units, `currency_base_unit` to the unit."""

    id: Id
    workspace_id: Id
    user_id: Id
    role_id: Id | None = None
    active_submission_id: Id | None = None
    date_performed: date
    time_in_minutes: int
    billable: bool
    notes: str | None = None
    cost_rate_in_cents: int | None = None
    currency: str
    currency_base_unit: Annotated[int, Field(gt=0)]


class Story(Wire):
    """`stories`; Kantata keeps no date of completion on it."""

    id: Id
    state: str
    workspace_id: Id
    updated_at: AwareDatetime


class Event(Wire):
    """`subscribed_events`."""

    id: str
    event_type: str
    subject_id: Id
    created_at: AwareDatetime


class Answer(Wire):
    """Every answer: the results in order; the records themselves stand beside them, by id."""

    results: tuple[Result, ...]


class Submissions(Answer):
    """`GET /timesheet_submissions/{id}`."""

    timesheet_submissions: dict[str, Submission] = Field(default_factory=dict)


class Page(Answer):
    """One page of any index, with the references that were included or asked for."""

    meta: Meta
    external_references: dict[str, ExternalReference] = Field(default_factory=dict)


class WorkspaceGroup(Wire):
    """`workspace_groups`; not every group is a company."""

    name: str
    company: bool


class Companies(Page):
    """`GET /workspace_groups`."""

    workspace_groups: dict[str, WorkspaceGroup] = Field(default_factory=dict)


class Stories(Page):
    """`GET /stories`."""

    stories: dict[str, Story] = Field(default_factory=dict)


class TimeEntries(Page):
    """`GET /time_entries`."""

    time_entries: dict[str, TimeEntry] = Field(default_factory=dict)
    roles: dict[str, Role] = Field(default_factory=dict)


class Roles(Page):
    """`GET /roles`."""

    roles: dict[str, Role] = Field(default_factory=dict)


class Currency(Wire):
    """One of the currencies that Kantata supports."""

    iso_code: str


class Currencies(Wire):
    """`GET /currencies`: a list of them, or the list in an envelope."""

    currencies: tuple[Currency, ...]

    @model_validator(mode="before")
    @classmethod
    def _from_either(cls, answer: object) -> object:
        if isinstance(answer, dict):
            answer = cast("dict[str, object]", answer).get("currencies")
        if isinstance(answer, dict):
            answer = list(cast("dict[str, object]", answer).values())
        return {"currencies": answer}


class Events(Page):
    """`GET /subscribed_events`."""

    subscribed_events: dict[str, Event] = Field(default_factory=dict)


class NewReference(Wire):
    """An external reference inside the body that creates its subject."""

    service_name: str
    service_model: str
    service_model_ref: str
    status: str | None = None
    external_message: str | None = None


class NewWorkspaceGroup(Wire):
    """Body of `POST /workspace_groups`; Kantata wants names unique, whatever their case."""

    name: str
    company: bool
    external_reference: NewReference


class NewWorkspace(Wire):
    """Body of `POST /workspaces`; `price` is in units, and whole ones are numbers."""

    title: str
    creator_role: str
    budgeted: bool  # without it neither currency nor budgets of stories are kept
    currency: str
    price: int | str
    start_date: date
    due_date: date
    require_time_approvals: bool
    workspace_group_ids: tuple[int, ...]
    external_reference: NewReference


class NewStory(Wire):
    """Body of `POST /stories`; the budget is in sub-units."""

    title: str
    story_type: str
    workspace_id: int
    budget_estimate_in_cents: int
    due_date: date | None
    external_reference: NewReference


class NewItem(Wire):
    """A line of an invoice that is no time, in units."""

    notes: str
    amount: int | str
    taxable: bool
    workspace_id: int


class NewInvoice(Wire):
    """Body of `POST /invoices`; `payment_schedule` is in days. It needs at least one line.

    Of one project `workspace_id`, of several `workspace_ids`.
    """

    workspace_id: int | None
    workspace_ids: tuple[int, ...] | None
    time_entry_ids: tuple[int, ...]
    expense_ids: tuple[int, ...]
    additional_items: tuple[NewItem, ...] | None
    payment_schedule: int
    invoice_date: date
    purchase_order: str | None
    draft: bool
    suppress_emails: bool
    external_reference: NewReference


class FaultItem(Wire):
    """One reason of a refusal; `field` stands in validations."""

    type: str = ""
    message: str = ""
    field: str | None = None


class Fault(Wire):
    """A refusal, in either of Kantata's two shapes."""

    errors: tuple[FaultItem, ...] = ()
    error_message: str = ""
