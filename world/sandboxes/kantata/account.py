"""The account's people as they come in: the first user, invitations, and who one is."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from world.sandboxes.box import Body, Box
from world.sandboxes.kantata import people
from world.sandboxes.kantata.calls import Call, reading
from world.sandboxes.kantata.catalog import USERS
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.office import Caller, Office
from world.sandboxes.kantata.refusals import Refused
from world.sandboxes.kantata.settings import ADMINISTRATOR_ID, DEFAULTS


def open_account(box: Box) -> None:
    """Make sure that the first user is there."""
    with box.transaction() as tx:
        desk = Desk(tx, DEFAULTS, ADMINISTRATOR_ID)
        if desk.find(USERS, ADMINISTRATOR_ID) is None:
            first = people.user("Integration Administrator", "integration@firm.test")
            born = {"id": ADMINISTRATOR_ID, "created_at": desk.now, "updated_at": desk.now}
            desk.keep(USERS, [first | born])


def invitations(office: Office) -> Route:
    """Return the admin door through which somebody joins: `POST /_admin/users`."""

    async def endpoint(request: Request) -> Response:
        given = json.loads(await request.body())
        caller = Caller(user_id=ADMINISTRATOR_ID, settings=office.settings())
        try:
            with office.writing(caller) as desk:
                joined = people.join(desk, given)
                desk.log("POST /_admin/users", joined)
        except Refused as refused:
            return refused.response()
        return JSONResponse({"id": joined["id"]})

    return Route("/_admin/users", endpoint, methods=["POST"])


def routes(office: Office) -> list[Route]:
    """Return the route with which a client checks its token."""
    return [Route("/users/me", reading(office, _me))]


def _me(desk: Desk, call: Call) -> Body:
    return Envelope(desk, USERS, call.parameters).single(desk.need(USERS, desk.user_id, "id"))
