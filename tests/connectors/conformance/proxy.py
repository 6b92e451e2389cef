"""A server in front of a real system, which passes requests on and has a door for faults.

`python -m tests.connectors.conformance.proxy URL --port N --data FILE`
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import httpx
import typer
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]
_OF_THE_HOP = {"host", "connection", "content-length", "transfer-encoding", "content-encoding"}
_PATIENCE_SECONDS = 60.0


def main(
    url: Annotated[str, typer.Argument(help="Where the real system is.")],
    port: Annotated[int, typer.Option()],
    data: Annotated[Path, typer.Option()],
) -> None:
    """Serve on loopback until stopped."""

    def proxy(box: Box) -> ASGIApp:
        there = httpx.AsyncClient(base_url=url, timeout=_PATIENCE_SECONDS, trust_env=False)

        async def passed_on(request: Request) -> Response:
            path = httpx.URL(path=request.url.path, query=request.url.query.encode())
            asked = there.build_request(
                request.method,
                path,
                headers=_kept(request.headers.items()),
                content=await request.body(),
            )
            answer = await there.send(asked)
            headers = dict(_kept(answer.headers.items()))
            return Response(answer.content, answer.status_code, headers)

        return serve.wrap(Admin(box, {}), [Route("/{rest:path}", passed_on, methods=_METHODS)])

    serve.serve(proxy, port=port, data=data)


def _kept(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in _OF_THE_HOP]


if __name__ == "__main__":
    typer.run(main)
