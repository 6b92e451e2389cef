"""What the doctor finds of the feed of changes."""

from datetime import date
from pathlib import Path

import pytest

from canonical.findings import Brief, Finding
from canonical.mappings import Mappings
from tests.connectors.salesforce.org import CRM
from tests.connectors.salesforce.sandboxed import Follower, following

_BRIEF = Brief(entities=(), today=date(2026, 6, 1), mappings=Mappings(system=CRM, rows=()))


async def _found(follower: Follower) -> Finding:
    found = await follower.crm.examine(_BRIEF)
    (only,) = [each for each in found if each.what == "feed"]
    return only


async def test_a_feed_that_can_be_followed_is_well_and_stays_where_it_was(tmp_path: Path) -> None:
    async with following(tmp_path) as follower:
        key = await follower.org.create("Account", Name="A")

        found = await _found(follower)

        assert (found.severity, found.found) == ("ok", "/data/ChangeEvents can be followed")
        assert await follower.hears() == [("account", key)]


@pytest.mark.parametrize(
    ("channel", "severity", "text"),
    [
        ("/data/Tiebeam__chn", "broken", "cannot be followed: 403"),
        ("", "warning", "a lost message stays lost"),
    ],
)
async def test_a_feed_that_cannot_be_followed_is_told_with_its_fix(
    tmp_path: Path, channel: str, severity: str, text: str
) -> None:
    async with following(tmp_path, change_channel=channel) as follower:
        found = await _found(follower)

    assert found.severity == severity
    assert text in found.found
    assert "Change Data Capture" in found.fix
