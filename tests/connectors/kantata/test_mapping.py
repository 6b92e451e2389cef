"""What must hold for every value that goes to Kantata or comes back."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from canonical import currencies
from canonical.money import Money
from connectors.kantata import _bodies, _mapping, _references, _wire
from connectors.kantata._cursor import Cursor
from tests.connectors.kantata.records import PSA, project, term

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])
AMOUNTS = st.integers(min_value=0, max_value=2**31 - 1)
KINDS = st.sampled_from(
    [_references.CLIENT, _references.PROJECT, _references.MILESTONE, _references.INVOICE]
)
REFS = st.text(min_size=1).filter(lambda ref: "," not in ref)
MOMENTS = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.integers(-12, 14).map(lambda hours: timezone(timedelta(hours=hours))),
)
APPROVED = _mapping.Approval("5", "3", datetime(2026, 1, 19, tzinfo=UTC))


def _entry(cents: int, currency: str, minutes: int = 60) -> _wire.TimeEntry:
    return _wire.TimeEntry.model_validate(
        {
            "id": "1",
            "workspace_id": "10",
            "user_id": "2",
            "active_submission_id": "5",
            "date_performed": "2026-01-12",
            "time_in_minutes": minutes,
            "billable": True,
            "cost_rate_in_cents": cents,
            "currency": currency,
            "currency_base_unit": 10 ** currencies.decimals(currency),
        }
    )


def _money(in_cents: int, currency: str) -> Money:
    return Money(currency=currency, amount=in_cents * currencies.minor_unit(currency))


@given(AMOUNTS, CURRENCIES)
def test_an_amount_survives_the_way_there_and_back(cents: int, currency: str) -> None:
    story = _bodies.story(term(amount=_money(cents, currency)), 10)

    entry = _mapping.time_entry(
        _entry(story.budget_estimate_in_cents, currency), APPROVED, {}, {}, PSA
    )

    assert story.budget_estimate_in_cents == cents
    assert entry.cost is not None
    assert entry.cost.per_hour == _money(cents, currency).amount


@given(AMOUNTS, CURRENCIES)
def test_a_price_is_written_exactly(cents: int, currency: str) -> None:
    price = _money(cents, currency)

    body = _bodies.workspace(project(term(amount=price), currency=currency), 4)

    assert Decimal(body.price) == price.amount


@given(st.integers(min_value=0, max_value=24 * 60))
def test_minutes_are_kept(minutes: int) -> None:
    entry = _mapping.time_entry(_entry(0, "USD", minutes), APPROVED, {}, {}, PSA)

    assert entry.worked.seconds == minutes * 60


@given(KINDS, REFS, st.integers(min_value=1))
def test_a_reference_is_found_again_where_it_was_put(
    kind: _references.Kind, ref: str, number: int
) -> None:
    put = _references.reference(kind, ref)
    kept = put.model_dump() | {"subject_type": "Any", "subject_id": number}
    page = _wire.Page.model_validate(
        {
            "results": [{"key": kind.path, "id": number}],
            "meta": {"count": 1, "page_number": 1, "page_count": 1},
            "external_references": {"1": kept},
        }
    )

    assert _references.ours(page, kind) == {str(number): ref}
    assert _references.carriers(page, kind, {ref}) == [(ref, str(number))]
    assert _references.lookup(kind, ref)["external_reference_service_model_refs"] == ref


@given(st.lists(st.integers(min_value=1)))
def test_the_oldest_comes_first_and_nothing_twice(numbers: list[int]) -> None:
    ordered = _references.oldest_first(map(str, numbers), PSA)

    assert [int(found.value) for found in ordered] == sorted(set(numbers))


@given(*[st.none() | MOMENTS] * 3)
def test_a_cursor_is_read_as_it_was_written(
    newest: datetime | None, polled_at: datetime | None, polled_for: datetime | None
) -> None:
    cursor = Cursor(newest, polled_at, polled_for)

    assert Cursor.read(cursor.written()) == cursor


@given(st.lists(MOMENTS), MOMENTS)
def test_a_cursor_never_goes_back(moments: list[datetime], before: datetime) -> None:
    events = [
        _wire.Event(id=str(number), event_type="story:updated", subject_id="1", created_at=moment)
        for number, moment in enumerate(moments)
    ]

    found = _mapping.notices(events, Cursor(newest=before), PSA)

    assert Cursor.read(found.cursor) == Cursor(newest=max([before, *moments]))
    assert [notice.id for notice in found.notices] == [event.id for event in events]
