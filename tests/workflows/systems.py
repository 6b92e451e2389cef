"""Fakes with a character of their own, for what a single arranged fault cannot say."""

import asyncio

from typing_extensions import override

from canonical.organization import EntityId
from canonical.projects import Project
from canonical.systems import ForeignId
from connectors import errors
from tests.erp_port import FakeErp
from tests.ports import FakePsa
from tests.trouble import VENDOR


class ClosedErp(FakeErp):
    """Refuses to post the first batch of a lane until its period is opened."""

    def __init__(self) -> None:
        super().__init__()
        self.is_open = False

    @override
    async def post_journal(self, entity: EntityId, journal: ForeignId) -> ForeignId:
        if not self.is_open and self.journals[journal].batch.endswith("/1"):
            raise errors.Rejected(VENDOR, "post_journal answered 400", reason="closed period")
        return await super().post_journal(entity, journal)


class SlowPsa(FakePsa):
    """Creates a project some time after the caller has hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.working: set[asyncio.Task[ForeignId]] = set()

    @override
    async def create_project(self, project: Project, client: ForeignId) -> ForeignId:
        self.calls.append("create_project")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.working.add(asyncio.create_task(self._create(project, client)))
            raise
        raise AssertionError

    async def _create(self, project: Project, client: ForeignId) -> ForeignId:
        await asyncio.sleep(0.1)
        return await super().create_project(project, client)
