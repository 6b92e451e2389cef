"""The multipart/mixed of `$batch`: requests in, responses out."""

import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from world.sandboxes.dynamics._infolog import bad_request
from world.sandboxes.dynamics._odata import Answer

_REQUEST_LINE = re.compile(r"(GET|POST|PATCH|PUT|DELETE) (\S+) HTTP/1\.1")
_END = b"--"


class Request(NamedTuple):
    """One operation of a batch; header names are in lower case."""

    content_id: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class ChangeSet:
    """Operations that are done all or not at all."""

    requests: list[Request]


def parsed(content_type: str, body: bytes) -> list[Request | ChangeSet]:
    """Read a batch. Refused if it is malformed or cut short."""
    body = body if b"\r\n" in body else body.replace(b"\n", b"\r\n")
    return [_part(part) for part in _split(body, _boundary(content_type))]


def _part(part: bytes) -> Request | ChangeSet:
    headers, body = _headers(part)
    kind = headers.get("content-type", "")
    if kind.startswith("multipart/mixed"):
        inner = [_part(each) for each in _split(body, _boundary(kind))]
        requests = [each for each in inner if isinstance(each, Request) and each.method != "GET"]
        if len(requests) < len(inner):
            message = "A change set holds changes only."
            raise bad_request(message)
        return ChangeSet(requests=requests)
    if not kind.startswith("application/http"):
        message = "A part of the batch is neither a request nor a change set."
        raise bad_request(message)
    return _request(headers.get("content-id", ""), body)


def _request(content_id: str, text: bytes) -> Request:
    line, _, rest = text.lstrip(b"\r\n").partition(b"\r\n")
    match = _REQUEST_LINE.fullmatch(line.decode(errors="replace").strip())
    if match is None:
        message = "A part of the batch has no request line."
        raise bad_request(message)
    headers, body = _headers(rest)
    return Request(content_id=content_id, method=match[1], url=match[2], headers=headers, body=body)


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_boundary()
    if not content_type.startswith("multipart/mixed") or not boundary:
        message = "A batch is multipart/mixed and names its boundary."
        raise bad_request(message)
    return boundary.encode()


def _split(body: bytes, boundary: bytes) -> list[bytes]:
    # One boundary may begin with the other, so it has to end where the line ends.
    delimiter = rb"\r\n--" + re.escape(boundary) + rb"(?=--|[ \t]*\r\n)"
    pieces = re.split(delimiter, b"\r\n" + body)
    if not pieces[1:] or not pieces[-1].startswith(_END):
        message = "The batch ends without its closing boundary."
        raise bad_request(message)
    return [piece.lstrip(b" \t").removeprefix(b"\r\n") for piece in pieces[1:-1]]


def _headers(text: bytes) -> tuple[Mapping[str, str], bytes]:
    if text.startswith(b"\r\n"):
        return {}, text[2:]
    head, _, body = text.partition(b"\r\n\r\n")
    return _read(head), body


@lru_cache(maxsize=1024)
def _read(head: bytes) -> Mapping[str, str]:
    headers = {}
    for line in head.decode(errors="replace").split("\r\n"):
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return headers


def response(parts: Iterable[str]) -> tuple[str, str]:
    """Return the content type and body of the answer to a batch."""
    boundary = f"batchresponse_{uuid.uuid4()}"
    return f"multipart/mixed; boundary={boundary}", _joined(boundary, parts)


def change_set_part(parts: Sequence[str]) -> str:
    """Return the answers of a change set as one part."""
    boundary = f"changesetresponse_{uuid.uuid4()}"
    return f"Content-Type: multipart/mixed; boundary={boundary}\r\n\r\n{_joined(boundary, parts)}"


def answer_part(content_id: str, answer: Answer, version: dict[str, str]) -> str:
    """Return one answer as a part."""
    named = f"Content-ID: {content_id}\r\n" if content_id else ""
    head = _head(answer.status, (*answer.headers.items(), *version.items()))
    return (
        f"Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n{named}\r\n"
        f"{head}\r\n{answer.body}"
    )


@lru_cache(maxsize=64)
def _head(status: int, headers: tuple[tuple[str, str], ...]) -> str:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{lines}"


def _joined(boundary: str, parts: Iterable[str]) -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"
