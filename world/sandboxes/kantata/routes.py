"""The calls that every resource answers in the same way."""

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, index, paging, references, refusals
from world.sandboxes.kantata.calls import Call, Endpoint, reading, writing
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.refusals import Refused
from world.sandboxes.kantata.resource import Resource


def of(office: Office, resource: Resource) -> list[Route]:
    """Return the routes of a resource."""
    calls = Calls(office, resource)
    all_of_them, one = f"/{resource.collection.key}", f"/{resource.collection.key}/{{id:int}}"
    offered: dict[str, tuple[str, str, Endpoint]] = {
        "index": ("GET", all_of_them, reading(office, calls.index)),
        "show": ("GET", one, reading(office, calls.show)),
        "create": ("POST", all_of_them, writing(office, calls.create)),
        "update": ("PUT", one, writing(office, calls.update)),
        "delete": ("DELETE", one, writing(office, calls.delete)),
    }
    return [
        Route(path, endpoint, methods=[method])
        for name, (method, path, endpoint) in offered.items()
        if name in resource.calls
    ]


class Calls:
    """The five calls on one resource."""

    def __init__(self, office: Office, resource: Resource) -> None:
        self._office = office
        self._resource = resource
        self._collection = resource.collection

    def index(self, desk: Desk, call: Call) -> Body:
        """Return a page of what the parameters ask for."""
        page = paging.read(call.parameters)
        envelope = Envelope(desk, self._collection, call.parameters)
        rows = self._office.rows(desk, self._resource, call.parameters)
        return envelope.page(page.of(rows), len(rows), page)

    def show(self, desk: Desk, call: Call) -> Body:
        """Return one record that no default filter hides."""
        envelope = Envelope(desk, self._collection, call.parameters)
        return envelope.single(index.shown(desk, self._resource, call.key, call.parameters))

    def create(self, desk: Desk, call: Call) -> Body:
        """Keep one new record, or several."""
        envelope = Envelope(desk, self._collection, call.parameters)
        given, together = call.given(self._collection, self._resource.most_at_once)
        made = create(desk, self._resource, given)
        if not together:
            return envelope.single(made[0])
        return envelope.page(made, len(made), paging.Page(size=self._resource.most_at_once))

    def update(self, desk: Desk, call: Call) -> Body:
        """Change one record."""
        envelope = Envelope(desk, self._collection, call.parameters)
        body = desk.find(self._collection, call.key)
        if body is None or body.get("deleted_at"):
            raise refusals.missing()
        return envelope.single(self._updated(desk, body, call.wrapped(self._collection.one)))

    def delete(self, desk: Desk, call: Call) -> None:
        """Remove one record."""
        body = desk.find(self._collection, call.key)
        if body is None or body.get("deleted_at"):
            raise refusals.missing()
        self._resource.deletable(desk, body)
        self._resource.remove(desk, self._collection, body)

    def _updated(self, desk: Desk, body: Body, given: Body) -> Body:
        strict = desk.settings["refuse_unknown_names"]
        values = fields.read_change(self._resource.fields, given, strict=strict)
        reference = values.pop("external_reference", None)
        changed = self._resource.change(desk, body, values)
        if reference is not None:
            references.attach(desk, self._collection, body["id"], reference)
        return desk.save(self._collection, [changed])[0]


def create(desk: Desk, resource: Resource, given: list[Body]) -> list[Body]:
    """Keep new records, all of them or none, with their inline external references."""
    strict = desk.settings["refuse_unknown_names"]
    bodies: list[Body] = []
    named: list[Body | None] = []
    for place, one in enumerate(given):
        try:
            values = fields.read_new(resource.fields, one, strict=strict)
            named.append(values.pop("external_reference", None))
            bodies.append(resource.build(desk, values))
        except Refused as refused:
            raise refused.at(place) if len(given) > 1 else refused from None
    made = desk.create_many(resource.collection, bodies)
    references.attach_new(
        desk,
        resource.collection,
        [(body["id"], name) for body, name in zip(made, named, strict=True) if name is not None],
    )
    resource.created(desk, made)
    return desk.some(resource.collection, [body["id"] for body in made])
