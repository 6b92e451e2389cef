"""Service protection: how much one application may ask for in a sliding window."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil

from world.sandboxes.dynamics._settings import Settings


@dataclass(frozen=True)
class Throttled:
    """A refusal: the vendor's text, and seconds until the next try."""

    text: str
    retry_after: int


@dataclass
class _Usage:
    started: deque[datetime] = field(default_factory=deque)
    executed: deque[tuple[datetime, float]] = field(default_factory=deque)
    running: int = 0


class Protection:
    """Usage by application. It lives in memory, as the vendor's does on each web server."""

    def __init__(self) -> None:
        self._usage: dict[str, _Usage] = defaultdict(_Usage)

    def refusal(self, caller: str, now: datetime, settings: Settings) -> Throttled | None:
        """Return why this request is one too many, or None."""
        usage = self._usage[caller]
        _forget(usage, now - timedelta(seconds=settings.throttle_window_seconds))
        return (
            _resources(settings)
            or _requests(usage, now, settings)
            or _execution(usage, now, settings)
            or _concurrency(usage, settings)
        )

    @contextmanager
    def counted(self, caller: str, clock: Callable[[], datetime]) -> Iterator[None]:
        """Count a request while it runs, and its time when it ends."""
        usage, start = self._usage[caller], clock()
        usage.started.append(start)
        usage.running += 1
        try:
            yield
        finally:
            usage.running -= 1
            end = clock()
            usage.executed.append((end, (end - start).total_seconds()))


def _forget(usage: _Usage, before: datetime) -> None:
    while usage.started and usage.started[0] <= before:
        usage.started.popleft()
    while usage.executed and usage.executed[0][0] <= before:
        usage.executed.popleft()


def _resources(settings: Settings) -> Throttled | None:
    seconds = settings.throttle_resource_retry_after
    if seconds is None:
        return None
    text = "This request could not be processed at this time due to system experiencing high"
    return Throttled(
        f"{text} resource utilization. Please retry the request after {seconds} seconds", seconds
    )


def _requests(usage: _Usage, now: datetime, settings: Settings) -> Throttled | None:
    limit, window = settings.throttle_requests, settings.throttle_window_seconds
    if limit is None or len(usage.started) < limit:
        return None
    text = f"Number of requests exceeded the limit of {limit} over the time window of"
    return Throttled(f"{text} {window} seconds.", _until(usage.started[0], now, window))


def _execution(usage: _Usage, now: datetime, settings: Settings) -> Throttled | None:
    limit, window = settings.throttle_execution_seconds, settings.throttle_window_seconds
    if limit is None or sum(seconds for _, seconds in usage.executed) < limit:
        return None
    text = (
        f"Combined execution time of incoming requests exceeded the limit of {limit} seconds over"
        f" the time window of {window} seconds. Decrease number of concurrent requests or reduce"
        " the duration of requests and try again later."
    )
    return Throttled(text, _until(usage.executed[0][0], now, window))


def _concurrency(usage: _Usage, settings: Settings) -> Throttled | None:
    limit = settings.throttle_concurrent
    if limit is None or usage.running < limit:
        return None
    return Throttled(f"Number of concurrent requests exceeded the limit of {limit}.", 1)


def _until(first: datetime, now: datetime, window: int) -> int:
    """Return whole seconds until the first of a window leaves it."""
    return max(1, ceil((first + timedelta(seconds=window) - now).total_seconds()))
