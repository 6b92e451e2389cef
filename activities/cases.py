"""Cases: telling people that a step waits for them, with what it blocks."""

from collections.abc import Iterable, Sequence

from temporalio import activity

from activities import failures
from canonical.base import Record
from canonical.cases import Case, CaseId, Defect, ErrorClass
from canonical.contracts import ContractId
from canonical.money import Money
from store import cases, engagements, intents
from store.database import Database, Transaction


class OpenCases(Record):
    """A step of a workflow is parked, by defects or by an error of a type."""

    workflow: str
    step: str
    subject: str
    contract: ContractId | None = None
    defects: tuple[Defect, ...] = ()
    error: str = ""
    text: str = ""
    effect: str | None = None


class CasesOpened(Record):
    """The cases of a parked step, and the class of the first."""

    cases: tuple[CaseId, ...]
    error_class: ErrorClass


class CaseRecords:
    """Steps about cases; they touch only the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @activity.defn(name="cases.open")
    async def open(self, question: OpenCases) -> CasesOpened:
        """Open a case per wrong field, or one for the error. Idempotent: by workflow and step."""
        async with self._database.transaction() as tx:
            at_risk = await _at_risk(tx, question.contract)
            opened = (
                [_of_defects(question, alike, at_risk) for alike in _by_field(question.defects)]
                if question.defects
                else [await _of_error(tx, question, at_risk)]
            )
            for case in opened:
                await cases.open_case(tx, case)
        return CasesOpened(
            cases=tuple(case.id for case in opened), error_class=opened[0].error_class
        )

    @activity.defn(name="cases.close")
    async def close(self, closed: CasesOpened) -> None:
        """Close cases whose step went on. Idempotent: closed is closed."""
        async with self._database.transaction() as tx:
            for case in closed.cases:
                await cases.close_case(tx, case)

    @activity.defn(name="cases.withdraw")
    async def withdraw(self, workflow: str) -> None:
        """Close what a cancelled workflow waited for. Idempotent: closed is closed."""
        async with self._database.transaction() as tx:
            for case in await cases.open_of(tx, workflow):
                await cases.close_case(tx, case)


def _by_field(defects: Iterable[Defect]) -> Iterable[Sequence[Defect]]:
    found: dict[str, list[Defect]] = {}
    for defect in defects:
        found.setdefault(defect.field, []).append(defect)
    return found.values()


def _of_defects(question: OpenCases, alike: Sequence[Defect], at_risk: Money | None) -> Case:
    defect = alike[0]
    return Case(
        id=CaseId(f"{question.workflow}/{question.step}/{defect.field}"),
        error_class=defect.error_class,
        step=question.step,
        workflow=question.workflow,
        subject=defect.subject,
        text="; ".join(dict.fromkeys(each.text for each in alike)),
        root_cause=f"{defect.error_class}/{defect.subject}/{defect.field}",
        owner=defect.owner,
        certainty="not_sent",
        at_risk=at_risk,
    )


async def _of_error(tx: Transaction, question: OpenCases, at_risk: Money | None) -> Case:
    error_class = failures.error_class(question.error)
    reason = await intents.reason(tx, question.effect) if question.effect else None
    return Case(
        id=CaseId(f"{question.workflow}/{question.step}"),
        error_class=error_class,
        step=question.step,
        workflow=question.workflow,
        subject=question.subject,
        text=reason or question.text,
        root_cause=f"{error_class}/{question.error}/{question.subject}",
        owner=failures.owner(error_class),
        certainty=failures.certainty(question.error),
        at_risk=at_risk,
    )


async def _at_risk(tx: Transaction, contract: ContractId | None) -> Money | None:
    if contract is None:
        return None
    return await engagements.value(tx, contract)
