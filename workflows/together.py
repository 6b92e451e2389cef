"""Steps side by side, none of which is left behind half done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from temporalio import workflow

T = TypeVar("T")


async def all_of(*steps: Coroutine[Any, Any, Any]) -> None:
    """Await every step to its end, and only then raise the first failure.

    A plain `gather` raises at once: the workflow would close, and with it the other steps.
    """
    for ended in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended


async def to_its_end(step: Coroutine[Any, Any, T]) -> T:
    """Return what a step returns; a cancellation meanwhile is raised only once it has ended."""
    task = asyncio.ensure_future(step)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            is_cancelled = True
    done = task.result()
    if is_cancelled:
        raise asyncio.CancelledError
    return done


def stop_if_cancelled() -> None:
    """Raise what the engine does not, where what was awaited came to its end all the same."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError
