"""Explain: why an entry, a milestone or an invoice line is (not) billed, from its approval on."""

import json
from collections.abc import Sequence
from typing import Any, cast

from rich.console import RenderableType
from rich.text import Text
from rich.tree import Tree

from canonical.contracts import ContractId
from canonical.projects import ProjectCode
from canonical.slices import Slice
from store import contracts, entries, invoices, slices
from store.database import Database, Transaction
from store.tables.money import Standing
from store.tables.work import Progress


class UnknownSubjectError(Exception):
    """There is no such entry, milestone or invoice line."""


async def explain(database: Database, subject: str) -> dict[str, Any]:
    """Return all that led to where the subject stands, as plain values.

    The subject is an entry (`psa-main:101`), a milestone (`CT-00001/M1`) or an invoice line
    by the ERP's number or our reference and the line (`FTI-00000001/1`, `CT-00001/1/1/2`).

    Raises:
        UnknownSubjectError: nothing of that name is known.
    """
    async with database.reading() as tx:
        parts = await slices.of_source(tx, subject)
        entry = await entries.find(tx, subject)
        if parts or entry:
            return await _source(tx, subject, parts, entry)
        line = await _line(tx, subject)
    if line is None:
        msg = (
            f"nothing is known of {subject!r}: name an entry (psa-main:101), a milestone "
            f"(CT-00001/M1) or an invoice line (FTI-00000001/1)"
        )
        raise UnknownSubjectError(msg)
    return line


async def _source(
    tx: Transaction,
    subject: str,
    parts: Sequence[tuple[str | None, int, Slice]],
    story: entries.Story | None,
) -> dict[str, Any]:
    explained: dict[str, Any] = {"subject": subject}
    if story is not None:
        entry = story.filed.entry
        explained["approval"] = {
            "by": entry.approved_by,
            "at": entry.approved_at.isoformat(),
            "work_date": entry.work_date.isoformat(),
            "seconds": str(entry.worked.seconds),
            "project": await _project(tx, story.filed.project),
            "contract": story.filed.contract,
        }
        explained["verdict"] = json.loads(story.verdict) if story.verdict else None
        explained["cost"] = {
            "state": story.progress.value,
            "batch": story.batch,
            "line": story.line,
        }
        explained["recalled"] = story.is_recalled or story.progress is Progress.VOIDED
    explained["slices"] = [await _slice(tx, *each) for each in parts]
    explained["answer"] = _answer(explained)
    return explained


async def _slice(tx: Transaction, invoice: str | None, line: int, part: Slice) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": part.number,
        "state": part.state,
        "seconds": str(part.worked.seconds),
        "hours_shown": str(part.worked.hours),
        "amount": str(part.amount),
        "project": await _project(tx, part.project),
    }
    if part.reason:
        found["reason"] = part.reason
    if invoice is not None:
        found["invoice"] = f"{await invoices.number(tx, invoice) or invoice}/{line}"
        found["standing"] = await invoices.standing(tx, invoice) or ""
    return found


async def _project(tx: Transaction, code: ProjectCode) -> dict[str, str]:
    found = await contracts.project(tx, code)
    return {"code": code, "name": found.name}


async def _line(tx: Transaction, subject: str) -> dict[str, Any] | None:
    name, _, number = subject.rpartition("/")
    references = await invoices.references(tx, name)
    if len(references) > 1:
        msg = f"{name} is the number of several invoices: name one of {', '.join(references)}"
        raise UnknownSubjectError(msg)
    if not references or not number.isdecimal():
        return None
    (reference,) = references
    parts = [part for line, part in await slices.on_invoice(tx, reference) if line == int(number)]
    if not parts:
        return None
    stands = _LINES[await invoices.standing(tx, reference) or Standing.POSTED]
    contract = await contracts.find(tx, ContractId(reference.split("/")[0]))
    return {
        "subject": subject,
        "invoice": reference,
        "contract": contract.name if contract else None,
        "slices": [await _slice(tx, None, 0, part) | {"source": part.source} for part in parts],
        "answer": f"{stands}: made up of {len(parts)} slice{'s' if len(parts) > 1 else ''}",
    }


_LINES = {
    Standing.DRAFT: "not billed yet, a draft",
    Standing.POSTING: "being posted",
    Standing.POSTED: "billed",
}
_ANSWERS = {
    "ready": "not billed yet: ready for the next cut-off",
    "covered": "not billed by itself: a fixed price covers it",
    "non_billable": "not billed: approved as not billable",
}


_RECALLED = "its approval was taken back"
_STANDS = {"draft": "not billed yet: on the draft", "posting": "being posted on"}


def _answer(explained: dict[str, Any]) -> str:
    parts = explained["slices"]
    said = [_stands(part) for part in parts if part["state"] == "billed"]
    if explained.get("recalled"):
        return f"{'; '.join(said)}, but {_RECALLED}" if said else f"not billed: {_RECALLED}"
    reasons = [f"{part['amount']} held: {part['reason']}" for part in parts if "reason" in part]
    if reasons and not said:
        said = ["not billed"]
    if said or reasons:
        return "; ".join((*said, *reasons))
    verdict, states = explained.get("verdict"), {part["state"] for part in parts}
    if "held" in states and verdict:
        return f"not billed: {verdict['defect']['text']}"
    known = [answer for state, answer in _ANSWERS.items() if state in states]
    return known[0] if known else "not billed yet: approved, and waits to be priced and posted"


def _stands(part: dict[str, Any]) -> str:
    return f"{_STANDS.get(part['standing'], 'billed on')} {part['invoice']}"


def views(explained: dict[str, Any]) -> list[RenderableType]:
    """Return an explanation as a person reads it."""
    tree = Tree(Text.assemble((explained["subject"], "bold"), f": {explained['answer']}"))
    for name, value in explained.items():
        if name not in {"subject", "answer"}:
            _branch(tree, name, value)
    return [tree]


def _branch(tree: Tree, name: str, value: object) -> None:
    if isinstance(value, dict):
        branch = tree.add(name.replace("_", " "))
        for key, inner in cast("dict[str, object]", value).items():
            _branch(branch, key, inner)
    elif isinstance(value, list):
        branch = tree.add(name.replace("_", " "))
        for number, inner in enumerate(cast("list[object]", value), start=1):
            _branch(branch, str(number), inner)
    else:
        tree.add(Text(f"{name.replace('_', ' ')}: {value}"))
