"""The command `invoice`: what people do with a draft before it is an invoice."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from activities.prebill import Edit, Hold, Reject
from console import attached, prebill
from console.attached import AT_WORK, HERE, AsJson, Attach, Platform, Run
from console.prebill import Wish
from store.database import Database

_Name = Annotated[str, typer.Argument(help="Our reference, as in CT-00001/1/1.")]
_Source = Annotated[str, typer.Argument(help="An entry (psa-main:101) or milestone.")]
_By = Annotated[str, typer.Option(help="Who does it.")]
_Seen = Annotated[
    str | None, typer.Option("--hash", help="The hash that `show` told with the content.")
]
_Reason = Annotated[str, typer.Option(help="Why.")]


class InvoiceDesk:
    """Commands over the drafts of whatever platform `attach` finds."""

    def __init__(self, attach: Attach, run: Run) -> None:
        self._attach = attach
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the commands to the command line."""
        commands = typer.Typer(
            no_args_is_help=True,
            help="Read, edit, hold or approve a draft before it is an invoice.",
        )
        commands.command("show")(self.show)
        commands.command("edit")(self.edit)
        commands.command("hold")(self.hold)
        commands.command("release")(self.release)
        commands.command("approve")(self.approve)
        commands.command("reject")(self.reject)
        app.add_typer(commands, name="invoice", rich_help_panel=AT_WORK)

    def show(self, invoice: _Name, state: Platform = HERE, *, as_json: AsJson = False) -> None:
        """Show a draft: its lines and entries, what it waits for, and the hash to approve."""

        async def work() -> None:
            async with self._attach(state) as platform:
                found = await prebill.read(platform.database, invoice)
            attached.tell(found, views(found), as_json=as_json)

        self._run(work())

    def edit(  # noqa: PLR0913, PLR0917 - these are the options of a command
        self,
        invoice: _Name,
        by: _By,
        reason: _Reason,
        line: Annotated[int | None, typer.Option(help="Which line gets the text.")] = None,
        text: Annotated[str | None, typer.Option(help="The line's text.")] = None,
        purchase_order: Annotated[
            str | None, typer.Option(help="The client's; '' is none.")
        ] = None,
        seen: _Seen = None,
        state: Platform = HERE,
    ) -> None:
        """Put other words on a line, or another purchase order; amounts are never edited.

        Words go on the line that was seen: by the draft's hash, or after it is shown here.
        """
        if (line is None) != (text is None) or (text is None and purchase_order is None):
            msg = "say --line NUMBER with --text TEXT, or --purchase-order ORDER"
            raise typer.BadParameter(msg)
        wish = Edit(
            line=line, text=text, purchase_order=purchase_order, content_hash=seen, reason=reason
        )
        self._change(invoice, by, wish, state)

    def hold(
        self, invoice: _Name, source: _Source, by: _By, reason: _Reason, state: Platform = HERE
    ) -> None:
        """Keep an entry or a milestone off the draft, until it is released."""
        self._change(invoice, by, Hold(source=source, reason=reason), state)

    def reject(self, invoice: _Name, by: _By, reason: _Reason, state: Platform = HERE) -> None:
        """Drop the draft; what was on it is ready again, for whoever bills next."""
        self._change(invoice, by, Reject(reason=reason), state)

    def release(self, invoice: _Name, source: _Source, by: _By, state: Platform = HERE) -> None:
        """Let go what a person held back: it goes on the contract's next invoice."""

        async def work() -> None:
            async with self._attach(state) as platform:
                amount = await prebill.release(
                    platform.database, platform.landscape, invoice, source, by
                )
            typer.echo(f"{source} is ready: {amount}")

        self._run(work())

    def approve(
        self,
        invoice: _Name,
        by: _By,
        seen: _Seen = None,
        state: Platform = HERE,
    ) -> None:
        """Approve exactly the content that was seen: by its hash, or after it is shown here."""

        async def work() -> None:
            async with self._attach(state) as platform:
                content = seen or await _confirmed(platform.database, invoice, "Approve this?")
                run = await prebill.approve(
                    platform.client, platform.database, invoice, by, content
                )
            typer.echo(run)

        self._run(work())

    def _change(self, invoice: str, by: str, wish: Wish, state: Path) -> None:
        async def work() -> None:
            async with self._attach(state) as platform:
                asked = wish
                if isinstance(asked, Edit) and asked.line is not None and not asked.content_hash:
                    seen = await _confirmed(platform.database, invoice, "Change this?")
                    asked = asked.model_copy(update={"content_hash": seen})
                content = await prebill.change(
                    platform.client, platform.database, invoice, by, asked
                )
            typer.echo(content)

        self._run(work())


async def _confirmed(database: Database, invoice: str, question: str) -> str:
    """Show a draft, ask, and return the hash of what was shown."""
    found = await prebill.read(database, invoice)
    attached.show(views(found))
    typer.confirm(question, abort=True)
    return str(found["content_hash"])


def views(found: dict[str, Any]) -> list[RenderableType]:
    """Return a draft as a person reads it."""
    asked, approvals = found["asked_by"], found["approvals"]
    title = f"{found['reference']} ({found['standing']}) of {found['issued_on']}: {found['net']}"
    table = Table(title=title, title_justify="left")
    for column in ("line", "text", "entry", "day", "hours", "net"):
        table.add_column(column, justify="right" if column in ("hours", "net") else "left")
    for line in found["lines"]:
        price, hours = line["unit_price"], line["hours_shown"] or ""
        table.add_row(
            str(line["number"]), Text(line["text"]), f"at {price}", "", hours, line["net"]
        )
        for part in line["slices"]:
            note = Text(f"  {part.get('note', '')}", style="dim")
            table.add_row(
                "", note, part["source"], part["work_date"], part["hours_shown"], part["amount"]
            )
    given = ", ".join(approvals["given"]) or "nobody"
    said = [
        f"asked for by {asked['kind'].replace('_', ' ')} {asked['key']}, up to {asked['up_to']}",
        f"purchase order {found['purchase_order'] or 'none'}; tax {found['tax']}",
        f"approvals: {approvals['needed']} needed, given by {given}",
        *(f"{each['what']} by {each['by']}: {each['told']}" for each in found["changes"]),
        *(f"held: {each['source']} {each['amount']}: {each['reason']}" for each in found["held"]),
        *(f"waits: {text}" for text in found["waits_for"]),
        *([f"cycles that wait behind it: {found['behind']}"] if found["behind"] else []),
        f"hash {found['content_hash']}",
    ]
    return [table, *(Text(line, overflow="fold") for line in said)]
