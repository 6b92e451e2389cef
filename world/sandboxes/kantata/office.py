"""The account behind the API: who calls, one transaction a request, and indexes read once."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from world.sandboxes.admin import Admin
from world.sandboxes.box import Body, Box
from world.sandboxes.kantata import index, paging, refusals
from world.sandboxes.kantata.bucket import Bucket
from world.sandboxes.kantata.catalog import WORKSPACES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.resource import Resource
from world.sandboxes.kantata.settings import ADMINISTRATOR_ID, Settings

_INDEXES_KEPT = 8
_NOT_OF_THE_ROWS = paging.PARAMETERS | index.OF_THE_ANSWER


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who calls, and the settings in force while the call is served."""

    user_id: str
    settings: Settings


class Office:
    """Opens a desk for each request."""

    def __init__(self, box: Box, admin: Admin) -> None:
        self._box = box
        self._admin = admin
        self._writes = 0
        self._indexes: OrderedDict[object, tuple[object, list[Body]]] = OrderedDict()
        self._all_calls = Bucket(box.now())
        self._calls_on_projects = Bucket(box.now())

    def settings(self) -> Settings:
        """Return the settings in force."""
        return self._admin.settings()

    def caller(self, settings: Settings, authorization: str) -> Caller:
        """Return who this header says calls, or refuse it."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer" and token in settings["token_users"]:
            return Caller(user_id=settings["token_users"][token], settings=settings)
        if scheme.lower() == "bearer" and token in settings["tokens"]:
            return Caller(user_id=ADMINISTRATOR_ID, settings=settings)
        raise refusals.unauthorized()

    def throttles(self, settings: Settings, path: str) -> bool:
        """Count a call against the account's limits, and say whether one of them refuses it."""
        now = self._box.now()
        if self._all_calls.refuses(settings["requests_per_second"], now):
            return True
        on_projects = path.rsplit("/", maxsplit=1)[-1] == WORKSPACES.key
        rate = settings["project_requests_per_second"]
        return on_projects and self._calls_on_projects.refuses(rate, now)

    @contextmanager
    def reading(self, caller: Caller) -> Iterator[Desk]:
        """Open a desk for a request that changes nothing."""
        with self._box.transaction() as tx:
            yield Desk(tx, caller.settings, caller.user_id)

    @contextmanager
    def writing(self, caller: Caller) -> Iterator[Desk]:
        """Open a desk for a request that is done as a whole or not at all."""
        with self._box.transaction() as tx:
            desk = Desk(tx, caller.settings, caller.user_id)
            yield desk
            desk.tell()
        self._writes += 1

    def rows(
        self,
        desk: Desk,
        resource: Resource,
        parameters: Mapping[str, str],
        read: Callable[[Desk, Resource, Mapping[str, str]], list[Body]] = index.rows,
    ) -> list[Body]:
        """Return an index; the pages of one index are read from the file once.

        What was read holds until the next write, change of a setting or second of the clock.
        """
        asked = {n: value for n, value in parameters.items() if n not in _NOT_OF_THE_ROWS}
        key = (resource.collection.key, frozenset(asked.items()))
        state = (self._writes, desk.now, desk.settings)
        if key in self._indexes and self._indexes[key][0] == state:
            return self._indexes[key][1]
        rows = read(desk, resource, parameters)
        self._indexes[key] = (state, rows)
        self._indexes.move_to_end(key)
        if len(self._indexes) > _INDEXES_KEPT:
            self._indexes.popitem(last=False)
        return rows
