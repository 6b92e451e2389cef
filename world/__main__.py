"""Serves a vendor's system: `python -m world VENDOR --port N --data PATH`.

For most vendors that is a sandbox of ours, for those below the real thing.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from world.sandboxes.__main__ import main as sandbox
from world.tryton.__main__ import app as tryton

_REAL: dict[str, Callable[[list[str]], None]] = {"tryton": tryton}


def main(
    vendor: Annotated[str, typer.Argument(help="Whose system to serve, such as salesforce.")],
    port: Annotated[int, typer.Option(help="Port on loopback.", min=1, max=65535)],
    data: Annotated[Path, typer.Option(help="Where its state is: a folder, or a file PATH.db.")],
) -> None:
    """Serve a vendor's system on loopback until stopped."""
    if vendor in _REAL:
        _REAL[vendor](["serve", "--port", str(port), "--data", str(data)])
    else:
        sandbox(vendor, port, data.with_name(f"{data.name}.db"))


if __name__ == "__main__":
    typer.run(main)
