"""The firm's own service: what it can do, and which days are open."""

import pytest

from tests.world.dynamics.firm import SERVICE, Firm


async def test_a_service_lists_its_operations(firm: Firm) -> None:
    answer = await firm.http.get(SERVICE)

    names = [each["Name"] for each in answer.json()["Operations"]]
    assert names == ["postHourJournal", "postFreeTextInvoice", "isPeriodOpen"]


async def test_an_address_without_a_service_lists_nothing(firm: Firm) -> None:
    answer = await firm.http.get("/api/services/Other/Service")

    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("day", "is_open"), [("2026-03-02", True), ("1999-12-31", False)], ids=["open", "closed"]
)
async def test_a_day_is_open_or_not(firm: Firm, day: str, *, is_open: bool) -> None:
    answer = await firm.call("isPeriodOpen", dataAreaId="usmf", date=day)

    assert answer.json() == {"Success": True, "Open": is_open, "Message": ""}


async def test_what_is_no_date_is_refused(firm: Firm) -> None:
    told = (await firm.call("isPeriodOpen", dataAreaId="usmf", date="soon")).json()

    assert (told["Success"], told["Open"]) == (False, False)
    assert "soon is not a date" in told["Message"]


async def test_a_secret_can_have_expired(stranger: Firm) -> None:
    await stranger.settings(client_secret_is_expired=True)

    answer = await stranger.token(scope="http://erp.test/.default")

    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000222])
