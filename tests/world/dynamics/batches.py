"""`$batch` as a client writes it and reads it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from tests.world.dynamics.firm import Firm, Row, read, write


@dataclass(frozen=True)
class Part:
    """One answer inside."""

    content_id: str
    status: int
    body: Row


def request(content_id: str, method: str, url: str, row: Row | None = None) -> str:
    return (
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {content_id}\r\n\r\n{method} {url} HTTP/1.1\r\n"
        f"Content-Type: application/json\r\n\r\n{'' if row is None else write(row)}\r\n"
    )


def change_set(boundary: str, parts: Sequence[str]) -> str:
    inner = "".join(f"--{boundary}\r\n{part}" for part in parts)
    return f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{inner}--{boundary}--\r\n"


def batch(parts: Sequence[str]) -> str:
    return "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"


async def send(firm: Firm, body: str, **headers: str) -> httpx.Response:
    return await firm.http.post(
        "/data/$batch",
        content=body,
        headers={"Content-Type": "multipart/mixed; boundary=b"} | headers,
    )


def answers(response: httpx.Response) -> list[Part]:
    assert response.status_code == 200, response.text
    return [_part(text) for text in response.text.split("Content-Type: application/http")[1:]]


def _part(text: str) -> Part:
    content_id = re.search(r"Content-ID: (\S+)", text)
    status = re.search(r"HTTP/1\.1 (\d+) ", text)
    body = re.search(r"\{.*\}", text)
    assert status
    return Part(content_id[1] if content_id else "", int(status[1]), read(body[0]) if body else {})
