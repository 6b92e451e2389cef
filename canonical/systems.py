"""Other systems, and what they call their records."""

from typing import NewType

from typing_extensions import override

from canonical.base import Record

SystemId = NewType("SystemId", str)


class ForeignId(Record):
    """What another system calls a record; it means nothing without the system."""

    system: SystemId
    value: str

    @override
    def __str__(self) -> str:
        """Return system and value for people and for keys: psa-main:101."""
        return f"{self.system}:{self.value}"


def task_queue(system: SystemId) -> str:
    """Return the queue of the steps that touch `system`; its rate is that system's budget."""
    return f"system.{system}"
