"""`$batch`: writes one change set, which F&O applies whole or not at all, and reads the answer."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Every body is JSON on one line, so no line of it can be taken for a boundary.
CONTENT_TYPE = "multipart/mixed; boundary=batch"
MOST_OPERATIONS = 5000

_BOUNDARY = re.compile(r"boundary=\"?([^\";]+)\"?")
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")


class TornBatchError(ValueError):
    """The answer is cut off, or is no batch answer at all."""


class Answer(NamedTuple):
    """What F&O said to one operation, or to the whole change set that it refused."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def is_success(self) -> bool:
        """Tell whether the operation was applied."""
        return self.status // 100 == 2  # noqa: PLR2004 - the class of 2xx


class _Part(NamedTuple):
    headers: dict[str, str]
    body: bytes


def change_set(operations: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a batch of one change set that creates a row from each (absolute URL, JSON)."""
    parts = b"".join(
        b"--changeset\r\n%b\r\n" % _creation(number, url, body)
        for number, (url, body) in enumerate(operations, start=1)
    )
    head = b"--batch\r\nContent-Type: multipart/mixed; boundary=changeset\r\n\r\n"
    return head + parts + b"--changeset--\r\n--batch--\r\n"


def answers(content_type: str, content: bytes) -> Iterator[Answer]:
    """Yield the answers in a batch answer, those of a change set one by one.

    Raises:
        TornBatchError: a part, or the end, is missing.
    """
    for headers, body in _parts(content_type, content):
        nested = headers.get("content-type", "")
        if nested.startswith("multipart/"):
            yield from answers(nested, body)
        else:
            yield _answer(body)


def _creation(number: int, url: str, body: bytes) -> bytes:
    return (
        "Content-Type: application/http\r\n"
        "Content-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number}\r\n\r\n"
        f"POST {url} HTTP/1.1\r\n"
        "Content-Type: application/json; odata.metadata=minimal\r\n\r\n"
    ).encode() + body


def _parts(content_type: str, content: bytes) -> Iterator[_Part]:
    boundary = _BOUNDARY.search(content_type)
    if boundary is None:
        raise TornBatchError
    name = re.escape(boundary[1].strip().encode())
    delimiter = re.compile(rb"\r\n--" + name + rb"(--)?[ \t]*(?=\r\n|\Z)")
    _, *pieces = delimiter.split(b"\r\n" + content)
    ends = pieces[::2]  # the group of each delimiter, and after it the text up to the next
    if not ends or ends[-1] != b"--":
        raise TornBatchError
    for piece in pieces[1:-1:2]:
        yield _part(piece)


def _part(text: bytes) -> _Part:
    """Return headers and body of what follows a first line, from that line's end on."""
    head, _, body = text.partition(b"\r\n\r\n")
    pairs = (line.decode("latin-1").partition(":") for line in head.split(b"\r\n")[1:])
    return _Part({name.strip().lower(): value.strip() for name, _, value in pairs}, body)


def _answer(http: bytes) -> Answer:
    status = _STATUS.match(http)
    if status is None:
        raise TornBatchError
    _, line_end, rest = http.partition(b"\r\n")
    return Answer(int(status[1]), *_part(line_end + rest))
