"""Kantata in a dictionary: envelopes, includes, pages, filters and refusals, by its contract."""

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

Row = dict[str, Any]

TOKEN = "kantata-token"  # noqa: S105 - the test's own
UPDATED = "2026-02-03T16:30:00-08:00"
_ASSOCIATIONS = {  # collection: name in `include`: field with the ids
    "workspace_groups": {"external_references": "external_reference_ids"},
    "workspaces": {"external_references": "external_reference_ids"},
    "stories": {"external_references": "external_reference_ids", "workspace": "workspace_id"},
    "invoices": {"external_references": "external_reference_ids"},
    "timesheet_submissions": {"time_entries": "time_entry_ids"},
    "time_entries": {
        "active_submission": "active_submission_id",
        "role": "role_id",
        "user": "user_id",
        "workspace": "workspace_id",
    },
}
_TARGETS = {
    "time_entry_ids": "time_entries",
    "workspace_id": "workspaces",
    "user_id": "users",
    "role_id": "roles",
    "active_submission_id": "timesheet_submissions",
}
_SUBJECTS = {
    "workspace_groups": "WorkspaceGroup",
    "workspaces": "Workspace",
    "stories": "Story",
    "invoices": "Invoice",
}
_ONE = {
    "workspace_groups": "workspace_group",
    "workspaces": "workspace",
    "invoices": "invoice",
}
_REQUIRED = {
    "workspace_groups": ("name",),
    "workspaces": ("title", "creator_role", "price"),
    "stories": ("title", "story_type", "workspace_id"),
    "invoices": ("workspace_id", "time_entry_ids", "expense_ids", "payment_schedule"),
}
_LISTED = {"page", "per_page", "order", "include", "only"}
_BY_REFERENCE = {"external_reference_service_name", "external_reference_service_model_refs"}
_PARAMETERS = {
    "workspace_groups": _BY_REFERENCE,
    "workspaces": _BY_REFERENCE | {"include_archived"},
    "stories": _BY_REFERENCE | {"all_on_account", "show_archived", "show_from_archived_workspaces"},
    "invoices": _BY_REFERENCE,
    "time_entries": {"with_timesheet_id", "from_archived_workspaces"},
    "external_references": {"subject_type", "service_name", "service_model"},
    "subscribed_events": {"event_types", "created_after"},
}


@dataclass
class Server:
    """The vendor at its best; `largest_page` makes it page sooner than it says."""

    largest_page: int = 200
    archived_can_be_updated: bool = True
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    _last_id: int = 100

    def put(self, key: str, **row: Any) -> str:  # noqa: ANN401 - a row is anything
        self._last_id += 1
        number = str(self._last_id)
        self.rows.setdefault(key, {})[number] = {"id": number, "updated_at": UPDATED, **row}
        return number

    def refer(self, key: str, subject_id: str, name: str, model: str, ref: str) -> str:
        return self.put(
            "external_references",
            service_name=name,
            service_model=model,
            service_model_ref=ref,
            subject_type=_SUBJECTS.get(key, "User"),
            subject_id=int(subject_id),  # the contract types it as a number
        )

    @property
    def bodies(self) -> list[Row]:
        return [json.loads(sent.content) for sent in self.requests if sent.method != "GET"]

    def asked(self, path: str) -> list[httpx.QueryParams]:
        return [sent.url.params for sent in self.requests if sent.url.path == f"/api/v1/{path}"]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _refusal(401, "oauth", "Invalid OAuth 2 Request")
        key, _, number = request.url.path.removeprefix("/api/v1/").partition("/")
        include = set(request.url.params.get("include", "").split(","))
        if request.method == "POST":
            return self._create(key, json.loads(request.content), include)
        if request.method == "PUT":
            return self._update(key, number, json.loads(request.content))
        if number:
            return self._show(key, number, include)
        return self._index(key, request.url.params)

    def _show(self, key: str, number: str, include: set[str]) -> httpx.Response:
        if number not in self.rows.get(key, {}):
            return _refusal(404, "system", "Resource not found")
        return self._envelope(key, [number], include)

    def _index(self, key: str, query: httpx.QueryParams) -> httpx.Response:
        unknown = set(query) - _LISTED - _PARAMETERS[key]
        if unknown:
            return _refusal(400, "system", f"unknown parameters: {unknown}")
        ids = [number for number in self.rows.get(key, {}) if self._matches(key, number, query)]
        size = min(int(query.get("per_page", "20")), self.largest_page)
        page = int(query.get("page", "1"))
        meta = {"count": len(ids), "page_count": -(-len(ids) // size), "page_number": page}
        shown = ids[(page - 1) * size : page * size]
        return self._envelope(key, shown, set(query.get("include", "").split(",")), meta)

    def _matches(self, key: str, number: str, query: httpx.QueryParams) -> bool:
        row = self.rows[key][number]
        if key == "workspaces" and row.get("archived") and "include_archived" not in query:
            return False
        shown = {"time_entries": "from_archived_workspaces"}
        shows = shown.get(key, "show_from_archived_workspaces")
        home = self.rows.get("workspaces", {}).get(str(row.get("workspace_id")), {})
        if home.get("archived") and shows not in query:
            return False
        if "with_timesheet_id" in query:
            return bool(row["active_submission_id"] == query["with_timesheet_id"])
        if "created_after" in query:
            types = query["event_types"].split(",")
            return bool(row["event_type"] in types and row["created_at"] > query["created_after"])
        exact = {"subject_type", "service_name", "service_model"} & set(query)
        if any(row[name] != query[name] for name in exact):
            return False
        return self._is_wanted(number, row, query)

    def _is_wanted(self, number: str, row: Row, query: httpx.QueryParams) -> bool:
        if "only" in query and number not in query["only"].split(","):
            return False
        if "external_reference_service_name" not in query:
            return True
        found = [self.rows["external_references"][ref] for ref in row["external_reference_ids"]]
        refs = query["external_reference_service_model_refs"].split(",")
        return any(
            ref["service_name"] == query["external_reference_service_name"]
            and ref["service_model_ref"] in refs
            for ref in found
        )

    def _create(self, key: str, body: Row, include: set[str]) -> httpx.Response:
        ((member, given),) = body.items()
        records = given if isinstance(given, list) else [given]
        assert member == (key if isinstance(given, list) else _ONE[key])
        for record in records:
            absent = [name for name in _REQUIRED[key] if {name, f"{name}s"}.isdisjoint(record)]
            if absent:
                return _refusal(422, "validation", "Please give a value", absent[0])
            if key == "invoices" and not (
                record["time_entry_ids"] or record.get("additional_items")
            ):
                return _refusal(422, "validation", "Please add a line", "time_entry_ids")
        return self._envelope(key, [self._keep(key, record) for record in records], include)

    def _keep(self, key: str, record: Row) -> str:
        reference = record.pop("external_reference")
        number = self.put(key, **record)
        made = self.refer(
            key, number, *(reference[f"service_{part}"] for part in ("name", "model", "model_ref"))
        )
        self.rows[key][number]["external_reference_ids"] = [made]
        return number

    def _update(self, key: str, number: str, body: Row) -> httpx.Response:
        row = self.rows.get(key, {}).get(number)
        if row is None or (row.get("archived") and not self.archived_can_be_updated):
            return _refusal(404, "system", "Resource not found")
        ((_, changes),) = body.items()
        row.update(changes)
        return self._envelope(key, [number], set())

    def _envelope(
        self, key: str, ids: list[str], include: set[str], meta: Row | None = None
    ) -> httpx.Response:
        associations = _ASSOCIATIONS.get(key, {})
        hidden = {name for include_as, name in associations.items() if include_as not in include}
        answer: Row = {
            "count": len(ids),
            "results": [{"key": key, "id": number} for number in ids],
            key: {},
            "meta": meta or {"count": len(ids), "page_count": 1, "page_number": 1},
        }
        for number in ids:
            row = self.rows[key][number]
            answer[key][number] = {name: row[name] for name in row if name not in hidden}
            for name in associations.values():
                if name not in hidden:
                    self._side_load(answer, name, row.get(name))
        return httpx.Response(200, json=answer)

    def _side_load(self, answer: Row, name: str, ids: Any) -> None:  # noqa: ANN401 - one id or many
        target = _TARGETS.get(name, "external_references")
        for number in ids if isinstance(ids, list) else [ids]:
            if str(number) in self.rows.get(target, {}):
                answer.setdefault(target, {})[str(number)] = self.rows[target][str(number)]


def _refusal(status: int, kind: str, message: str, about: str = "") -> httpx.Response:
    error = {"type": kind, "message": message} | ({"field": about} if about else {})
    return httpx.Response(status, json={"errors": [error]})
