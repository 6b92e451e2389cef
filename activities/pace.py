"""Pace: a step that needs many requests keeps to its system's budget by itself.

The queue's rate counts steps; inside a step that reads page after page nothing else does.
"""

import asyncio
from datetime import timedelta


class Pace:
    """At most so many requests a second, measured from one turn to the next."""

    def __init__(self, requests_per_second: int) -> None:
        self._gap = timedelta(seconds=1) / requests_per_second
        self._next = timedelta(0)

    async def turn(self, requests: int = 1) -> None:
        """Wait until so many requests may be made; no wait if the last ones are long past."""
        now = timedelta(seconds=asyncio.get_running_loop().time())
        wait = self._next - now
        if wait > timedelta(0):
            await asyncio.sleep(wait.total_seconds())
        self._next = max(now, self._next) + self._gap * requests
