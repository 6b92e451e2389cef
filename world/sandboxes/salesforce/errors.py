"""How the REST API says no: an array of errors beside a status."""

from http import HTTPStatus

from starlette.responses import Response

from world.sandboxes.salesforce import wire


class Refused(Exception):
    """What the vendor answers instead of doing it. `bare` answers an object without the array.

    `details` are further members of the error.
    """

    def __init__(  # noqa: PLR0913 - by name
        self,
        message: str,
        *,
        code: str,
        status: int = HTTPStatus.BAD_REQUEST,
        fields: tuple[str, ...] | None = None,
        bare: bool = False,
        details: dict[str, object] | None = None,
    ) -> None:
        super().__init__(code, message)
        self.message = message
        self.code = code
        self.status = status
        self.fields = fields
        self.bare = bare
        self.details = details or {}

    def response(self) -> Response:
        """Return the answer that carries the error."""
        error = self.details | {"message": self.message, "errorCode": self.code}
        if self.fields is not None:
            error["fields"] = list(self.fields)
        return wire.answer(error if self.bare else [error], status=self.status)

    def of_a_record(self) -> dict[str, object]:
        """Return the error as an answer about several records carries it."""
        fields = list(self.fields or ())
        return {"statusCode": self.code, "message": self.message, "fields": fields}


def not_found() -> Refused:
    """Return the error for a row, a type or a path that is not there."""
    message = "The requested resource does not exist"
    return Refused(message, code="NOT_FOUND", status=HTTPStatus.NOT_FOUND)


def deleted() -> Refused:
    """Return the error for a row that was deleted."""
    message = "entity is deleted"
    return Refused(message, code="ENTITY_IS_DELETED", status=HTTPStatus.NOT_FOUND, fields=())


def no_session() -> Refused:
    """Return the error for a token that is missing, unknown or too long unused."""
    message = "Session expired or invalid"
    return Refused(message, code="INVALID_SESSION_ID", status=HTTPStatus.UNAUTHORIZED)


def no_type(name: str) -> Refused:
    """Return the error for an object that a query names and the org does not have."""
    message = (
        f"sObject type '{name}' is not supported. If you are attempting to use a custom object,"
        " be sure to append the '__c' after the entity name."
    )
    return Refused(message, code="INVALID_TYPE")


def no_column(name: str, entity: str) -> Refused:
    """Return the error for a field that a query names and the object does not have."""
    message = (
        f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom"
        " field, be sure to append the '__c' after the custom field name."
    )
    return Refused(message, code="INVALID_FIELD")


def malformed(message: str) -> Refused:
    """Return the error for a query that is no SOQL."""
    return Refused(message, code="MALFORMED_QUERY")


def unreadable(message: str) -> Refused:
    """Return the error for a body that is not what the resource takes."""
    return Refused(message, code="JSON_PARSER_ERROR")


def invalid(message: str, code: str = "INVALID_INPUT") -> Refused:
    """Return the error for a request that contradicts itself or leaves something out."""
    return Refused(message, code=code, fields=())
