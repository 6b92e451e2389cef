"""What goes wrong at the command line, in one readable sentence and a meaningful exit code."""

import asyncio
import os
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.text import Text
from temporalio.service import RPCError

WRONG = 1
WRONG_INPUT = 2
NOTHING_RUNS = 3


class UnwritableError(Exception):
    """A result has no place to go."""


class NothingRunsError(Exception):
    """A command needs a running stack and finds none."""


def run(work: Coroutine[Any, Any, None], readable: dict[type[Exception], int]) -> None:
    """Run a command; an expected failure is a sentence, and Ctrl-C an orderly end.

    Raises:
        Exit: the command failed.
    """
    expected: dict[type, int] = {
        NothingRunsError: NOTHING_RUNS,
        UnwritableError: WRONG_INPUT,
        **readable,
    }
    try:
        asyncio.run(work)
    except KeyboardInterrupt:
        raise typer.Exit(WRONG) from None
    except RPCError as exc:
        fail(f"the Temporal server does not do as it is told: {exc.message}", NOTHING_RUNS)
    except Exception as exc:
        code = next((expected[kind] for kind in type(exc).__mro__ if kind in expected), None)
        if code is None:
            raise
        fail(str(exc), code)


def fail(sentence: str, code: int) -> None:
    """Say what is wrong on standard error, and end with a code.

    Raises:
        Exit: always.
    """
    told = Text.assemble(("tiebeam:", "red"), f" {sentence}")  # markup would eat brackets
    Console(stderr=True, soft_wrap=True).print(told)
    raise typer.Exit(code)


def refuse_unwritable(file: Path | None) -> None:
    """Refuse a file that could not be written in the end, before the work for it begins.

    Raises:
        UnwritableError: its folder is not there.
    """
    if file is not None and not file.parent.is_dir():
        msg = f"cannot write {file}: there is no folder {file.parent}"
        raise UnwritableError(msg)


def leave(code: int) -> NoReturn:
    """End the process without the interpreter's own end, in which the SDK's core can crash."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
