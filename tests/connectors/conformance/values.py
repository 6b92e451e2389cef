"""Values: what goes in comes out, to the last unit, day and letter."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest

from canonical.money import Money
from connectors import errors
from tests.connectors.conformance.system import MARKER, Connector, System
from tests.connectors.conformance.trial import is_hidden

_DAYS = (date(2024, 2, 29), date(2026, 1, 1), date(2026, 3, 29), date(2026, 12, 31))
_ZONES = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # UTC+14 and UTC-11
_TEXTS = (
    "Zoë Müller & Søn “Ünïcode” 株式会社 Ελλάς",
    "O'Brien's 100 % _off_ * \\ \"quoted\" <b>; -- $filter=x, (y)",
    "👩‍💻 e\u0301 ﬁ",
    "No\u00a0break and\ttab",
)


class Values:
    """Cases about amounts, days and texts."""

    async def test_amounts_go_in_and_come_out_exactly(
        self, system: System, connector: Connector
    ) -> None:
        amounts = [Money(currency=code, amount=Decimal(text)) for code, text in system.amounts]

        assert [await system.kept_amount(connector, each) for each in amounts] == amounts

    async def test_days_stay_the_same_day_in_every_time_zone(
        self, system: System, connector: Connector
    ) -> None:
        for zone in _ZONES:
            with _in_zone(zone):
                days = system.days or _DAYS
                assert [await system.kept_day(connector, day) for day in days] == list(days)

    async def test_texts_of_every_script_go_in_and_come_out_whole(
        self, system: System, connector: Connector
    ) -> None:
        texts = [text for text in _TEXTS if system.takes(text)]

        assert [await system.kept_text(connector, text) for text in texts] == texts

    async def test_the_longest_text_is_kept_whole_and_a_longer_one_refused(
        self, system: System, connector: Connector
    ) -> None:
        longest = "ü" * (system.longest_text - len(MARKER)) + MARKER
        assert await system.kept_text(connector, longest) == longest

        with pytest.raises(errors.Rejected) as refused:
            await system.kept_text(connector, f"x{longest}")
        is_hidden(system, str(refused.value))


@contextmanager
def _in_zone(name: str) -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
        time.tzset()
