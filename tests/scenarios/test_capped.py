"""Threshold, cap and approval on real servers, read back from the systems."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest
import pytest_asyncio

import starter
from canonical.contracts import ContractId
from console import explanation
from store import invoices
from tests.architecture.trees import ROOT
from tests.scenarios import config, stage
from world.stage import loader
from world.stage.report import Report


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def with_limits(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[starter.Running]:
    variables = config.limited(tmp_path_factory.mktemp("config"), four_eyes_above="9000000")
    with config.in_force(variables):
        async with stage.stack(tmp_path_factory.mktemp("stack")) as (found, _):
            yield found


async def _tiebeam(running: starter.Running, *arguments: str, told: str = "") -> tuple[int, str]:
    """Run a command on the stack as a person does; return its exit code and all that it says."""
    state = Path(running.config.store_url.removeprefix("sqlite+aiosqlite:///")).parent
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "starter.py"), *arguments, "--state", str(state)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(told.encode())
    return process.returncode or 0, said.decode()


def _unapproved(folder: Path) -> str:
    """Write the story without the line in which somebody approves the draft."""
    shipped = loader.find("capped")
    (folder / "firm.yaml").write_text(shipped.with_name("firm.yaml").read_text())
    lines = shipped.read_text().splitlines(keepends=True)
    kept = [line for line in lines if "approve_invoice" not in line and "cut_off" not in line]
    path = folder / "capped.yaml"
    path.write_text("".join(kept))
    return str(path)


def _holds(report: Report) -> None:
    assert [str(breach) for verdict in report.verdicts for breach in verdict.breaches] == []
    assert all(verdict.checked for verdict in report.verdicts)


def _nets(report: Report) -> list[Decimal]:
    (deal,) = report.deals
    return [each.net for each in sorted(deal.invoices, key=lambda each: each.day)]


async def test_o_03_r_060_a_threshold_bills_by_itself_and_a_cap_splits_the_last_entry(
    running: starter.Running,
) -> None:
    report = await stage.first(running, "capped")

    _holds(report)
    assert _nets(report) == [Decimal("9200.00"), Decimal("800.00")]
    (deal,) = report.deals
    assert [str(each.day) for each in deal.invoices] == ["2026-06-23", "2026-06-30"]
    (case,) = report.cases
    assert (case.error_class, case.is_open) == ("E11", True)
    assert "700.00 USD of approved work is above the cap of 10000.00 USD" in case.text
    assert deal.engagement == "active"


async def test_what_the_cap_holds_is_explained_to_the_cent(running: starter.Running) -> None:
    report = await stage.first(running, "capped")
    (deal,) = report.deals
    report_entry = max(deal.time, key=lambda each: each.day)

    found = await explanation.explain(running.database, f"psa-main:{report_entry.id}")

    assert [part["amount"] for part in found["slices"]] == ["800.00 USD", "700.00 USD"]
    assert [part["hours_shown"] for part in found["slices"]] == ["5.3333", "4.6667"]
    assert "700.00 USD held: the cap of 10000.00 USD is spent" in found["answer"]


async def test_where_the_firm_asks_for_it_a_draft_waits_until_it_is_approved(
    with_limits: starter.Running,
) -> None:
    report = await stage.played(with_limits, "capped")

    _holds(report)
    assert _nets(report) == [Decimal("9200.00"), Decimal("800.00")]
    assert {(case.error_class, case.is_open) for case in report.cases} == {
        ("E11", True),
        ("E16", False),
    }


async def test_people_read_edit_hold_and_approve_a_draft_at_the_command_line(
    with_limits: starter.Running, tmp_path: Path
) -> None:
    report = await stage.played(with_limits, _unapproved(tmp_path))
    (deal,) = report.deals
    assert deal.invoices == ()
    contract = ContractId(deal.erp_projects[0].contract)
    name = f"{contract}/1/1"
    _, before = await _tiebeam(with_limits, "invoice", "show", name, "--json")
    draft = json.loads(before)
    first = draft["lines"][0]["slices"][0]["source"]
    seen = ("--hash", draft["content_hash"])
    words = ("--line", "1", "--text", "Counting the halls", "--reason", "clearer", *seen)

    edited = await _tiebeam(with_limits, "invoice", "edit", name, "--by", "lena", *words)
    held = await _tiebeam(
        with_limits, "invoice", "hold", name, first, "--by", "lena", "--reason", "wrong week"
    )
    stale = await _tiebeam(
        with_limits, *("invoice", "approve", name, "--by", "pat", "--hash", draft["content_hash"])
    )
    refused = await _tiebeam(with_limits, "invoice", "approve", name, "--by", "pat", told="n\n")
    approved = await _tiebeam(with_limits, "invoice", "approve", name, "--by", "pat", told="y\n")
    await stage.at_rest(with_limits)

    assert (draft["net"], draft["approvals"]) == ("9200.00 USD", {"needed": 1, "given": []})
    assert (edited[0], held[0], approved[0]) == (0, 0, 0)
    assert edited[1].strip() != held[1].strip() != draft["content_hash"]
    assert (stale[0], refused[0]) == (2, 1)
    assert "has changed since it was seen: look again" in stale[1]
    assert "Counting the halls" in approved[1]
    async with with_limits.database.reading() as tx:
        kept = await invoices.of_contract(tx, contract)
    assert [str(one.invoice.net) for one in kept] == ["6200.00 USD"]
    assert [one.status is not None and one.status.state for one in kept] == ["posted"]
