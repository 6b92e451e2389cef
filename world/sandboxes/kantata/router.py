"""Finds the route of a call among those of its collection, the first part of its path."""

from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send


class ByCollection:
    """Many routes, of which a call meets only a few: each has a fixed first part."""

    def __init__(self, routes: Iterable[Route]) -> None:
        found: dict[str, list[Route]] = defaultdict(list)
        for route in routes:
            found[_first(route.path)].append(route)
        self._routers = {
            name: Router(those, redirect_slashes=False) for name, those in found.items()
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a call by its route."""
        router = self._routers.get(_first(scope["path"].removeprefix(scope.get("root_path", ""))))
        if router is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        await router(scope, receive, send)


def _first(path: str) -> str:
    return path.removeprefix("/").partition("/")[0]
