from tests.world.kantata.firm import Firm, fields


async def test_somebody_who_accepts_an_invitation_is_a_user(firm: Firm) -> None:
    person = await firm.person()

    shown = await firm.show("users", person)

    assert (shown["full_name"], shown["email_address"]) == ("Person 1", "person1@firm.test")
    assert person in await firm.ids("users")
    assert await firm.ids("users", by_email_address="person1@firm.test") == [person]
    assert await firm.ids("users", search="person") == [person]


async def test_an_email_address_is_taken_once(firm: Firm) -> None:
    await firm.person()
    again = {"full_name": "Other", "email_address": "person1@firm.test"}

    answer = await firm.http.post("/_admin/users", json=again)

    assert answer.status_code == 422
    assert fields(answer.json()["errors"]) == ["email_address"]


async def test_users_without_a_project_are_hidden_if_the_switch_says_so(firm: Firm) -> None:
    idle, lead = await firm.person(), await firm.person()
    await firm.workspace(primary_maven_id=lead)
    await firm.set(users_need_a_project=True)

    assert await firm.ids("users") == ["1000", lead]
    assert await firm.ids("users", on_my_account="true") == ["1000", idle, lead]
    await firm.call("GET", f"users/{idle}", status=404)
    await firm.show("users", idle, on_my_account="true")


async def test_roles_come_in_the_order_of_the_alphabet(firm: Firm) -> None:
    manager = (await firm.post("roles", name="manager"))["id"]
    consultant = (await firm.post("roles", name="Consultant"))["id"]

    assert await firm.ids("roles") == [consultant, manager]
    assert fields(await firm.refused("POST", "roles", name="")) == ["name"]


async def test_an_entry_costs_what_an_hour_costs_on_its_day(firm: Firm) -> None:
    person, other = await firm.person(), await firm.person()
    workspace = await firm.workspace()
    for day, cents in (("2026-01-01", 9000), ("2026-02-01", 9500)):
        rate = {"effective_date": day, "rate_in_cents": cents, "currency": "USD"}
        await firm.post("cost_rates", user_id=person, **rate)

    async def cost(user: str, day: str) -> int | None:
        entry = await firm.entry(workspace, user_id=user, date_performed=day)
        cents: int | None = (await firm.show("time_entries", entry))["cost_rate_in_cents"]
        return cents

    assert await cost(person, "2025-12-31") is None
    assert [await cost(person, day) for day in ("2026-01-01", "2026-01-31")] == [9000, 9000]
    assert await cost(person, "2026-02-01") == 9500
    assert await cost(other, "2026-02-01") is None


async def test_a_cost_rate_of_another_currency_does_not_apply(firm: Firm) -> None:
    person = await firm.person()
    rate = {"effective_date": "2026-01-01", "rate_in_cents": 9000, "currency": "EUR"}
    await firm.post("cost_rates", user_id=person, **rate)

    entry = await firm.entry(await firm.workspace(currency="USD"), user_id=person)

    assert (await firm.show("time_entries", entry))["cost_rate_in_cents"] is None


async def test_a_cost_rate_of_the_same_day_overrides_and_old_time_keeps_its_cost(
    firm: Firm,
) -> None:
    person = await firm.person()
    workspace = await firm.workspace()
    day = {"user_id": person, "effective_date": "2026-01-01", "currency": "USD"}
    first = await firm.post("cost_rates", rate_in_cents=9000, **day)
    before = await firm.entry(workspace, user_id=person)

    second = await firm.post("cost_rates", rate_in_cents=9900, **day)
    after = await firm.entry(workspace, user_id=person)

    assert first["id"] == second["id"]
    assert await firm.ids("cost_rates", user_id=person) == [first["id"]]
    costs = [(await firm.show("time_entries", e))["cost_rate_in_cents"] for e in (before, after)]
    assert costs == [9000, 9900]


async def test_a_cost_rate_needs_a_user_and_a_day(firm: Firm) -> None:
    errors = await firm.refused("POST", "cost_rates", rate_in_cents=1, currency="USD")

    assert sorted(fields(errors)) == ["effective_date", "user_id"]
