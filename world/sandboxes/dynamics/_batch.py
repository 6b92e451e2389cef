"""`POST /data/$batch`: change sets all or nothing, 200 outside whatever happens inside."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from world.sandboxes.dynamics import _multipart
from world.sandboxes.dynamics._infolog import Refused, bad_request
from world.sandboxes.dynamics._multipart import ChangeSet, Request
from world.sandboxes.dynamics._odata import Answer, Call, answered, decoded
from world.sandboxes.dynamics._session import Session
from world.sandboxes.dynamics._settings import Settings

VERSION = {"OData-Version": "4.0"}
_FAILED = 500
_GO_ON = "odata.continue-on-error"
Open = Callable[[], AbstractContextManager[Session]]


class _FailedError(Exception):
    """A part failed at this operation, so none of it is kept."""

    def __init__(self, content_id: str, refused: Refused, status: int) -> None:
        super().__init__(refused.infolog)
        self.content_id = content_id
        self.refused = refused
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A batch as it came. `base` is the absolute URL of `/data`."""

    settings: Settings
    base: str
    content_type: str
    prefer: str
    body: bytes


def run(batch: Batch, open_session: Open) -> tuple[str, str]:
    """Do a batch and return the content type and body of its answer."""
    parts = _multipart.parsed(batch.content_type, batch.body)
    operations = sum(len(p.requests) if isinstance(p, ChangeSet) else 1 for p in parts)
    most = batch.settings.batch_operations_max
    if operations > most:
        message = f"The batch has {operations} operations; at most {most} are allowed."
        raise bad_request(message)
    goes_on = batch.settings.batch_continues_on_error or _GO_ON in batch.prefer
    return _multipart.response(_answers(open_session, batch.base, parts, goes_on=goes_on))


def _answers(
    open_session: Open, base: str, parts: list[Request | ChangeSet], *, goes_on: bool
) -> Iterator[str]:
    for part in parts:
        try:
            if isinstance(part, ChangeSet):
                yield _change_set(open_session, base, part)
            else:
                yield _single(open_session, base, part)
        except _FailedError as failed:
            answer = Answer(status=failed.status, body=json.dumps(failed.refused.body))
            yield _multipart.answer_part(failed.content_id, answer, VERSION)
            if not goes_on:
                return


def _change_set(open_session: Open, base: str, part: ChangeSet) -> str:
    done = []
    with open_session() as session:
        for request in part.requests:
            try:
                answer = answered(session, _call(base, request))
            except Refused as refused:
                raise _FailedError(request.content_id, refused, _FAILED) from None
            done.append(_multipart.answer_part(request.content_id, answer, VERSION))
    return _multipart.change_set_part(done)


def _single(open_session: Open, base: str, request: Request) -> str:
    try:
        with open_session() as session:
            answer = answered(session, _call(base, request))
    except Refused as refused:
        raise _FailedError(request.content_id, refused, refused.status) from None
    return _multipart.answer_part(request.content_id, answer, VERSION)


def _call(base: str, request: Request) -> Call:
    path, query = _target(request.url)
    return Call(
        method=request.method,
        base=base,
        path=path,
        query=query,
        body=request.body,
        if_match=request.headers.get("if-match", ""),
    )


@lru_cache(maxsize=1024)
def _target(url: str) -> tuple[str, str]:
    """Return path and query below `/data` of an absolute or relative URL."""
    parts = urlsplit(url)
    return decoded(parts.path.rpartition("/data/")[2].lstrip("/")), parts.query
