import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.world.processes import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data = tmp_path_factory.mktemp("counter") / "box.db"
    with Server("tests.world.counter", data=data) as server:
        yield server


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        yield client
        client.delete("/_admin/faults")
        client.put("/_admin/latency", json={"seconds": 0})


def _order(client: httpx.Client, **fault: Any) -> None:  # noqa: ANN401 - any of a fault's fields
    assert client.post("/_admin/faults", json=fault).is_success


def _kept(client: httpx.Client) -> int:
    return len(client.get("/bodies").json())


def test_status_before_leaves_nothing_done(client: httpx.Client) -> None:
    before = _kept(client)
    _order(client, do="status", method="POST", headers={"Retry-After": "7"}, text="later")

    refused = client.post("/bodies", json=1)

    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "7")
    assert refused.text == "later"
    assert _kept(client) == before


def test_status_after_hides_what_was_done(client: httpx.Client) -> None:
    before = _kept(client)
    _order(client, do="status", when="after", method="POST", status=500)

    assert client.post("/bodies", json=1).status_code == 500
    assert _kept(client) == before + 1


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
def test_drop_cuts_the_connection(client: httpx.Client, when: str, done: int) -> None:
    before = _kept(client)
    _order(client, do="drop", when=when, method="POST")

    with pytest.raises(httpx.RemoteProtocolError):
        client.post("/bodies", json=1)

    assert _kept(client) == before + done


def test_truncate_sends_the_first_bytes_of_the_answer_and_no_more(client: httpx.Client) -> None:
    before = _kept(client)
    _order(client, do="truncate", when="after", method="POST", cut=9)
    received = b""

    def read() -> None:
        nonlocal received
        with client.stream("POST", "/bodies", json=1) as response:
            for chunk in response.iter_raw():
                received += chunk

    with pytest.raises(httpx.RemoteProtocolError):
        read()

    assert received == b'{"number"'
    assert _kept(client) == before + 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_hold_answers_late_and_whole(client: httpx.Client, when: str) -> None:
    _order(client, do="hold", when=when, method="POST", seconds=0.3)
    started = time.monotonic()

    assert client.post("/bodies", json="held").json()["body"] == "held"
    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
def test_hold_past_a_clients_patience_shows_when_the_work_is_done(
    client: httpx.Client, when: str, done: int
) -> None:
    before = _kept(client)
    _order(client, do="hold", when=when, method="POST", seconds=2)

    with pytest.raises(httpx.ReadTimeout):
        client.post("/bodies", json=1, timeout=0.3)

    assert _kept(client) == before + done


def test_strikes_only_what_matches_after_skipping_and_so_often(client: httpx.Client) -> None:
    _order(client, do="status", path=r"/bodies\?a=1", body="rate", skip=1, times=2, status=418)
    _order(client, do="status", path="/never", status=418)

    def status(query: str, body: str) -> int:
        return client.post(f"/bodies?{query}", json=body).status_code

    assert status("a=2", "rate") == 201
    assert status("a=1", "other") == 201
    assert [status("a=1", "a rate") for _ in range(4)] == [201, 418, 418, 201]
    assert [fault["hits"] for fault in client.get("/_admin/faults").json()] == [2, 0]


def test_admin_door_is_never_struck(client: httpx.Client) -> None:
    _order(client, do="status", times=9)

    assert client.get("/_admin/health").is_success
    assert client.get("/bodies").status_code == 503


def test_faults_are_forgotten_when_told(client: httpx.Client) -> None:
    _order(client, do="status")

    assert client.delete("/_admin/faults").json() == []
    assert client.get("/bodies").is_success


def test_latency_delays_every_answer(client: httpx.Client) -> None:
    client.put("/_admin/latency", json={"seconds": 0.2})
    started = time.monotonic()
    client.get("/bodies")
    client.get("/bodies")

    assert time.monotonic() - started >= 0.4


@pytest.mark.parametrize("skew", [0, -90, 3600])
def test_every_answer_is_dated_by_a_clock_that_can_be_wrong(
    client: httpx.Client, skew: int
) -> None:
    client.put("/_admin/date", json={"skew_seconds": skew})
    try:
        told = client.get("/bodies").headers.get_list("Date")
    finally:
        client.put("/_admin/date", json={"skew_seconds": 0})

    (only,) = told
    off = parsedate_to_datetime(only) - datetime.now(UTC)
    assert abs(off.total_seconds() - skew) < 5


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/_admin/faults", '{"do": "explode"}'),
        ("POST", "/_admin/faults", '{"do": "drop", "color": "red"}'),
        ("POST", "/_admin/faults", '{"do": "drop", "path": "("}'),
        ("POST", "/_admin/faults", "no json"),
        ("PUT", "/_admin/clock", '{"now": "2026-03-01T08:00:00"}'),
        ("PUT", "/_admin/clock", '{"now": "yesterday"}'),
        ("PUT", "/_admin/clock", "{}"),
        ("PUT", "/_admin/latency", '{"seconds": "long"}'),
        ("PUT", "/_admin/date", "{}"),
        ("PUT", "/_admin/settings", '{"mood": "bad"}'),
        ("PUT", "/_admin/settings", '{"weather": "fine"}'),
        ("GET", "/_admin/log?after=x", ""),
    ],
)
def test_admin_refuses_what_it_cannot_use_and_keeps_nothing_of_it(
    client: httpx.Client, method: str, path: str, content: str
) -> None:
    before = client.get("/_admin/settings").json()

    refused = client.request(method, path, content=content)

    assert refused.status_code == 400
    assert refused.json()
    assert client.get("/_admin/settings").json() == before
    assert client.get("/_admin/faults").json() == []


def test_settings_change_one_by_one_and_survive_a_kill(tmp_path: Path) -> None:
    with Server("tests.world.counter", data=tmp_path / "box.db") as server:
        httpx.put(f"{server.url}/_admin/settings", json={"mood": "calm"}, trust_env=False)
        httpx.put(f"{server.url}/_admin/settings", json={"size": 2}, trust_env=False)
        server.kill()
        server.start()
        settings = httpx.get(f"{server.url}/_admin/settings", trust_env=False).json()

    assert settings == {"mood": "calm", "size": 2}


def test_a_killed_server_finds_everything_it_acknowledged(tmp_path: Path) -> None:
    with Server("tests.world.counter", data=tmp_path / "box.db") as server:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            client.put("/_admin/clock", json={"now": "2026-03-01T08:00:00Z"})
            for number in range(20):
                assert client.post("/bodies", json=number).is_success
        server.kill()
        server.start()
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            assert [kept["body"] for kept in client.get("/bodies").json()] == list(range(20))
            assert len(client.get("/_admin/log").json()) == 20
            assert len(client.get("/_admin/log?after=15").json()) == 5
            assert client.get("/_admin/health").json()["now"].startswith("2026-03-01T08:0")


def test_a_stopped_server_ends_although_an_answer_is_held(tmp_path: Path) -> None:
    with (
        Server("tests.world.counter", data=tmp_path / "box.db") as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        _order(client, do="hold", seconds=60)
        with pytest.raises(httpx.ReadTimeout):
            client.get("/bodies", timeout=0.2)
        started = time.monotonic()
        server.stop()

    assert time.monotonic() - started < 10


def test_alter_answers_with_other_words_and_does_what_was_asked(client: httpx.Client) -> None:
    before = _kept(client)
    _order(client, do="alter", when="after", method="POST", pattern='"body":', text='"{hit}":')

    answer = client.post("/bodies", json="asked")

    assert answer.status_code == 201
    assert answer.json()["1"] == "asked"
    assert _kept(client) == before + 1


def test_flood_answers_more_than_was_asked_for(client: httpx.Client) -> None:
    _order(client, do="flood", status=200, text="[]", size=1_000_000)

    assert len(client.get("/bodies").content) == 1_000_002


def test_lag_shows_what_was_there_first_until_its_time_has_passed(client: httpx.Client) -> None:
    before = _kept(client)
    _order(client, do="lag", method="GET", seconds=0.3, times=9)

    seen = [_kept(client)]
    client.post("/bodies", json=1)
    seen.append(_kept(client))
    time.sleep(0.35)
    seen.append(_kept(client))

    assert seen == [before, before, before + 1]


def test_loop_answers_every_request_as_the_first(client: httpx.Client) -> None:
    _order(client, do="loop", method="POST", times=9)

    first, second = (client.post("/bodies", json=number) for number in range(2))

    assert first.json() == second.json()
    assert first.json()["body"] == 0
