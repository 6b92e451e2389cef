"""Which operations a case is about, where it is not about all of them."""

from collections.abc import Callable
from typing import TypeVar

from tests.connectors.conformance.system import System

CaseT = TypeVar("CaseT", bound=Callable[..., object])


def slow(case: CaseT) -> CaseT:
    """Run a case in `make test` with one operation only: it is long."""
    vars(case)["is_slow"] = True
    return case


def findable(case: CaseT) -> CaseT:
    """Run a case with writes of class B only: those that a search finds again."""
    return _wanted(case, lambda _kind, _operation, delivery: delivery == "B")


def doubled(case: CaseT) -> CaseT:
    """Run a case with writes that nothing at the vendor keeps from being there twice."""
    return _wanted(
        case,
        lambda kind, operation, delivery: delivery == "B" and operation not in kind.unique,
    )


def enforced(case: CaseT) -> CaseT:
    """Run a case with writes whose key the vendor enforces: other content under it is refused."""
    return _wanted(
        case,
        lambda kind, operation, delivery: delivery == "A" and operation in kind.keyed,
    )


def paged(case: CaseT) -> CaseT:
    """Run a case with reads that come in pages."""
    return _wanted(case, lambda kind, operation, _delivery: operation in kind.paged)


def batch(case: CaseT) -> CaseT:
    """Run a case with writes of several records."""
    return _wanted(case, lambda kind, operation, _delivery: operation in kind.batches)


def by_id(case: CaseT) -> CaseT:
    """Run a case with reads of one record, which can be missing."""
    return _wanted(case, lambda kind, operation, _delivery: operation in kind.by_id)


def searches(case: CaseT) -> CaseT:
    """Run a case with reads whose answer to nothing there is nothing."""
    return _wanted(case, lambda kind, operation, _delivery: operation not in kind.by_id)


def _wanted(case: CaseT, wanted: Callable[[type[System], str, str | None], bool]) -> CaseT:
    vars(case)["wanted"] = wanted
    return case
