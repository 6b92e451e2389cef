"""What a command needs of a running stack, and how its result is told."""

import json
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType
from rich.text import Text
from temporalio.client import Client

from canonical.landscape import Landscape
from store.database import Database

State = Annotated[Path, typer.Option("--state", help="Where the stack keeps its files.")]
Platform = Annotated[
    Path,
    typer.Option(
        "--state",
        help="Where a stack keeps its files; where none was started here, the platform is that of "
        "TIEBEAM_STORE_URL and TIEBEAM_TEMPORAL_ADDRESS.",
    ),
]
Base = Annotated[
    int, typer.Option("--port", min=1024, max=65000, help="The first port; the others follow it.")
]
Erp = Annotated[
    str | None, typer.Option("--erp", help="Vendor of the ERP that serves every legal entity.")
]
Store = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="Keep the store there: postgresql://USER@HOST/DATABASE. Its password stands in "
        "PGPASSWORD or ~/.pgpass, never here; or give the whole address as TIEBEAM_DATABASE.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a program to read.")]
HERE = Path(".tiebeam")
ON_STAGE, AT_WORK, IN_CARE = "Try it out", "Look and act", "Run and keep a deployment"


@dataclass(frozen=True)
class Attached:
    """How to reach a running platform."""

    landscape: Landscape
    client: Client
    database: Database


Attach = Callable[[Path], AbstractAsyncContextManager[Attached]]
Run = Callable[[Coroutine[Any, Any, None]], None]


def tell(found: dict[str, Any], views: Sequence[RenderableType], *, as_json: bool) -> None:
    """Print a result on standard output, for a person or for a program."""
    if as_json:
        typer.echo(json.dumps(found, indent=1))
        return
    show(views)


def show(views: Sequence[RenderableType]) -> None:
    """Print a result for a person."""
    screen = Console()
    for view in views:
        screen.print(view, soft_wrap=isinstance(view, Text))  # an address stays whole
