from datetime import date
from decimal import Decimal

import pytest

from world.stage import witness
from world.stage.evidence import Approved, Worked
from world.stage.readings import (
    Books,
    CrmDeal,
    LedgerEntry,
    LedgerLine,
    Milestone,
    Price,
    PsaMilestone,
    PsaProject,
    TimeEntry,
    Work,
)
from world.stage.witness import DealReadings

_ROLES = {"Consultant": "CONSULTANT", "Manager": "MANAGER"}
_PRICES = (
    Price(role="CONSULTANT", since=date(2026, 6, 1), per_hour=Decimal("150.0")),
    Price(role="CONSULTANT", since=date(2026, 7, 1), per_hour=Decimal("160.0")),
)


def _entry(**changes: object) -> TimeEntry:
    told: dict[str, object] = {
        "id": "101",
        "day": date(2026, 6, 30),
        "person": "Kim Allen",
        "role": "Consultant",
        "minutes": 480,
        "is_billable": True,
        "is_approved": True,
        "is_invoiced": False,
        "cost": None,
        "currency": "USD",
        "note": "",
    }
    return TimeEntry.model_validate({**told, **changes})


def _deal(**changes: object) -> CrmDeal:
    told: dict[str, object] = {
        "opportunity": "006",
        "stage": "Closed Won",
        "entity": "USMF",
        "currency": "USD",
        "billing_model": "Time and materials",
        "project_code": "P-1",
        "delivery_status": None,
        "prices": _PRICES,
        "schedule": (),
        "invoices": (),
    }
    return CrmDeal.model_validate({**told, **changes})


def _project(key: str, title: str) -> PsaProject:
    return PsaProject(
        id=key, title=title, code=title.split(maxsplit=1)[0], currency="USD", clients=()
    )


def _approved(deal: CrmDeal, work: Work) -> tuple[Approved, ...]:
    found = witness.evidence([DealReadings(deal, work, Books())], [], _ROLES)
    return found.approved


@pytest.mark.parametrize(
    ("entry", "worth"),
    [
        (_entry(), "1200.00"),
        (_entry(day=date(2026, 7, 1)), "1280.00"),
        (_entry(minutes=10), "25.00"),
        (_entry(minutes=1, day=date(2026, 7, 1)), "2.67"),
        (_entry(is_billable=False), "0"),
    ],
    ids=["old rate", "new rate", "ten minutes", "one minute", "not billable"],
)
def test_time_is_worth_the_latest_price_of_its_role_on_its_day(
    entry: TimeEntry, worth: str
) -> None:
    (approved,) = _approved(_deal(), Work(entries=(entry,)))

    assert approved.source == "psa-main:101"
    assert approved.seconds == entry.minutes * 60
    assert approved.amount == Decimal(worth)


@pytest.mark.parametrize(
    "entry",
    [
        _entry(day=date(2026, 5, 31)),
        _entry(role="Manager"),
        _entry(role="Guest"),
        _entry(role=None),
    ],
    ids=["before the first price", "role without a price", "unknown role", "no role"],
)
def test_time_without_a_price_has_no_worth(entry: TimeEntry) -> None:
    (approved,) = _approved(_deal(), Work(entries=(entry,)))

    assert approved.amount is None


@pytest.mark.parametrize(
    ("home", "worth"), [("10", "1120.00"), ("11", "1440.00"), ("12", None)], ids=str
)
def test_time_is_worth_the_price_of_its_own_project(home: str, worth: str | None) -> None:
    prices = (
        Price(role="CONSULTANT", since=date(2026, 6, 1), per_hour=Decimal(140), project="Build"),
        Price(role="CONSULTANT", since=date(2026, 6, 1), per_hour=Decimal(180), project="Design"),
    )
    projects = (_project("10", "PR-1 Rollout: Build"), _project("11", "PR-2 Rollout: Design"))

    work = Work(projects=projects, entries=(_entry(project=home),))
    (approved,) = _approved(_deal(prices=prices), work)

    assert approved.amount == (None if worth is None else Decimal(worth))


def test_what_two_projects_tell_of_stands_once_and_a_double_of_one_twice() -> None:
    mine, shared = _entry(id="1"), _entry(id="2")

    both = Work(entries=(mine, mine, shared)).with_more(Work(entries=(shared, _entry(id="3"))))

    assert [entry.id for entry in both.entries] == ["1", "1", "2", "3"]


def test_time_under_a_fixed_price_is_worth_nothing_by_itself() -> None:
    (approved,) = _approved(_deal(billing_model="Milestones"), Work(entries=(_entry(),)))

    assert approved.amount == 0


def test_time_that_nobody_approved_proves_nothing() -> None:
    assert _approved(_deal(), Work(entries=(_entry(is_approved=False),))) == ()


def test_a_milestone_is_worth_what_the_schedule_says_once_it_is_completed() -> None:
    deal = _deal(
        billing_model="Milestones", schedule=(Milestone(name="Design", amount=Decimal("36000.0")),)
    )
    done = PsaMilestone(id="55", name="Design", state="completed", reference="CT-1/M1")
    begun = PsaMilestone(id="56", name="Build", state="started", reference="CT-1/M2")

    (approved,) = _approved(deal, Work(milestones=(done, begun)))

    assert (approved.source, approved.alias) == ("psa-main:55", "CT-1/M1")
    assert approved.seconds == 0
    assert approved.amount == 36000


def test_time_costs_what_stands_beside_it_where_it_was_captured() -> None:
    priced = _entry(cost=Decimal("63.64"), currency="EUR")
    open_time = _entry(id="102", is_approved=False)

    found = witness.evidence(
        [DealReadings(_deal(), Work(entries=(priced, open_time)), Books())], [], {}
    )

    assert found.worked == (
        Worked(
            entry="psa-main:101",
            entity="USMF",
            day=date(2026, 6, 30),
            seconds=Decimal(28800),
            per_hour=Decimal("63.64"),
            currency="EUR",
        ),
    )


def _journal(voucher: str) -> LedgerEntry:
    line = LedgerLine(
        account="540100",
        kind="COST",
        currency="USD",
        amount=Decimal(560),
        accounting_amount=Decimal(560),
        text="psa-main:101 CONS",
    )
    return LedgerEntry(
        entity="USMF",
        journal="COST",
        voucher=voucher,
        day=date(2026, 6, 30),
        accounting_currency="USD",
        lines=(line,),
    )


def test_an_entry_of_two_deals_counts_once_and_one_that_is_there_twice_counts_twice() -> None:
    shared, own, double = _journal("1"), _journal("2"), _journal("3")
    deals = [
        DealReadings(_deal(), Work(), Books(ledger=(shared, double, double))),
        DealReadings(_deal(), Work(), Books(ledger=(shared, own))),
    ]

    found = witness.evidence(deals, [], {})

    assert [one.voucher for one in found.bookings] == ["1", "3", "3", "2"]
    assert {one.entry for one in found.bookings} == {"psa-main:101"}
