"""Serves one vendor's sandbox: `python -m world.sandboxes VENDOR --port N --data FILE`."""

import importlib
import pkgutil
from pathlib import Path
from typing import Annotated

import typer

import world.sandboxes
from world.sandboxes import serve

_Pem = Path | None


def main(
    vendor: Annotated[str, typer.Argument(help="Whose server to play, such as salesforce.")],
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65535)],
    data: Annotated[Path, typer.Option(help="File that keeps the state.", dir_okay=False)],
    tls_cert: Annotated[
        _Pem, typer.Option(help="Certificate, to speak https.", exists=True)
    ] = None,
    tls_key: Annotated[_Pem, typer.Option(help="The key of the certificate.", exists=True)] = None,
) -> None:
    """Serve a vendor's sandbox on loopback until stopped."""
    vendors = [m.name for m in pkgutil.iter_modules(world.sandboxes.__path__) if m.ispkg]
    if vendor not in vendors:
        known = ", ".join(sorted(vendors))
        typer.echo(f"There is no sandbox {vendor!r}; there are {known}.", err=True)
        raise typer.Exit(2)
    if (tls_cert is None) != (tls_key is None):
        typer.echo("A certificate needs its key: give --tls-cert and --tls-key.", err=True)
        raise typer.Exit(2)
    tls = serve.Tls(tls_cert, tls_key) if tls_cert and tls_key else None
    package = importlib.import_module(f"world.sandboxes.{vendor}")
    serve.serve(package.sandbox, port=port, data=data, tls=tls)


if __name__ == "__main__":
    typer.run(main)
