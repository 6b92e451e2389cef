"""Which task queues a worker serves: all of them, those of some domains, or named ones (R-086)."""

from collections.abc import Iterable
from dataclasses import dataclass

from canonical import systems
from canonical.landscape import Landscape, SystemInstance, SystemRole
from canonical.processes import PROCESSES

DOMAINS: dict[SystemRole, str] = {"crm": "sales", "psa": "delivery", "erp": "finance"}


class UnknownQueueError(ValueError):
    """There is no such domain or queue; the text says which there are."""


@dataclass(frozen=True)
class Served:
    """What one worker serves: the processes themselves or not, and the steps of some systems."""

    processes: bool
    systems: tuple[SystemInstance, ...]

    @property
    def queues(self) -> list[str]:
        """Return the names of the task queues."""
        return [PROCESSES] * self.processes + [systems.task_queue(each.id) for each in self.systems]


def everything(landscape: Landscape) -> Served:
    """Return all that there is to serve."""
    return Served(processes=True, systems=landscape.systems)


def named(landscape: Landscape, names: Iterable[str]) -> Served:
    """Return what the names stand for: `processes`, a domain, or the queue of one system.

    Raises:
        UnknownQueueError: a name stands for nothing in this landscape.
    """
    asked = {name.strip() for name in names}
    by_name = {PROCESSES: frozenset[str](), **_domains(landscape), **_queues(landscape)}
    for name in sorted(asked - by_name.keys()):
        msg = f"there is no queue or domain {name!r}: there is {', '.join(by_name)}"
        raise UnknownQueueError(msg)
    wanted = frozenset[str]().union(*(by_name[name] for name in asked))
    return Served(
        processes=PROCESSES in asked,
        systems=tuple(each for each in landscape.systems if each.id in wanted),
    )


def _domains(landscape: Landscape) -> dict[str, frozenset[str]]:
    return {
        domain: frozenset(each.id for each in landscape.systems if each.role == role)
        for role, domain in DOMAINS.items()
        if any(each.role == role for each in landscape.systems)
    }


def _queues(landscape: Landscape) -> dict[str, frozenset[str]]:
    return {systems.task_queue(each.id): frozenset({each.id}) for each in landscape.systems}
