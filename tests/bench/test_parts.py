"""The parts of the bench that need no stack."""

import os
import time
from datetime import timedelta

import pytest

from bench import cpu, critical_path, engagements, house, memory
from bench.critical_path import CALLS, Call
from bench.figures import Held
from bench.house import BenchError
from bench.sampler import room


def test_the_critical_path_is_the_longest_chain() -> None:
    calls = (
        Call("a", "crm"),
        Call("b", "erp", after=("a",)),
        Call("c", "psa", after=("a",)),
        Call("d", "crm", after=("c",)),
        Call("e", "crm", after=("b", "d")),
    )

    assert critical_path.longest(calls) == ("a", "c", "d", "e")


def test_calls_side_by_side_do_not_lengthen_the_path() -> None:
    path = critical_path.longest(CALLS)

    assert len(path) == len(CALLS) - 1
    assert len({"create the customer", "create the company"} & set(path)) == 1


def test_nothing_to_call_is_no_path() -> None:
    assert critical_path.longest(()) == ()


def test_calls_are_counted_by_the_system_that_gets_them() -> None:
    calls = (Call("a", "crm"), Call("b", "erp"), Call("c", "crm"))

    assert critical_path.by_role(calls) == {"crm": 2, "erp": 1}


@pytest.mark.parametrize(("figure", "holds"), [(1.5, True), (1.4999, True), (1.51, False)])
def test_a_bar_is_the_most_that_a_figure_may_be(figure: float, *, holds: bool) -> None:
    assert Held.within(1.5, figure).holds is holds


def test_cpu_time_is_what_a_process_worked_and_not_what_it_waited() -> None:
    me = {"me": os.getpid()}
    before = cpu.used(me)
    deadline = time.process_time() + 0.2
    while time.process_time() < deadline:
        pass
    worked = cpu.between(before, cpu.used(me))["me"]
    time.sleep(0.2)
    waited = cpu.between(before, cpu.used(me))["me"] - worked

    assert worked >= 0.15
    assert waited <= 0.1


async def test_waiting_ends_with_what_did_not_come_about() -> None:
    async def look() -> bool | None:
        return None

    with pytest.raises(BenchError, match="the end of the world did not come about"):
        await house.until(look, "the end of the world", timedelta(seconds=0.1))


@pytest.mark.parametrize(
    ("modules", "expected"),
    [
        (["sqlalchemy.orm.session", "store.entries", "activities.postings"], "store"),
        (["json.encoder", "connectors.http", "activities.postings"], "connectors"),
        (["pydantic.main", "activities.postings", "temporalio.worker"], "activities"),
        (["selectors", "asyncio.base_events"], "idle"),
        (["pydantic.main"], "other"),
    ],
)
def test_a_sample_belongs_to_the_innermost_room(modules: list[str], expected: str) -> None:
    assert room(modules) == expected


def test_the_rate_is_of_what_lies_between_and_not_of_how_many_there_are() -> None:
    assert engagements.rate([10.0, 10.5, 11.0, 11.5, 12.0]) == 120.0


def test_a_peak_is_the_most_within_its_block_and_not_before() -> None:
    with memory.peak(os.getpid(), "much") as much:
        held = bytearray(os.urandom(1 << 20) * 64)
    del held
    with memory.peak(os.getpid(), "little") as little:
        pass

    assert much[0].rss_mib >= little[0].rss_mib + 60
    assert much[0].rss_mib >= much[0].after.rss_mib
