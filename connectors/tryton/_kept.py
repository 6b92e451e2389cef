"""What the firm set up, kept for a minute: it may be renamed, replaced or closed meanwhile."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from connectors.tryton import _wire

Clock = Callable[[], float]  # seconds, which never go back

_LONGEST = timedelta(seconds=60)

_R = TypeVar("_R", bound=_wire.Row)


class Kept:
    """Records by what they were asked for with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[object, tuple[float, _wire.Row]] = {}

    def get(self, row: type[_R], key: object) -> _R | None:
        """Return what was kept under a key, if that is not too long ago."""
        kept_at, record = self._rows.get(key, (0.0, None))
        if not isinstance(record, row) or self._clock() - kept_at > _LONGEST.total_seconds():
            return None
        return record

    def keep(self, key: object, record: _wire.Row) -> None:
        """Keep a record that was read just now."""
        self._rows[key] = (self._clock(), record)

    def forget(self) -> None:
        """Forget everything."""
        self._rows.clear()
