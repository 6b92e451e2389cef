"""Salesforce's REST API, version 60, as far as a deal needs it."""

from starlette.responses import Response
from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.salesforce import (
    errors,
    oauth,
    outbound,
    query,
    rows,
    settings,
    sobjects,
    wire,
)
from world.sandboxes.salesforce.door import METHODS, Call, Door


def sandbox(box: Box) -> ASGIApp:
    """Return the server of one org."""
    admin = Admin(box, settings.DEFAULTS, check=settings.check)
    sender = outbound.Sender(box, admin)
    door = Door(box, admin, done=sender.wake)
    with box.transaction() as tx:
        rows.prepare(tx, settings.DEFAULTS["default_currency"])
    routes = [
        *oauth.Tokens(box, admin).routes(),
        *sender.routes(),
        door.versions(),
        door.route("/limits", {"GET": _limits}),
        door.route("/query", {"GET": query.query}),
        door.route("/query/{locator}", {"GET": query.more}),
        door.route("/queryAll", {"GET": query.query_all}),
        door.route("/sobjects/{sobject}", {"POST": sobjects.create}),
        door.route(
            "/sobjects/{sobject}/{id}",
            {"GET": sobjects.get, "PATCH": sobjects.update, "DELETE": sobjects.delete},
        ),
        door.route(
            "/sobjects/{sobject}/{field}/{value:path}",
            {"GET": sobjects.get_by_external_id, "PATCH": sobjects.upsert},
        ),
        door.route("/{rest:path}", dict.fromkeys(METHODS, _nothing)),
    ]
    return serve.wrap(admin, routes, lifespan=sender.lifespan)


def _limits(call: Call) -> Response:
    left = call.usage.allowed - call.usage.used
    return wire.answer({"DailyApiRequests": {"Max": call.usage.allowed, "Remaining": left}})


def _nothing(_: Call) -> Response:
    raise errors.not_found()
