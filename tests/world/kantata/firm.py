"""A firm that works with the sandbox from the outside, in as few words as a test needs."""

from typing import Any

import httpx

Json = Any  # as it comes and goes
TOKEN = "kantata-sandbox-token"  # noqa: S105 - of a sandbox
SINGULAR = {
    "roles": "role",
    "cost_rates": "cost_rate",
    "workspace_groups": "workspace_group",
    "workspaces": "workspace",
    "stories": "story",
    "workspace_resources": "workspace_resource",
    "workspace_allocations": "workspace_allocation",
    "assignments": "assignment",
    "billing_milestones": "billing_milestone",
    "time_entries": "time_entry",
    "timesheet_submissions": "timesheet_submission",
    "invoices": "invoice",
}


class Firm:
    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http
        self._people = 0

    async def call(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        status: int = 200,
        token: str = TOKEN,
        **parameters: Json,
    ) -> Json:
        answer = await self.http.request(
            method,
            f"/api/v1/{path}",
            json=body,
            params=parameters,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def get(self, path: str, **parameters: Json) -> Json:
        return await self.call("GET", path, **parameters)

    async def ids(self, path: str, **parameters: Json) -> list[str]:
        return [result["id"] for result in (await self.get(path, **parameters))["results"]]

    async def show(self, key: str, number: str, **parameters: Json) -> Json:
        return (await self.get(f"{key}/{number}", **parameters))[key][number]

    async def post(self, key: str, **fields: Json) -> Json:
        answer = await self.call("POST", key, {SINGULAR[key]: fields})
        return answer[key][answer["results"][0]["id"]]

    async def put(self, key: str, number: str, **fields: Json) -> Json:
        answer = await self.call("PUT", f"{key}/{number}", {SINGULAR[key]: fields})
        return answer[key][number]

    async def refused(self, method: str, path: str, **fields: Json) -> list[dict[str, str]]:
        body = {SINGULAR[path.partition("/")[0]]: fields}
        answer = await self.call(method, path, body, status=422)
        assert set(answer) == {"errors"}
        assert all(error["type"] == "validation" for error in answer["errors"])
        return list(answer["errors"])

    async def admin(self, method: str, path: str, body: Json = None) -> Json:
        answer = await self.http.request(method, f"/_admin/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def set(self, **settings: Json) -> None:
        await self.admin("PUT", "settings", settings)

    async def clock(self, now: str) -> None:
        await self.admin("PUT", "clock", {"now": now})

    async def person(self) -> str:
        self._people += 1
        name = f"Person {self._people}"
        invited = {"full_name": name, "email_address": f"person{self._people}@firm.test"}
        return str((await self.admin("POST", "users", invited))["id"])

    async def workspace(self, **fields: Json) -> str:
        made = await self.post(
            "workspaces", **{"title": "Rollout", "creator_role": "maven"} | fields
        )
        return str(made["id"])

    async def story(self, workspace_id: str, **fields: Json) -> str:
        given = {"title": "Design", "story_type": "milestone", "workspace_id": workspace_id}
        return str((await self.post("stories", **given | fields))["id"])

    async def entry(self, workspace_id: str, **fields: Json) -> str:
        given = {
            "workspace_id": workspace_id,
            "date_performed": "2026-01-12",
            "time_in_minutes": 480,
        }
        return str((await self.post("time_entries", **given | fields))["id"])

    async def submission(self, workspace_id: str, *entries: str, **fields: Json) -> str:
        given = {"line_item_ids": entries, "title": "Week 3", "workspace_id": workspace_id}
        return str((await self.post("timesheet_submissions", **given | fields))["id"])

    async def resolve(
        self, submission: str, verb: str, *, status: int = 200, token: str = TOKEN
    ) -> Json:
        path = f"timesheet_submissions/{submission}/{verb}"
        body = {"resolution": {"description": "so be it"}}
        return await self.call("PUT", path, body, status=status, token=token)

    async def approved_entry(self, workspace_id: str, **fields: Json) -> str:
        entry = await self.entry(workspace_id, **fields)
        await self.resolve(await self.submission(workspace_id, entry), "approve")
        return entry


def reference(ref: str, **more: Json) -> dict[str, Json]:
    return {"service_name": "tiebeam", "service_model": "x", "service_model_ref": ref, **more}


def fields(errors: list[dict[str, str]]) -> list[str]:
    return [error["field"] for error in errors]
