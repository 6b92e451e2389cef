"""What the doctor needs to know of where it is: the settings' own words, opened on demand."""

from pathlib import Path
from typing import Protocol

from canonical.findings import Brief, Finding
from canonical.landscape import SystemInstance
from console.site import Site


class Place(Site, Protocol):
    """A site whose systems, gateway and disk can be examined."""

    @property
    def gateway(self) -> str:
        """Return the gateway's address."""
        ...

    @property
    def directory(self) -> Path:
        """Return a directory on the disk that the site fills."""
        ...

    async def examine(self, instance: SystemInstance, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of a system; what keeps us from opening it is a finding too."""
        ...
