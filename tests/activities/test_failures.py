"""Every failure that can leave a step has its class, its owner and its retry, decided here."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

import activities
import canonical
import connectors
import policies
import store
from activities import failures
from canonical.base import RuleError
from canonical.cases import ErrorClass
from connectors import errors
from connectors.errors import ConnectorError

RETRIED = {"Transient", "Uncertain"}
CLASSES: dict[str, ErrorClass] = {
    "AmountsDifferError": "E15",
    "ApprovalStaleError": "E16",
    "NobodyError": "E16",
    "NotOnDraftError": "E16",
    "RecalledError": "E16",
    "SecondPersonNeededError": "E16",
    "ContentChangedError": "E08",
    "CurrencyMismatchError": "E21",
    "DoubleFoundError": "E09",
    "DuplicateCustomerError": "E09",
    "Drifted": "E20",
    "IncompleteError": "E05",
    "MappingMissingError": "E06",
    "Missing": "E07",
    "NotAdoptableError": "E08",
    "NotExactError": "E21",
    "NotLinkedError": "E07",
    "NoDraftError": "E08",
    "NotOwnerError": "E08",
    "OutcomeUnknownError": "E03",
    "Rejected": "E05",
    "Transient": "E01",
    "Unauthorized": "E04",
    "Uncertain": "E03",
    "UnknownClientError": "E07",
    "NotReadyError": "E21",
    "UnknownContractError": "E07",
    "UnknownCurrencyError": "E05",
    "UnknownEntityError": "E05",
    "UnknownProjectError": "E07",
    "WithdrawnError": "E08",
}


def _below(kind: type[Exception]) -> Iterator[type[Exception]]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)


def _all() -> list[type[Exception]]:
    """Return every failure of ours that there is in any room that steps can reach."""
    for room in (activities, canonical, connectors, policies, store):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            if ".migrations" not in module.name:
                importlib.import_module(module.name)
    kinds = [*_below(ConnectorError), *_below(RuleError)]
    return sorted(
        (kind for kind in kinds if not kind.__module__.startswith("tests")),
        key=lambda kind: kind.__name__,
    )


KINDS = _all()
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)


def _failure(kind: type[Exception]) -> Exception:
    return kind("fake", "said so") if issubclass(kind, ConnectorError) else kind("said so")


def _reported(failure: Exception) -> ApplicationError:
    with pytest.raises(ApplicationError) as caught, failures.reported():
        raise failure
    return caught.value


def test_every_failure_has_its_class_on_purpose() -> None:
    assert {kind.__name__: failures.error_class(kind.__name__) for kind in KINDS} == CLASSES


@each_kind
def test_every_failure_leaves_under_its_own_name(kind: type[Exception]) -> None:
    reported = _reported(_failure(kind))

    assert reported.type == kind.__name__
    assert "said so" in reported.message


@each_kind
def test_only_what_waiting_can_help_is_tried_again(kind: type[Exception]) -> None:
    assert _reported(_failure(kind)).non_retryable is (kind.__name__ not in RETRIED)


@each_kind
def test_nobody_is_paged_for_a_vendors_word(kind: type[Exception]) -> None:
    is_theirs = kind.__name__ in {"Transient", "Uncertain", "Rejected", "Missing"}
    benign = _reported(_failure(kind)).category is ApplicationErrorCategory.BENIGN

    assert benign is is_theirs


def test_waits_as_long_as_the_vendor_asks() -> None:
    throttled = errors.Transient("fake", "answered 429", retry_after=timedelta(seconds=7))

    assert _reported(throttled).next_retry_delay == timedelta(seconds=7)
    assert _reported(errors.Transient("fake", "answered 503")).next_retry_delay is None


def test_the_vendors_words_stay_out_of_the_history() -> None:
    refused = errors.Rejected("fake", "answered 400", reason="Kim Allen earns 70.00 an hour")
    refused.add_note("client/CL-00001/psa")
    reported = _reported(refused)

    assert reported.message == "fake: answered 400"
    assert list(reported.details) == ["client/CL-00001/psa"]


def test_a_rule_without_words_is_told_by_its_name() -> None:
    assert _reported(RuleError()).message == "RuleError"


def test_what_nobody_foresaw_goes_on_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), failures.reported():
        raise ZeroDivisionError


def test_what_nobody_foresaw_is_a_code_defect_for_integration() -> None:
    assert failures.error_class("ZeroDivisionError") == "E21"
    assert failures.owner("E21") == "integration"


@pytest.mark.parametrize(
    ("error", "certainty"),
    [
        ("Uncertain", "outcome_unknown"),
        ("OutcomeUnknownError", "outcome_unknown"),
        ("DoubleFoundError", "outcome_unknown"),
        ("Drifted", "outcome_unknown"),
        ("Rejected", "rejected"),
        ("Missing", "rejected"),
        ("Transient", "not_sent"),
        ("MappingMissingError", "not_sent"),
    ],
)
def test_says_what_is_known_of_the_write(error: str, certainty: str) -> None:
    assert failures.certainty(error) == certainty


@pytest.mark.parametrize(
    ("error", "owner"),
    [
        ("Rejected", "finance"),
        ("MappingMissingError", "finance"),
        ("DoubleFoundError", "finance"),
        ("AmountsDifferError", "finance"),
        ("ApprovalStaleError", "finance"),
        ("Unauthorized", "integration"),
        ("Drifted", "integration"),
    ],
)
def test_names_who_deals_with_it(error: str, owner: str) -> None:
    assert failures.owner(failures.error_class(error)) == owner
