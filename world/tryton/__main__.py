"""Starts and resets the real Tryton: `python -m world.tryton prepare|serve|reset`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from world.tryton import databases, server
from world.tryton.house import House, TrytonError, version

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
Data = Annotated[Path, typer.Option(help="Folder that keeps the state.", file_okay=False)]
Url = Annotated[
    str | None,
    typer.Option(
        "--postgresql",
        envvar="TIEBEAM_TRYTON_POSTGRESQL",
        help="A PostgreSQL server, as postgresql://user@host:port/; without it: SQLite.",
        show_envvar=True,
    ),
]


@app.command()
def prepare(postgresql: Url = None) -> None:
    """Make the golden copy, if there is none: a database with every module and no company."""
    house, started = House.here(), time.monotonic()
    with _readable():
        databases.of(house, postgresql).prepare()
    typer.echo(f"Tryton {version()} is prepared, in {time.monotonic() - started:.1f} s")


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65535)],
    data: Data,
    postgresql: Url = None,
) -> None:
    """Serve Tryton on loopback until stopped; a new folder begins with the golden copy."""
    house = House.here()
    with _readable():
        server.serve(house, databases.of(house, postgresql), data, port)


@app.command()
def reset(data: Data, postgresql: Url = None) -> None:
    """Begin again from the golden copy. A server that runs there is killed first."""
    house, started = House.here(), time.monotonic()
    with _readable():
        was_running = server.reset(house, databases.of(house, postgresql), data)
    killed = "; the server that ran there was killed" if was_running else ""
    typer.echo(f"Tryton is reset, in {time.monotonic() - started:.1f} s{killed}")


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except TrytonError as exc:
        typer.echo(f"tryton: {exc}", err=True)
        raise typer.Exit(2) from None  # as it is set up, it cannot run


if __name__ == "__main__":
    app()
