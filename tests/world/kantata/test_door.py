import pytest

from tests.world.kantata.firm import TOKEN, Firm

HERS = "hers"
FRESH = "fresh"


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer other"}, {"Authorization": TOKEN}],
    ids=["no-header", "unknown-token", "no-scheme"],
)
async def test_a_call_without_a_valid_token_is_refused(firm: Firm, headers: dict[str, str]) -> None:
    answer = await firm.http.get("/api/v1/workspaces", headers=headers)

    assert answer.status_code == 401
    assert answer.json() == {"errors": [{"type": "oauth", "message": "Invalid OAuth 2 Request"}]}
    assert answer.headers["x-request-id"]


async def test_another_token_acts_as_its_user(firm: Firm) -> None:
    person = await firm.person()
    await firm.set(token_users={HERS: person})

    hers = await firm.call("GET", "users/me", token=HERS)

    assert [result["id"] for result in hers["results"]] == [person]
    assert await firm.ids("users/me") == ["1000"]


async def test_a_revoked_token_is_refused(firm: Firm) -> None:
    await firm.set(tokens=[FRESH])

    await firm.call("GET", "users/me", status=401)
    await firm.call("GET", "users/me", token=FRESH)


async def test_paths_work_with_and_without_json(firm: Firm) -> None:
    workspace = await firm.workspace()

    assert await firm.get("workspaces.json") == await firm.get("workspaces")
    assert await firm.get(f"workspaces/{workspace}.json") == await firm.get(
        f"workspaces/{workspace}"
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "nothing"),
        ("GET", "workspaces/1"),
        ("GET", "workspaces/one"),
        ("DELETE", "workspaces/1"),
        ("PUT", "time_entries/1"),
    ],
)
async def test_what_is_not_there_is_a_system_error(firm: Firm, method: str, path: str) -> None:
    answer = await firm.call(method, path, {"time_entry": {}}, status=404)

    assert [error["type"] for error in answer["errors"]] == ["system"]


async def test_an_exhausted_bucket_answers_a_bare_429(firm: Firm) -> None:
    await firm.set(requests_per_second=2)
    headers = {"Authorization": f"Bearer {TOKEN}"}

    answers = [await firm.http.get("/api/v1/roles", headers=headers) for _ in range(10)]

    assert [answer.status_code for answer in answers[:2]] == [200, 200]
    throttled = next(answer for answer in answers if answer.status_code == 429)
    assert throttled.content == b""
    assert not {"retry-after", "x-ratelimit-limit", "ratelimit-limit"} & set(throttled.headers)


async def test_a_bucket_fills_by_the_clock_of_the_sandbox(firm: Firm) -> None:
    await firm.set(requests_per_second=0.001)
    await firm.get("roles")
    await firm.call("GET", "roles", status=429)

    await firm.clock("2026-01-15T13:00:00Z")

    await firm.get("roles")


async def test_calls_on_projects_have_a_limit_of_their_own(firm: Firm) -> None:
    workspace = await firm.workspace()
    await firm.set(project_requests_per_second=0.001)

    await firm.get("workspaces")
    await firm.call("GET", "workspaces.json", status=429)
    await firm.get(f"workspaces/{workspace}")
    await firm.get("roles")


async def test_a_429_can_carry_a_body(firm: Firm) -> None:
    await firm.set(requests_per_second=0.001, throttled_body="Slow down")
    await firm.get("roles")

    throttled = await firm.http.get("/api/v1/roles")

    assert throttled.text == "Slow down"


async def test_nothing_is_throttled_by_default(firm: Firm) -> None:
    for _ in range(50):
        await firm.get("roles")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"role": 1}', b"{}", b'{"roles": [{}]}'])
async def test_a_body_that_cannot_be_understood_is_a_bad_request(
    firm: Firm, content: bytes
) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}

    answer = await firm.http.post("/api/v1/roles", content=content, headers=headers)

    assert answer.status_code == 400
    assert [error["type"] for error in answer.json()["errors"]] == ["system"]


async def test_every_accepted_write_is_logged_and_nothing_else(firm: Firm) -> None:
    role = await firm.post("roles", name="Consultant")
    await firm.call("POST", "roles", {"role": {}}, status=422)
    await firm.get("roles")

    logged = await firm.admin("GET", "log")

    assert [entry["operation"] for entry in logged] == ["POST /api/v1/roles"]
    assert logged[0]["body"]["request"] == {"role": {"name": "Consultant"}}
    assert logged[0]["body"]["results"] == [{"key": "roles", "id": role["id"]}]


@pytest.mark.parametrize(
    "settings",
    [
        {"tokens": "one"},
        {"requests_per_second": -1},
        {"utc_offset": "west"},
        {"locked_through": "soon"},
        {"refuse_unknown_names": 1},
    ],
)
async def test_a_setting_of_the_wrong_kind_is_refused(
    firm: Firm, settings: dict[str, object]
) -> None:
    answer = await firm.http.put("/_admin/settings", json=settings)

    assert answer.status_code == 400
    assert next(iter(settings)) in answer.text
