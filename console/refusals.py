"""What the console refuses in a readable sentence, and the exit code of each."""

from console import problems
from console.builds import BuildError
from console.doctor.examination import UnknownSystemError
from console.explanation import UnknownSubjectError
from console.namespace import NamespaceError
from console.platform import UnknownDealError
from console.prebill import NotChangedError
from console.routing import OtherErpError
from console.stack import StackError
from console.starting import NotStartedError
from console.storage import OtherStoreError
from store.address import StoreError
from store.engagements import UnknownContractError

READABLE: dict[type[Exception], int] = {
    NotChangedError: problems.WRONG_INPUT,
    BuildError: problems.WRONG_INPUT,
    NamespaceError: problems.WRONG_INPUT,
    NotStartedError: problems.WRONG_INPUT,
    OtherErpError: problems.WRONG_INPUT,
    OtherStoreError: problems.WRONG_INPUT,
    StoreError: problems.WRONG_INPUT,
    UnknownContractError: problems.WRONG_INPUT,
    UnknownDealError: problems.WRONG_INPUT,
    UnknownSubjectError: problems.WRONG_INPUT,
    UnknownSystemError: problems.WRONG_INPUT,
    StackError: problems.NOTHING_RUNS,
}
