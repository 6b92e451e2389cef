"""The logs of a process: one JSON object a line whatever is in it, with ids and no secrets."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_BEFORE = "from telemetry import logs\nlogs.configure({form!r}, process='worker')\n"
CANARY = "s3cr3t-canary"
HOSTILE = 'a\r\nb\x1b[31m"}\\{\u2028\x00\ud800'


def _logged(code: str, *, form: str = "json") -> str:
    """Return all that a process says that does this."""
    command = [sys.executable, "-c", _BEFORE.format(form=form) + code]
    ended = subprocess.run(command, cwd=_ROOT, capture_output=True, check=True)  # noqa: S603 - ours
    assert ended.stdout == b""
    return ended.stderr.decode()


def _events(code: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _logged(code).splitlines()]


def test_an_event_is_one_json_object_with_when_and_where() -> None:
    [event] = _events("logs.logger().info('batch.posted', batch='erp-main/USMF/0/1', lines=2)")

    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "batch.posted",
        "level": "info",
        "process": "worker",
        "batch": "erp-main/USMF/0/1",
        "lines": 2,
    }


def test_the_libraries_log_alike() -> None:
    [event] = _events("import logging; logging.getLogger('uvicorn.error').warning('%s up', 8400)")

    assert (event["event"], event["level"], event["process"]) == ("8400 up", "warning", "worker")


def test_what_would_log_query_strings_is_silent() -> None:
    assert _events("import logging; logging.getLogger('httpx').info('GET /?q=Northwind')") == []


def test_nothing_breaks_out_of_its_line() -> None:
    told = [
        f"logs.logger().info({HOSTILE!r})",
        f"logs.logger().info('told', text={HOSTILE!r})",
        f"logs.logger().info('told', **{{{HOSTILE!r}: 1}})",
        f"logs.logger().info('told', deep={{'in': [{HOSTILE!r}]}})",
        f"logs.logger().info('told', raw={HOSTILE.encode('utf-8', 'surrogatepass')!r})",
        f"import logging; logging.getLogger('x').warning({HOSTILE!r})",
        f"import logging; logging.getLogger('x').warning('%s', {HOSTILE!r})",
        f"try:\n 1 / 0\nexcept ArithmeticError:\n logs.logger().exception({HOSTILE!r})",
        f"try:\n raise ValueError({HOSTILE!r})\nexcept ValueError:\n logs.logger().exception('x')",
    ]

    said = _logged("\n".join(told))

    assert said.isascii()
    assert not set(said) & {chr(code) for code in range(32)} - {"\n"}
    assert [type(json.loads(line)) for line in said.splitlines()] == [dict] * len(told)


def test_a_secret_is_not_told() -> None:
    fields: list[dict[str, object]] = [
        {"token": CANARY},
        {"Authorization": CANARY},
        {"client_secret": CANARY},
        {"X-Refresh-Token": CANARY},
        {"private_key": CANARY},
        {"assertion": CANARY},
        {"password": [CANARY]},
        {"set-cookie": {"a": CANARY}},
        {"headers": {"Authorization": CANARY}},
        {"calls": [{"headers": ({"cookie": CANARY},)}]},
    ]

    events = _events("\n".join(f"logs.logger().info('told', id=7, **{f!r})" for f in fields))

    assert [event["id"] for event in events] == [7] * len(fields)
    for event in events:
        assert CANARY not in json.dumps(event)
        assert "[redacted]" in json.dumps(event)


def test_a_step_is_found_by_its_workflow() -> None:
    code = """
import asyncio
from temporalio.testing import ActivityEnvironment
async def step():
    logs.logger().info('effect.confirmed', key='batch/1')
asyncio.run(ActivityEnvironment().run(step))
"""
    [event] = _events(code)

    assert (event["workflow_id"], event["activity"], event["attempt"]) == ("test", "unknown", 1)


def test_an_exception_is_told_with_where_it_came_from() -> None:
    code = "try:\n 1 / 0\nexcept ZeroDivisionError:\n logs.logger().exception('dispatch.failed')"
    [event] = _events(code)

    assert event["event"] == "dispatch.failed"
    assert event["exception"].startswith("Traceback")
    assert event["exception"].endswith("ZeroDivisionError: division by zero")


def test_a_terminal_gets_lines_that_people_read() -> None:
    said = _logged("logs.logger().info('batch.posted', token='x', lines=2)", form="console")

    assert "batch.posted" in said
    assert "lines=2" in said
    assert "token=[redacted]" in said
    assert "\x1b" not in said  # it goes to a file here
