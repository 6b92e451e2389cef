"""The calls on external references themselves."""

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import filters, references, refusals
from world.sandboxes.kantata.calls import Call, reading, writing
from world.sandboxes.kantata.catalog import EXTERNAL_REFERENCES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.filters import Filter, Query
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.resource import Resource
from world.sandboxes.kantata.routes import Calls, of


def _of_subject(query: Query, key: str) -> list[Body] | None:
    subject_type = query.parameters.get("subject_type")
    return query.tagged("_subject", f"{subject_type}/{key}") if subject_type else None


def _of_service(query: Query, name: str) -> list[Body] | None:
    subject_type = query.parameters.get("subject_type")
    return query.tagged("_service", f"{subject_type}/{name}") if subject_type else None


REFERENCE = Resource(
    collection=EXTERNAL_REFERENCES,
    filters={
        "service_model_ref": filters.among("service_model_ref"),
        "subject_id": Filter(keep=filters.among("subject_id").keep, find=_of_subject),
        "service_name": Filter(keep=filters.among("service_name").keep, find=_of_service),
        "service_model": filters.among("service_model"),
        "subject_type": filters.among("subject_type"),
        "status": filters.among("status"),
        "external_status": filters.among("external_status"),
        "external_message": filters.among("external_message"),
        "last_synced_after": filters.after("last_synced_at"),
        "last_synced_before": filters.before("last_synced_at"),
        **filters.TIMES,
    },
    calls=frozenset({"delete"}),
)


def routes(office: Office) -> list[Route]:
    """Return the routes of external references."""
    calls = Calls(office, REFERENCE)

    def index(desk: Desk, call: Call) -> Body:
        needed = desk.settings["external_references_need_subject_type"]
        if needed and "subject_type" not in call.parameters:
            raise refusals.malformed(message="subject_type is required")
        return calls.index(desk, call)

    return [
        Route("/external_references", reading(office, index)),
        Route(
            "/external_references/create_or_update",
            writing(office, _create_or_update),
            methods=["POST"],
        ),
        *of(office, REFERENCE),
    ]


def _create_or_update(desk: Desk, call: Call) -> Body:
    envelope = Envelope(desk, EXTERNAL_REFERENCES, call.parameters)
    given = call.wrapped(EXTERNAL_REFERENCES.one)
    return envelope.single(references.create_or_update(desk, given))
