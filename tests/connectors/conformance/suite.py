"""The conformance suite: what every connector must do, whatever its system does.

A connector inherits every case by one file here, which names its system:

    class TestVendor(Conformance):
        system_kind = Vendor
"""

from typing import ClassVar

from tests.connectors.conformance.answers import Answers
from tests.connectors.conformance.credentials import Credentials
from tests.connectors.conformance.facts import Facts
from tests.connectors.conformance.keys import Keys
from tests.connectors.conformance.limits import Limits
from tests.connectors.conformance.network import Network
from tests.connectors.conformance.paging import Paging
from tests.connectors.conformance.system import System
from tests.connectors.conformance.values import Values


class Conformance(Credentials, Limits, Network, Answers, Paging, Keys, Values, Facts):
    """Every case."""

    system_kind: ClassVar[type[System]]
