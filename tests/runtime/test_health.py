"""What a process tells whoever watches over it, and the program that asks."""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from uuid import uuid4

import httpx
import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from runtime import health, probe
from runtime.health import Health, UnwellError
from tests.world.processes import free_port


@activity.defn(name="idle")
async def _idle() -> None:
    """Do nothing."""


async def _well() -> None:
    """Be well."""


def _saying(text: str) -> Callable[[], Awaitable[None]]:
    async def check() -> None:
        raise UnwellError(text)

    return check


async def _told(check: Health) -> dict[str, tuple[int, dict[str, str]]]:
    port = free_port()
    async with (
        health.served(check, "127.0.0.1", port),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as reader,
    ):
        answers = {path: await reader.get(path) for path in ("/health", "/ready")}
    return {path: (answer.status_code, answer.json()) for path, answer in answers.items()}


async def test_a_process_that_is_well_says_so_twice() -> None:
    told = await _told(Health({"pollers": _well}, {"store": _well}))

    assert told["/health"] == (200, {"status": "ok", "pollers": "ok"})
    assert told["/ready"] == (200, {"status": "ok", "pollers": "ok", "store": "ok"})


async def test_what_it_depends_on_makes_it_unready_and_not_dead() -> None:
    told = await _told(Health({"pollers": _well}, {"store": _saying("the store is away")}))

    assert told["/health"][0] == 200
    assert told["/ready"] == (
        503,
        {"status": "unwell", "pollers": "ok", "store": "the store is away"},
    )


async def test_what_ails_itself_makes_it_both() -> None:
    told = await _told(Health({"pollers": _saying("ended")}, {}))

    assert [answer[0] for answer in told.values()] == [503, 503]


async def test_what_does_not_answer_is_told_as_that_and_holds_up_nothing_else() -> None:
    async def stuck() -> None:
        await asyncio.sleep(60)

    status, said = (await _told(Health({}, {"store": stuck})))["/ready"]

    assert (status, said["store"]) == (503, "no answer")


async def test_a_mistake_in_a_check_is_not_taken_for_health() -> None:
    async def broken() -> None:
        raise LookupError

    status, said = (await _told(Health({"pollers": broken}, {})))["/health"]

    assert (status, said["pollers"]) == (503, "the check broke: LookupError")


async def test_a_port_that_is_taken_is_named() -> None:
    port = free_port()
    async with health.served(Health(), "127.0.0.1", port):
        with pytest.raises(UnwellError, match=f"127.0.0.1:{port}.*in use"):
            async with health.served(Health(), "127.0.0.1", port):
                pass


async def test_without_a_port_nothing_listens() -> None:
    before = asyncio.all_tasks()

    async with health.served(Health(), "127.0.0.1", None):
        assert asyncio.all_tasks() == before


async def test_the_server_sees_who_polls_which_queue(client: Client) -> None:
    queue = f"health-{uuid4()}"
    check = health.polled(client, [queue])
    with pytest.raises(UnwellError, match=queue):
        await check()

    async with Worker(client, task_queue=queue, activities=[_idle]):
        async with asyncio.timeout(10):
            while not await _passes(check):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.05)


async def test_temporal_is_away_or_does_not_know_the_namespace(client: Client) -> None:
    nobody = await Client.connect("127.0.0.1:1", lazy=True, data_converter=pydantic_data_converter)
    elsewhere = await Client.connect(
        client.service_client.config.target_host, namespace="nowhere", lazy=True
    )

    await health.temporal(client)()
    with pytest.raises(UnwellError, match="Temporal does not answer: unreachable"):
        await health.temporal(nobody)()
    with pytest.raises(UnwellError, match="Temporal does not answer: NOT_FOUND"):
        await health.temporal(elsewhere)()


async def _passes(check: Callable[[], Awaitable[None]]) -> bool:
    try:
        await check()
    except UnwellError:
        return False
    return True


async def test_the_probe_says_what_is_wrong(capfd: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/ready"
    assert await asyncio.to_thread(probe.main, url) == 1
    async with health.served(Health({}, {"store": _saying("away")}), "127.0.0.1", port):
        assert await asyncio.to_thread(probe.main, url) == 1
    async with health.served(Health({}, {"store": _well}), "127.0.0.1", port):
        assert await asyncio.to_thread(probe.main, url) == 0

    said = capfd.readouterr().err
    assert f"{url} does not answer" in said
    assert '"store":"away"' in said


def test_the_probe_costs_little_and_so_imports_nothing_of_ours() -> None:
    code = "import runtime.probe, sys; print(*{m.split('.')[0] for m in sys.modules})"
    told = subprocess.run(  # noqa: S603 - fixed words
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, '.'); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert not {"temporalio", "pydantic", "httpx", "settings"} & set(told.stdout.split())
