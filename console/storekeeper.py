"""The storekeeper: the commands that keep a deployment's store in order, schema and mappings."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from canonical.mappings import Mapping
from console import attached, problems, site
from console.attached import IN_CARE, AsJson, Run
from console.site import Site
from store import address, mappings, schema
from store.mappings import Difference

_Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


class Storekeeper:
    """Commands over the store that the settings of the environment name."""

    def __init__(self, read: Callable[[], Site], run: Run) -> None:
        self._read = read
        self._run = run

    def add_to(self, app: typer.Typer) -> None:
        """Add the commands to the command line."""
        database = typer.Typer(
            no_args_is_help=True, help="Keep the schema of the store at TIEBEAM_STORE_URL."
        )
        database.command("status")(self.status)
        database.command("upgrade")(self.upgrade)
        database.command("downgrade")(self.downgrade)
        app.add_typer(database, name="database", rich_help_panel=IN_CARE)
        rows = typer.Typer(
            no_args_is_help=True, help="Load value mappings: our code for a thing, and theirs."
        )
        rows.command("load")(self.load)
        app.add_typer(rows, name="mappings", rich_help_panel=IN_CARE)

    def status(self, *, as_json: AsJson = False) -> None:
        """Say at which revision the store is, and whether this release works on it."""

        async def work() -> None:
            async with site.opened(self._read()) as database:
                found = await schema.status(database)
                where = address.shown(database.engine.url)
            told = {"store": where, **asdict(found), "is_ours": found.is_ours}
            attached.tell(told, [Text(_standing(where, found))], as_json=as_json)
            if not found.is_ours:
                raise typer.Exit(problems.WRONG)

        self._run(work())

    def upgrade(self, to: Annotated[str, typer.Option(help="A revision.")] = schema.HEAD) -> None:
        """Bring the store to this release's schema; two at once are safe, rows are kept."""

        async def work() -> None:
            async with site.opened(self._read()) as database:
                taken = await schema.upgrade(database, to)
            typer.echo(f"upgraded: {', '.join(taken)}" if taken else "nothing to do: up to date")

        self._run(work())

    def downgrade(
        self,
        to: Annotated[str, typer.Argument(help="A revision, or base, which leaves nothing.")],
        *,
        yes: _Yes = False,
    ) -> None:
        """Take the store back to an earlier revision; what only the later ones keep is lost."""
        if not yes:
            typer.confirm("What only the later revisions keep is lost. Go on?", abort=True)

        async def work() -> None:
            async with site.opened(self._read()) as database:
                taken = await schema.downgrade(database, to)
            typer.echo(f"taken back: {', '.join(taken)}" if taken else "nothing to do")

        self._run(work())

    def load(
        self,
        file: Annotated[
            Path | None, typer.Argument(help="A mappings.toml; else that of TIEBEAM_MAPPINGS.")
        ] = None,
        *,
        dry_run: Annotated[bool, typer.Option(help="Only say the difference.")] = False,
    ) -> None:
        """Add the rows that are new and say the difference; a row that is there never changes."""

        async def work() -> None:
            here = self._read()
            told = here.mappings(file)
            async with site.opened(here) as database:
                await schema.refuse_other(database)
                async with database.transaction() as tx:
                    found = await mappings.compare(tx, told)
                    if not (found.changed or dry_run):
                        await mappings.add(tx, found.new)
            _tell(found, is_dry=dry_run)

        self._run(work())


def _standing(where: str, found: schema.Status) -> str:
    if found.is_ours:
        return f"{where} is at {found.current}: up to date"
    if not found.is_known:
        return f"{where} is at {found.current}, which only a newer release than this one knows"
    waiting = ", ".join(found.waiting)
    return f"{where} is at {found.current or 'nothing'}: `tiebeam database upgrade` does {waiting}"


def _tell(found: Difference, *, is_dry: bool) -> None:
    for row in found.new:
        typer.echo(f"{'would add' if is_dry else 'added'} {_named(row)}: {row.theirs}")
    for row in found.kept:
        typer.echo(f"only in the store: {_named(row)}: {row.theirs}")
    for kept, row in found.changed:
        typer.echo(f"contradicts: {_named(row)} is {_value(kept)}, not {_value(row)}")
    if found.changed:
        sentence = (
            f"nothing was loaded: {len(found.changed)} rows contradict the store, where a row "
            f"never changes; give each a new version, or a later valid_from"
        )
        problems.fail(sentence, problems.WRONG_INPUT)
    typer.echo(f"{len(found.new)} new, {len(found.kept)} only in the store")


def _named(row: Mapping) -> str:
    entity = f" of {row.entity}" if row.entity else ""
    return (
        f"{row.system} {row.kind} {row.ours!r}{entity} from {row.valid_from} (version "
        f"{row.version})"
    )


def _value(row: Mapping) -> str:
    return f"{row.theirs!r} (owner {row.owner})"
