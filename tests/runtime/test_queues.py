import pytest

from canonical.landscape import Landscape
from runtime import queues
from runtime.queues import UnknownQueueError


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["processes"], ["processes"]),
        (["sales"], ["system.crm-main"]),
        (["delivery"], ["system.psa-main"]),
        (["finance"], ["system.erp-main"]),
        (["system.erp-main"], ["system.erp-main"]),
        ([" finance", "processes", "system.erp-main"], ["processes", "system.erp-main"]),
    ],
)
def test_a_name_is_the_processes_a_domain_or_one_queue(
    names: list[str], expected: list[str], landscape: Landscape
) -> None:
    assert queues.named(landscape, names).queues == expected


def test_every_name_together_is_everything(landscape: Landscape) -> None:
    all_names = ["processes", *queues.DOMAINS.values()]

    assert queues.named(landscape, all_names) == queues.everything(landscape)


def test_a_domain_serves_all_of_its_systems(landscape: Landscape) -> None:
    first = next(each for each in landscape.systems if each.role == "erp")
    second = first.model_copy(update={"id": "erp-second"})
    two = landscape.model_copy(update={"systems": (*landscape.systems, second)})

    assert queues.named(two, ["finance"]).queues == ["system.erp-main", "system.erp-second"]


@pytest.mark.parametrize("name", ["finanse", "", "system.nowhere", "erp-main"])
def test_an_unknown_name_is_refused_with_what_there_is(name: str, landscape: Landscape) -> None:
    with pytest.raises(UnknownQueueError, match=f"'{name}': there is processes, sales, delivery"):
        queues.named(landscape, ["processes", name])
