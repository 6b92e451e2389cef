"""The critical path of an activation: the longest chain of calls of which each needs the last.

It is read off the process, call by call: `after` names the calls whose answers a call needs.
What is written next depends on what was answered before (the customer's number, the company's
id, the contract), so the chain is the process's own; only customer and company of a client are
opened side by side. A vendor's push to us answers nothing and is no call, and a token outlives
a deal. Whoever adds a call to the process adds it here: the bench counts the calls of a deal
where they arrive, and refuses to measure against a path that does not fit.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple


class Call(NamedTuple):
    """One request to the system of a role."""

    name: str
    role: str
    after: tuple[str, ...] = ()


CALLS = (
    Call("read the deal", "crm"),
    Call("read the account", "crm", after=("read the deal",)),
    Call("create the customer", "erp", after=("read the account",)),
    Call("create the company", "psa", after=("read the account",)),
    Call("write the client's ids", "crm", after=("create the customer", "create the company")),
    Call("create the project shell", "psa", after=("write the client's ids",)),
    Call("create the contract", "erp", after=("create the project shell",)),
    Call("create the project", "erp", after=("create the contract",)),
    Call("write the project's code", "crm", after=("create the project",)),
)


def longest(calls: Sequence[Call]) -> tuple[str, ...]:
    """Return the names of the longest chain, the first of several; calls stand after their own."""
    chains: dict[str, tuple[str, ...]] = {}
    for call in calls:
        before = max((chains[name] for name in call.after), key=len, default=())
        chains[call.name] = (*before, call.name)
    return max(chains.values(), key=len, default=())


def by_role(calls: Sequence[Call]) -> dict[str, int]:
    """Return how many calls each system gets."""
    return dict(Counter(call.role for call in calls))
