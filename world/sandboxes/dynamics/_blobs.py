"""Blobs behind signed URLs, which live for seven days: packages on their way in, files out."""

import secrets
from base64 import b64decode, b64encode
from datetime import datetime, timedelta
from http import HTTPStatus
from urllib.parse import parse_qs, quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from world.sandboxes.box import Body, Box, Transaction

_KIND = "_blob"
_LIFE = timedelta(days=7)
_PATH = "/blob/dmf/"


def reserve(tx: Transaction, base: str, name: str) -> str:
    """Return the signed URL of a new blob; whoever has it may write and read."""
    signature = secrets.token_urlsafe(32)
    ends = (tx.now + _LIFE).isoformat()
    tx.put(_KIND, name, {"signature": signature, "ends": ends, "content": None})
    return f"{base.removesuffix('/data')}{_PATH}{quote(name)}?sv=2021-08-06&sig={signature}"


def keep(tx: Transaction, url: str, content: bytes) -> bool:
    """Write a blob; False if the URL is not, or no longer, that of one."""
    name, blob = _found(tx, url)
    if blob is None:
        return False
    tx.put(_KIND, name, blob | {"content": b64encode(content).decode()})
    return True


def content(tx: Transaction, base: str, url: str) -> str | None:
    """Return what was written behind a URL of ours, in base64, or None."""
    is_ours = url.startswith(f"{base.removesuffix('/data')}{_PATH}")
    blob = _found(tx, url)[1] if is_ours else None
    return blob["content"] if blob else None


def routes(box: Box) -> list[Route]:
    """Return the storage account's routes, which need no token."""

    async def write(request: Request) -> Response:
        if request.headers.get("x-ms-blob-type") != "BlockBlob":
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        body = await request.body()
        with box.transaction() as tx:
            is_kept = keep(tx, str(request.url), body)
        return Response(status_code=HTTPStatus.CREATED if is_kept else HTTPStatus.FORBIDDEN)

    async def read(request: Request) -> Response:
        with box.transaction() as tx:
            blob = _found(tx, str(request.url))[1]
        if blob is None or blob["content"] is None:
            return Response(status_code=HTTPStatus.FORBIDDEN)
        return Response(b64decode(blob["content"]), media_type="application/octet-stream")

    path = _PATH + "{name:path}"
    return [Route(path, write, methods=["PUT"]), Route(path, read, methods=["GET"])]


def _found(tx: Transaction, url: str) -> tuple[str, Body | None]:
    parts = urlsplit(url)
    name = unquote(parts.path).removeprefix(_PATH)
    blob = tx.get(_KIND, name)
    said = parse_qs(parts.query).get("sig", [""])[0]
    is_good = (
        blob is not None
        and secrets.compare_digest(said.encode(), blob["signature"].encode())
        and tx.now < datetime.fromisoformat(blob["ends"])
    )
    return name, blob if is_good else None
