"""Make an account a client: check it, open it in every system, and tell the CRM."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import workflow
from temporalio.exceptions import FailureError, is_cancelled_exception

from activities.clients import (
    CheckClient,
    ClientRecords,
    CrmClients,
    ErpClients,
    OpenClient,
    PsaClients,
)
from canonical.clients import ClientId
from canonical.processes import ClientReady, OnboardingRequest
from canonical.systems import ForeignId, SystemId
from telemetry import search_attributes
from workflows import options, together
from workflows.parking import Parking
from workflows.telling import tell

Opening = Callable[[Any, OpenClient], Awaitable[ForeignId]]


@workflow.defn(name="OnboardClient")
class OnboardClient:
    """One per account, ERP and asker. Ends with the client's id; waits while it is incomplete.

    Cancelled, it leaves what it created to the next onboarding, but nothing in doubt.
    """

    @workflow.init
    def __init__(self, request: OnboardingRequest) -> None:
        self._request = request
        self._parking = Parking(str(request.account))

    @workflow.run
    async def run(self, request: OnboardingRequest) -> ClientId:
        """Return the id of the client, which every system now has."""
        client = await self._checked()
        opened = OpenClient(client=client, routes=request.routes)
        try:
            await self._open(opened)
        except (FailureError, asyncio.CancelledError) as exc:
            if is_cancelled_exception(exc):
                await together.to_its_end(self._find_out(opened))
            raise
        workflow.set_current_details(f"**Onboarded** as {client}.")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return client

    async def _open(self, opened: OpenClient) -> None:
        client = opened.client
        workflow.set_current_details(f"**{client}** is complete. Opening it in every system.")
        await together.all_of(self._open_in_erp(opened), self._open_in_psa(opened))
        await self._publish(opened)
        await together.all_of(self._tell_asker(client), self._record(opened))

    @workflow.signal(name="resume")
    def resume(self) -> None:
        """Let a parked step look again."""
        self._parking.resume()

    async def _checked(self) -> ClientId:
        workflow.set_current_details("Checking the account.")
        request = self._request
        workflow.upsert_search_attributes(
            [search_attributes.ENTITY.value_set(request.routes.entity)]
        )
        question = CheckClient(account=request.account, entity=request.routes.entity)
        while True:
            before = self._parking.resumed
            checked = await self._parking.step(
                "Check the client",
                CrmClients.check,
                question,
                options.call(request.routes.crm, "Check the account and its tax profile"),
            )
            if not checked.defects:
                found = search_attributes.CLIENT.value_set(checked.client)
                workflow.upsert_search_attributes([found])
                return checked.client
            await self._parking.until_fixed("Check the client", checked.defects, before)

    async def _open_in_erp(self, opened: OpenClient) -> None:
        await self._opening("Create the customer", ErpClients.open, opened, opened.routes.erp)

    async def _open_in_psa(self, opened: OpenClient) -> None:
        await self._opening("Create the company", PsaClients.open, opened, opened.routes.psa)

    async def _opening(
        self, name: str, step: Opening, opened: OpenClient, system: SystemId
    ) -> None:
        refused = self._parking.resumed

        async def create() -> None:
            if self._parking.resumed > refused:  # what was refused may be put right in the CRM
                await self._checked()
            await workflow.execute_activity_method(step, opened, **options.call(system, name))

        await self._parking.through(name, create)

    async def _publish(self, opened: OpenClient) -> None:
        await self._parking.step(
            "Tell the CRM",
            CrmClients.publish,
            opened,
            options.call(opened.routes.crm, "Write the ids on the account"),
        )

    async def _tell_asker(self, client: ClientId) -> None:
        asker = workflow.get_external_workflow_handle(self._request.asked_by)
        ready = ClientReady(account=self._request.account, client=client)
        await tell(asker.signal("client_ready", ready))

    async def _record(self, opened: OpenClient) -> None:
        await self._parking.step(
            "Publish the client",
            ClientRecords.onboarded,
            opened,
            options.record("Publish that the client is ready"),
        )

    async def _find_out(self, opened: OpenClient) -> None:
        """Find out what came of the writes that were begun, and keep what was created."""
        workflow.set_current_details("**Cancelled.** Finding out what was created.")
        self._parking.undo()
        routes = opened.routes
        for name, step, system in (
            ("Create the customer", ErpClients.settle, routes.erp),
            ("Create the company", PsaClients.settle, routes.psa),
            ("Tell the CRM", CrmClients.settle, routes.crm),
        ):
            config = options.call(system, "Find out what came of it")
            await self._parking.step(name, step, opened, config)
        workflow.set_current_details("**Cancelled.** What was created is kept for the next time.")
