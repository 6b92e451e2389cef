"""What happens on a line of the timeline: exactly one act, named by its key."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from world.stage.facts import Told, told_wrong
from world.stage.firm import Text
from world.stage.terms import ClientTerms, DealTerms, ProjectName, ScheduleLine

_MINUTES = 60


class _Line(Told):
    on: date = Field(description="the day on which it happens")


class Win(_Line):
    """Sales closes a deal as won, or several at the same moment."""

    win: Text | Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="a key of `deals`, or a list of them"
    )

    @property
    def deals(self) -> tuple[str, ...]:
        """Return which."""
        return (self.win,) if isinstance(self.win, str) else self.win

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        verb = "is" if len(self.deals) == 1 else "are"
        return f"{' and '.join(self.deals)} {verb} won"


class Lose(_Line):
    """Sales takes the win of a deal back: it is in negotiation again."""

    lose: Text = Field(description="a key of `deals`")

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"the win of {self.lose} is taken back"


class Work(_Line):
    """Somebody enters time on a deal's project."""

    work: Text = Field(description="a key of `deals`")
    project: ProjectName = None
    who: Text = Field(description="one of the firm's people")
    role: str | None = Field(default=None, description="else the person's own")
    hours: Annotated[Decimal, Field(gt=0)] | None = Field(
        default=None, description="decimal hours that are whole minutes"
    )
    minutes: Annotated[int, Field(gt=0)] | None = Field(default=None, description="or minutes")
    note: str = ""
    billable: bool = True

    @model_validator(mode="after")
    def _one_quantity_of_whole_minutes(self) -> Self:
        if (self.hours is None) == (self.minutes is None):
            text = "a work line has either `hours` or `minutes`"
            raise told_wrong(text)
        if self.hours is not None and (self.hours * _MINUTES) % 1:
            text = f"`hours`: {self.hours} are no whole minutes; write `minutes` instead"
            raise told_wrong(text)
        return self

    @property
    def worked_minutes(self) -> int:
        """Return the time worked."""
        return int(self.hours * _MINUTES) if self.hours is not None else self.minutes or 0

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        where = self.work if self.project is None else f"{self.work}, {self.project}"
        return f"{self.who} works {self.worked_minutes} minutes on {where}"


class Approve(_Line):
    """Everybody's open time on a deal's project is submitted, and somebody approves it."""

    approve: Text = Field(description="a key of `deals`")
    by: Text = Field(description="one of the firm's people")

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"{self.by} approves the time on {self.approve}"


class Reach(_Line):
    """Delivery completes a milestone."""

    reach: Text = Field(description="a key of `deals`")
    milestone: Text = Field(description="its name in the billing schedule")

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"{self.reach} reaches {self.milestone!r}"


class CutOff(_Line):
    """Finance bills a deal's work up to and including the day."""

    cut_off: Text = Field(description="a key of `deals`")

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"{self.cut_off} is billed up to {self.on}"


class ApproveInvoice(_Line):
    """Finance approves the drafts of a deal that wait for it, as they stand.

    Where the firm's limits ask for nobody, none waits, and nothing happens.
    """

    approve_invoice: Text = Field(description="a key of `deals`")
    by: Text = Field(description="one of the firm's people")

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"{self.by} approves what {self.approve_invoice} is to be billed"


class ChangeClient(_Line):
    """Sales changes what it knows of a client; `null` empties a field."""

    change_client: Text = Field(description="a key of `clients`")
    set: ClientTerms

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"sales changes the client {self.change_client}"


class ChangeDeal(_Line):
    """Sales changes a deal, or adds lines to its billing schedule."""

    change_deal: Text = Field(description="a key of `deals`")
    set: DealTerms = DealTerms()
    add_schedule: tuple[ScheduleLine, ...] = ()

    @property
    def text(self) -> str:
        """Return what happens, in words."""
        return f"sales changes the deal {self.change_deal}"


ACTS: dict[str, type[_Line]] = {
    "win": Win,
    "lose": Lose,
    "work": Work,
    "approve": Approve,
    "reach": Reach,
    "cut_off": CutOff,
    "approve_invoice": ApproveInvoice,
    "change_client": ChangeClient,
    "change_deal": ChangeDeal,
}


def _kind(line: object) -> str | None:
    told = line if isinstance(line, Mapping) else getattr(line, "model_fields_set", ())
    found = [name for name in ACTS if name in told]
    return found[0] if len(found) == 1 else None


Act = Annotated[
    Annotated[Win, Tag("win")]
    | Annotated[Lose, Tag("lose")]
    | Annotated[Work, Tag("work")]
    | Annotated[Approve, Tag("approve")]
    | Annotated[Reach, Tag("reach")]
    | Annotated[CutOff, Tag("cut_off")]
    | Annotated[ApproveInvoice, Tag("approve_invoice")]
    | Annotated[ChangeClient, Tag("change_client")]
    | Annotated[ChangeDeal, Tag("change_deal")],
    Discriminator(
        _kind,
        custom_error_type="story",
        custom_error_message=f"a line has exactly one act; keep one of {', '.join(ACTS)}",
    ),
]
