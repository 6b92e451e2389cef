"""The worker's composition: what cannot be composed is named before anything is polled."""

import pytest
from pydantic import SecretStr

import worker
from canonical.landscape import Landscape
from settings import SettingsError


async def test_a_vendor_that_nobody_speaks_is_named_with_those_that_are(
    landscape: Landscape,
) -> None:
    first, *others = landscape.systems
    misspelled = first.model_copy(update={"vendor": "salesfroce"})
    wrong = landscape.model_copy(update={"systems": (misspelled, *others)})
    secrets = {each.credential: {"token": SecretStr("x")} for each in wrong.systems}

    with pytest.raises(SettingsError, match=r"systems\.crm-main\.vendor: .*'salesfroce'"):
        async with worker.connected(wrong, secrets):
            pass
