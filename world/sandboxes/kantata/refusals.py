"""What the vendor answers when it refuses: `{"errors": [{"type", "message", "field"?}]}`."""

from starlette.responses import JSONResponse, Response

Error = dict[str, str]


class Refused(Exception):
    """The request is answered with errors, and nothing of it is done."""

    def __init__(self, status: int, errors: list[Error]) -> None:
        super().__init__(f"{status}: {errors}")
        self.status = status
        self.errors = errors

    def at(self, place: int) -> "Refused":
        """Return this refusal with the place, from 0, of the record in the request."""
        named = [
            error | {"message": f"{error['message']} (record {place})"} for error in self.errors
        ]
        return Refused(self.status, named)

    def response(self) -> Response:
        """Return the answer."""
        return JSONResponse({"errors": self.errors}, self.status)


def unauthorized() -> Refused:
    """Return the refusal of a missing or unknown token."""
    return Refused(401, [{"type": "oauth", "message": "Invalid OAuth 2 Request"}])


def forbidden(*, message: str) -> Refused:
    """Return the refusal of what the caller may not do."""
    return Refused(403, [_system(message)])


def missing() -> Refused:
    """Return the refusal of what is not there, or is hidden by a default filter."""
    return Refused(404, [_system("Resource not found")])


def malformed(*, message: str) -> Refused:
    """Return the refusal of a request that cannot be understood."""
    return Refused(400, [_system(message)])


def invalid(*, field: str, message: str) -> Refused:
    """Return the refusal of one field."""
    return Refused(422, [problem(field, message)])


def problem(field: str, message: str) -> Error:
    """Return one validation error."""
    return {"type": "validation", "message": message, "field": field}


def _system(message: str) -> Error:
    return {"type": "system", "message": message}
