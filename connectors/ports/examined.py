"""What can be examined: whether a system can do what we need of it, as far as reading tells."""

from typing import Protocol

from canonical.findings import Brief, Finding


class Examined(Protocol):
    """A system that can be examined."""

    async def examine(self, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of reach, clock, credentials, rights, quotas, set-up and codes.

        Reads only; a system that fails is a finding, never an error.
        """
        ...
