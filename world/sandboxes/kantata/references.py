"""External references: what a record is called in another system, one a subject and service."""

from collections.abc import Sequence

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, refusals
from world.sandboxes.kantata.catalog import BY_SUBJECT, EXTERNAL_REFERENCES
from world.sandboxes.kantata.collection import Collection
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.fields import Field

_OPTIONAL = Field(read=fields.text())
_SERVICE_NAME = Field(read=fields.text(), missing="Service name can't be blank")
_SERVICE_MODEL = Field(read=fields.text(), missing="Service model can't be blank")
_SERVICE_MODEL_REF = Field(
    read=lambda value: fields.text()(str(value)), missing="Service model ref can't be blank"
)
_INLINE = {
    "service_name": _SERVICE_NAME,
    "service_model": _SERVICE_MODEL,
    "service_model_ref": _SERVICE_MODEL_REF,
    "status": Field(read=fields.one_of("pending", "successful", "failed")),
    "external_link": _OPTIONAL,
    "external_message": _OPTIONAL,
    "external_status": _OPTIONAL,
    "locked": Field(read=fields.flag, default=False),
}
_STANDALONE = {
    **_INLINE,
    "subject_type": Field(
        read=fields.one_of(*sorted(BY_SUBJECT)), missing="Subject type can't be blank"
    ),
    "subject_id": Field(read=fields.identity, missing="Subject can't be blank"),
}


def attach_new(desk: Desk, collection: Collection, given: Sequence[tuple[str, Body]]) -> None:
    """Keep the inline references of records just created: (id, reference)."""
    if given:
        desk.create_many(
            EXTERNAL_REFERENCES,
            [_body(desk, collection.subject, key, _read(desk, body)) for key, body in given],
        )


def attach(desk: Desk, collection: Collection, key: str, given: Body) -> None:
    """Keep the inline reference of a record that was there before."""
    _keep(desk, collection.subject, key, _read(desk, given))


def create_or_update(desk: Desk, given: Body) -> Body:
    """Keep a reference; the one of the same subject and service gives way."""
    values = fields.read_new(_STANDALONE, given, strict=desk.settings["refuse_unknown_names"])
    subject_type, subject_id = values.pop("subject_type"), values.pop("subject_id")
    if desk.find(BY_SUBJECT[subject_type], subject_id) is None:
        raise refusals.invalid(
            field="subject_id", message=f"There is no {subject_type} {subject_id}"
        )
    return _keep(desk, subject_type, subject_id, values)


def _read(desk: Desk, given: Body) -> Body:
    return fields.read_new(_INLINE, given, strict=desk.settings["refuse_unknown_names"])


def _keep(desk: Desk, subject_type: str, subject_id: str, values: Body) -> Body:
    body = _body(desk, subject_type, subject_id, values)
    for known in desk.tagged(EXTERNAL_REFERENCES, "_subject", body["_subject"]):
        if known["service_name"] == values["service_name"]:
            return desk.save(EXTERNAL_REFERENCES, [known | body])[0]
    return desk.create(EXTERNAL_REFERENCES, body)


def _body(desk: Desk, subject_type: str, subject_id: str, values: Body) -> Body:
    return values | {
        "subject_type": subject_type,
        "subject_id": subject_id,
        "last_synced_at": desk.now,
        "_subject": f"{subject_type}/{subject_id}",
        "_service": f"{subject_type}/{values['service_name']}",
    }
