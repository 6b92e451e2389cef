"""Serves one vendor's sandbox: `python -m world.sandboxes VENDOR --port N --data FILE`."""

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer

import world.sandboxes
from world.sandboxes import serve


def main(
    vendor: Annotated[str, typer.Argument(help="Whose server to play, such as salesforce.")],
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65535)],
    data: Annotated[Path, typer.Option(help="File that keeps the state.", dir_okay=False)],
) -> None:
    """Serve a vendor's sandbox on loopback until stopped."""
    vendors = [m.name for m in pkgutil.iter_modules(world.sandboxes.__path__) if m.ispkg]
    if vendor not in vendors:
        known = ", ".join(sorted(vendors))
        typer.echo(f"There is no sandbox {vendor!r}; there are {known}.", err=True)
        raise typer.Exit(2)
    package = importlib.import_module(f"world.sandboxes.{vendor}")
    serve.serve(package.sandbox, port=port, data=data)


if __name__ == "__main__":
    typer.run(main)
