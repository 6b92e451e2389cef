"""Salesforce's REST and Streaming APIs, version 60, as far as a deal needs them."""

from starlette.responses import Response
from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.salesforce import (
    collection,
    cometd,
    composite,
    describe,
    errors,
    oauth,
    outbound,
    query,
    rows,
    settings,
    sobjects,
    tree,
    wire,
)
from world.sandboxes.salesforce.door import METHODS, Call, Door, Resource


def sandbox(box: Box) -> ASGIApp:
    """Return the server of one org."""
    admin = Admin(box, settings.DEFAULTS, check=settings.check)
    sender = outbound.Sender(box, admin)
    streaming = cometd.Streaming(box, admin)

    def done() -> None:
        sender.wake()
        streaming.wake()

    with box.transaction() as tx:
        rows.prepare(tx, settings.DEFAULTS["default_currency"])
    routes = [
        *oauth.Tokens(box, admin).routes(),
        *sender.routes(),
        *streaming.routes(),
        *Door(box, admin, _RESOURCES, done).routes(),
    ]
    return serve.wrap(admin, routes, lifespan=sender.lifespan)


def _limits(call: Call) -> Response:
    left = call.usage.allowed - call.usage.used
    return wire.answer({"DailyApiRequests": {"Max": call.usage.allowed, "Remaining": left}})


def _nothing(_: Call) -> Response:
    raise errors.not_found()


_RESOURCES = (
    Resource("/limits", {"GET": _limits}),
    Resource("/query", {"GET": query.query}),
    Resource("/query/{locator}", {"GET": query.more}),
    Resource("/queryAll", {"GET": query.query_all}),
    Resource("/composite", {"POST": composite.composite}),
    Resource("/composite/batch", {"POST": composite.batch}),
    Resource("/composite/tree/{sobject}", {"POST": tree.create}),
    Resource(
        "/composite/sobjects",
        {"POST": collection.create, "PATCH": collection.update, "DELETE": collection.delete},
    ),
    Resource("/composite/sobjects/{sobject}", {"POST": collection.get}),
    Resource("/composite/sobjects/{sobject}/{field}", {"PATCH": collection.upsert}),
    Resource("/sobjects/{sobject}", {"POST": sobjects.create}),
    Resource("/sobjects/{sobject}/describe", {"GET": describe.describe}),
    Resource(
        "/sobjects/{sobject}/{id}",
        {"GET": sobjects.get, "PATCH": sobjects.update, "DELETE": sobjects.delete},
    ),
    Resource(
        "/sobjects/{sobject}/{field}/{value:path}",
        {"GET": sobjects.get_by_external_id, "PATCH": sobjects.upsert},
    ),
    Resource("/{rest:path}", dict.fromkeys(METHODS, _nothing)),
)
