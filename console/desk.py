"""The desk: the commands that ask the platform something, or start a process by hand."""

import uuid
from datetime import datetime
from typing import Annotated, Literal

import typer

from activities.unwinding import Disposition, WriteOffReason
from canonical.contracts import ContractId
from canonical.systems import ForeignId, SystemId
from console import attached, explanation, starting, status
from console.attached import AT_WORK, HERE, AsJson, Attach, Platform, Run


class Desk:
    """Commands over whatever platform `attach` finds."""

    def __init__(self, attach: Attach, run: Run) -> None:
        self._attach = attach
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the commands to the command line."""
        app.command("status", rich_help_panel=AT_WORK)(self.status)
        app.command("explain", rich_help_panel=AT_WORK)(self.explain)
        starts = typer.Typer(
            no_args_is_help=True, help="Start a process by hand, as a webhook would."
        )
        starts.command("engagement")(self.engagement)
        starts.command("billing")(self.billing)
        starts.command("disposition")(self.disposition)
        starts.command("resume")(self.resume)
        app.add_typer(starts, name="start", rich_help_panel=AT_WORK)

    def status(self, state: Platform = HERE, *, as_json: AsJson = False) -> None:
        """Show every engagement, and what waits for a person."""

        async def work() -> None:
            async with self._attach(state) as platform:
                found = await status.read(platform.database)
            attached.tell(found, status.tables(found), as_json=as_json)

        self._run(work())

    def explain(
        self,
        subject: Annotated[str, typer.Argument(help="An entry, a milestone or an invoice line.")],
        state: Platform = HERE,
        *,
        as_json: AsJson = False,
    ) -> None:
        """Say why an entry or an invoice line is (not) billed.

        Name an entry as in psa-main:101, and a line as in FTI-00000001/1.
        """

        async def work() -> None:
            async with self._attach(state) as platform:
                found = await explanation.explain(platform.database, subject)
            attached.tell(found, explanation.views(found), as_json=as_json)

        self._run(work())

    def engagement(
        self,
        opportunity: Annotated[str, typer.Argument(help="The CRM's id of a won opportunity.")],
        crm: Annotated[str, typer.Option(help="Which CRM of the landscape.")] = "crm-main",
        state: Platform = HERE,
    ) -> None:
        """Take a won opportunity in, as its webhook would; one under way just reads it again."""

        async def work() -> None:
            subject = ForeignId(system=SystemId(crm), value=opportunity)
            async with self._attach(state) as platform:
                starting.refuse_unknown_crm(platform.landscape, subject.system)
                started = await starting.engagement(
                    platform.client, platform.database, subject, f"cli-{uuid.uuid4()}"
                )
            typer.echo(started)

        self._run(work())

    def billing(
        self,
        contract: Annotated[str, typer.Argument(help="Our contract, as in CT-00001.")],
        cut_off: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day.")],
        state: Platform = HERE,
    ) -> None:
        """Bill a contract's approved work up to and including a day."""

        async def work() -> None:
            async with self._attach(state) as platform:
                lane = await starting.bill(
                    platform.client,
                    platform.database,
                    platform.landscape,
                    ContractId(contract),
                    cut_off.date(),
                )
            typer.echo(lane)

        self._run(work())

    def disposition(
        self,
        contract: Annotated[str, typer.Argument(help="Our contract, as in CT-00001.")],
        by: Annotated[str, typer.Option(help="Who decides.")],
        write_off: Annotated[
            WriteOffReason | None, typer.Option(help="Write it off, for this reason.")
        ] = None,
        state: Platform = HERE,
    ) -> None:
        """Bill the open work of a deal that was un-won; or, with a reason, write it off."""

        async def work() -> None:
            choice: Literal["bill", "write_off"] = "write_off" if write_off else "bill"
            decided = Disposition(by=by, choice=choice, reason=write_off)
            async with self._attach(state) as platform:
                run = await starting.dispose(
                    platform.client, platform.database, ContractId(contract), decided
                )
            typer.echo(run)

        self._run(work())

    def resume(
        self,
        run: Annotated[str, typer.Argument(help="A process that waits, as `status` names it.")],
        state: Platform = HERE,
    ) -> None:
        """Let a process that waits for a person look again, once its cause is fixed."""

        async def work() -> None:
            async with self._attach(state) as platform:
                typer.echo(await starting.resume(platform.client, run))

        self._run(work())
