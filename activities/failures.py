"""Failures in Temporal's terms, so that every activity retries alike."""

from collections.abc import Generator
from contextlib import contextmanager

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from canonical.base import RuleError
from canonical.cases import Certainty, ErrorClass, Owner
from connectors import errors
from store import database

_RETRIED = (errors.Transient, errors.Uncertain)  # an effect resolves the latter before it sends
_VENDORS_WORD = (errors.Transient, errors.Uncertain, errors.Rejected, errors.Missing)

_CLASS: dict[str, ErrorClass] = {  # by the error's own name; `domain.md` §4.2
    "Transient": "E01",
    "Uncertain": "E03",
    "OutcomeUnknownError": "E03",
    "Unauthorized": "E04",
    "IncompleteError": "E05",
    "Rejected": "E05",
    "UnknownCurrencyError": "E05",
    "UnknownEntityError": "E05",
    "MappingMissingError": "E06",
    "Missing": "E07",
    "NotLinkedError": "E07",
    "UnknownClientError": "E07",
    "UnknownContractError": "E07",
    "UnknownProjectError": "E07",
    "ContentChangedError": "E08",
    "NotAdoptableError": "E08",
    "NoDraftError": "E08",
    "NotOwnerError": "E08",
    "WithdrawnError": "E08",
    "DoubleFoundError": "E09",
    "DuplicateCustomerError": "E09",
    "AmountsDifferError": "E15",
    "ApprovalStaleError": "E16",
    "NobodyError": "E16",
    "NotOnDraftError": "E16",
    "RecalledError": "E16",
    "SecondPersonNeededError": "E16",
    "Drifted": "E20",
}
_CODE_DEFECT: ErrorClass = "E21"
_OWNER: dict[ErrorClass, Owner] = {
    "E05": "finance",
    "E06": "finance",
    "E08": "sales_ops",
    "E09": "finance",
    "E15": "finance",
    "E16": "finance",
}
_ATTEMPTS_AT_A_BUG = 10
# A write whose answer is out of contract may have been applied; the name does not tell it from a
# read's, so the case says the worse of the two.
_UNKNOWN = ("Uncertain", "OutcomeUnknownError", "DoubleFoundError", "Drifted")
_REFUSED = ("Rejected", "Missing")


@contextmanager
def reported() -> Generator[None]:
    """Re-raise a failure as an ApplicationError named after its class.

    What nobody foresaw is tried a number of times, in case a restart or a database that comes
    back helps, and then waits for a person like everything else (E21).

    Raises:
        ApplicationError: non-retryable unless waiting can help; benign (nobody
            is paged) when it is the vendor's word and not our bug. Its details are the
            keys of the effects that failed.
    """
    try:
        yield
    except (errors.ConnectorError, RuleError) as exc:
        benign = isinstance(exc, _VENDORS_WORD)
        raise ApplicationError(
            str(exc) or type(exc).__name__,
            *getattr(exc, "__notes__", ()),
            type=type(exc).__name__,
            non_retryable=not isinstance(exc, _RETRIED),
            next_retry_delay=exc.retry_after if isinstance(exc, errors.ConnectorError) else None,
            category=ApplicationErrorCategory.BENIGN
            if benign
            else ApplicationErrorCategory.UNSPECIFIED,
        ) from exc
    except database.UNAVAILABLE:
        raise  # tried again for as long as the step may take
    except Exception as exc:
        if not activity.in_activity() or activity.info().attempt < _ATTEMPTS_AT_A_BUG:
            raise
        name = type(exc).__name__  # its text may quote data
        raise ApplicationError(name, type=name, non_retryable=True) from exc


def error_class(error: str) -> ErrorClass:
    """Return the class of an error by its type's name; what nobody foresaw is E21."""
    return _CLASS.get(error, _CODE_DEFECT)


def owner(kind: ErrorClass) -> Owner:
    """Return who deals with a class of errors."""
    return _OWNER.get(kind, "integration")


def certainty(error: str) -> Certainty:
    """Return what is known about the write behind an error."""
    if error in _UNKNOWN:
        return "outcome_unknown"
    return "rejected" if error in _REFUSED else "not_sent"
