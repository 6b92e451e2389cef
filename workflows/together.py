"""Steps side by side, none of which is left behind half done."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def all_of(*steps: Coroutine[Any, Any, Any]) -> None:
    """Await every step to its end, and only then raise the first failure.

    A plain `gather` raises at once: the workflow would close, and with it the other steps.
    """
    for ended in await asyncio.gather(*steps, return_exceptions=True):
        if isinstance(ended, BaseException):
            raise ended
