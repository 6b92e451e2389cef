"""The smallest sandbox: it remembers each body it is sent. The foundation's tests run it."""

import json
from pathlib import Path
from typing import Annotated

import typer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box


def sandbox(box: Box) -> ASGIApp:
    async def remember(request: Request) -> Response:
        body = json.loads(await request.body() or b"null")
        with box.transaction() as tx:
            number = tx.next("body")
            tx.put("body", str(number), {"body": body})
            tx.log("remember", {"body": body})
        return JSONResponse({"number": number, "body": body}, 201)

    async def listed(_: Request) -> Response:
        with box.transaction() as tx:
            return JSONResponse(tx.all("body"))

    def check(settings: dict[str, object]) -> None:
        if settings["mood"] == "bad":
            message = "`mood` may not be bad"
            raise ValueError(message)

    admin = Admin(box, {"mood": "good", "size": 1}, check=check)
    routes = [
        Route("/bodies", listed, methods=["GET"]),
        Route("/bodies", remember, methods=["POST"]),
    ]
    return serve.wrap(admin, routes)


def main(port: Annotated[int, typer.Option()], data: Annotated[Path, typer.Option()]) -> None:
    serve.serve(sandbox, port=port, data=data)


if __name__ == "__main__":
    typer.run(main)
