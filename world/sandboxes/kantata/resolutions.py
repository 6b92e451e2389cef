"""Approving, rejecting and cancelling timesheet submissions: one, or several at once."""

from dataclasses import dataclass

from starlette.routing import Route

from world.sandboxes.box import Body
from world.sandboxes.kantata import fields, refusals, submissions
from world.sandboxes.kantata.calls import Call, Writes, writing
from world.sandboxes.kantata.catalog import RESOLUTIONS, SUBMISSIONS, TIME_ENTRIES
from world.sandboxes.kantata.desk import Desk
from world.sandboxes.kantata.envelope import Envelope
from world.sandboxes.kantata.fields import Field
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.paging import Page
from world.sandboxes.kantata.settings import ACCOUNT_ID

_DESCRIPTION = Field(read=fields.text())
_ONE = {"description": _DESCRIPTION}
_SEVERAL = {
    "description": _DESCRIPTION,
    "submission_ids": Field(read=fields.identities, missing="Submissions can't be blank"),
}


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One kind of resolution: what it is called, and the status that it leads to."""

    name: str
    noun: str
    status: str

    def allowed_from(self, desk: Desk) -> tuple[str, ...]:
        """Return the statuses in which a submission can be resolved like this."""
        can_be_taken_back = {
            "approve": False,
            "reject": desk.settings["approved_submissions_can_be_rejected"],
            "cancel": desk.settings["approved_submissions_can_be_cancelled"],
        }
        return submissions.ACTIVE if can_be_taken_back[self.name] else ("pending",)


VERBS = (
    Verb(name="approve", noun="approval", status="approved"),
    Verb(name="reject", noun="rejection", status="rejected"),
    Verb(name="cancel", noun="cancellation", status="cancelled"),
)


def routes(office: Office) -> list[Route]:
    """Return the routes of the three verbs."""
    return [
        route
        for verb in VERBS
        for route in (
            Route(
                f"/timesheet_submissions/{{id:int}}/{verb.name}",
                writing(office, _one(verb)),
                methods=["PUT"],
            ),
            Route(f"/timesheet_{verb.noun}s", writing(office, _several(verb)), methods=["POST"]),
        )
    ]


def _one(verb: Verb) -> Writes:
    def serve(desk: Desk, call: Call) -> Body:
        envelope = Envelope(desk, SUBMISSIONS, call.parameters)
        submission = desk.find(SUBMISSIONS, call.key)
        if submission is None:
            raise refusals.missing()
        given = call.wrapped("resolution") if "resolution" in call.payload else {}
        strict = desk.settings["refuse_unknown_names"]
        values = fields.read_new(_ONE, given, strict=strict)
        _resolve(desk, verb, submission, values["description"])
        return envelope.single(desk.need(SUBMISSIONS, call.key, "id"))

    return serve


def _several(verb: Verb) -> Writes:
    def serve(desk: Desk, call: Call) -> Body:
        strict = desk.settings["refuse_unknown_names"]
        values = fields.read_new(_SEVERAL, call.wrapped("resolution"), strict=strict)
        asked = [desk.need(SUBMISSIONS, key, "submission_ids") for key in values["submission_ids"]]
        made = [_resolve(desk, verb, submission, values["description"]) for submission in asked]
        envelope = Envelope(desk, RESOLUTIONS, call.parameters)
        answer = envelope.page(made, len(made), Page(size=len(made)))
        if desk.settings["resolutions_as_list"]:
            answer["resolutions"] = list(answer["resolutions"].values())
        return answer

    return serve


def _resolve(desk: Desk, verb: Verb, submission: Body, description: str | None) -> Body:
    if submission["status"] not in verb.allowed_from(desk):
        message = f"Submission {submission['id']} is {submission['status']}: cannot {verb.name} it"
        raise refusals.invalid(field="status", message=message)
    entries = desk.some(TIME_ENTRIES, submission["time_entry_ids"])
    _settle(desk, verb, submission, entries)
    resolved = {
        "resolution_description": description,
        "current_resolution_description": description,
        "current_resolution_creator_id": desk.user_id,
        "current_resolution_created_at_date": desk.now,
    }
    desk.save(SUBMISSIONS, [submission | submissions.permissions(verb.status) | resolved])
    return desk.create(
        RESOLUTIONS,
        {
            "type": verb.noun,
            "description": description,
            "target_type": "TimesheetSubmission",
            "target_id": submission["id"],
            "user_id": desk.user_id,
            "account_id": ACCOUNT_ID,
            "current": True,
        },
    )


def _settle(desk: Desk, verb: Verb, submission: Body, entries: list[Body]) -> None:
    if verb.name == "approve":
        desk.save(TIME_ENTRIES, [entry | {"approved": True} for entry in entries])
        return
    for entry in entries:
        if entry["is_invoiced"]:
            raise refusals.invalid(
                field="status", message=f"Time entry {entry['id']} has been invoiced"
            )
    freed = [entry | {"approved": False, "active_submission_id": None} for entry in entries]
    if submission["status"] == "approved":
        desk.save(TIME_ENTRIES, freed)
    else:
        desk.keep(TIME_ENTRIES, freed)
    submissions.count_active(desk, submission["workspace_id"], -1)
