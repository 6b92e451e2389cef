"""Landscapes of a test's own, as an integration engineer writes them: data, in files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml

from tests.architecture.trees import ROOT
from world.stage import loader

SECOND = "erp-tryton"
ACQUIRED = "erp-acquired"
COMPANY = "GBMF"  # that the firm has bought, with the ERP that it had

_STORY: dict[str, Any] = {
    "scenario": "acquired-company",
    "title": "The first deal of a company that was bought",
    "firm": "firm.yaml",
    "clients": {
        "mersey": {
            "name": "Mersey Pumps Ltd",
            "street": "9 Dock Road",
            "postal_code": "L3 4AA",
            "city": "Liverpool",
            "country": "GB",
            "tax_status": "business",
            "payment_terms": "Net30",
            "currency": "GBP",
        }
    },
    "deals": {
        "pumps": {
            "name": "Mersey stock review",
            "client": "mersey",
            "entity": COMPANY,
            "practice": "ERP",
            "currency": "GBP",
            "billing_model": "time and materials",
            "billing_frequency": "monthly",
            "service_start": "2026-05-01",
            "service_end": "2026-05-31",
            "rates": [{"role": "CONSULTANT", "since": "2026-05-01", "per_hour": 100, "hours": 8}],
        }
    },
    "timeline": [
        {"on": "2026-05-04", "win": "pumps"},
        {"on": "2026-05-11", "work": "pumps", "who": "ada", "hours": 8, "note": "Stock review"},
        {"on": "2026-05-12", "approve": "pumps", "by": "pat"},
        {"on": "2026-05-31", "cut_off": "pumps"},
    ],
}


def write(folder: Path) -> dict[str, str]:
    """Write a landscape in which every company has an ERP of its own; return its variables.

    One is on the sandbox, one on Tryton, and one that was bought brought its own Tryton along.
    """
    landscape = _read("landscape.toml")
    landscape["entities"]["DEMF"]["erp"] = SECOND
    landscape["systems"][ACQUIRED] = {
        **landscape["systems"][SECOND],
        "url": "http://127.0.0.1:8405",
        "credential": ACQUIRED,
    }
    landscape["makers"][ACQUIRED] = landscape["makers"][SECOND]
    landscape["entities"][COMPANY] = {
        **landscape["entities"]["DEMF"],
        "name": "Cairn & Rowe Ltd",
        "country": "GB",
        "currency": "GBP",
        "time_zone": "Europe/London",
        "erp": ACQUIRED,
    }
    mappings = _read("mappings.toml")
    for row in mappings["mapping"]:
        if SECOND in row["system"]:
            row["system"] = [*row["system"], ACQUIRED]
    files = {"TIEBEAM_LANDSCAPE": landscape, "TIEBEAM_MAPPINGS": mappings}
    for name, content in files.items():
        (folder / f"{name}.toml").write_text(tomlkit.dumps(content))
    return {name: str(folder / f"{name}.toml") for name in files}


def limited(folder: Path, *, four_eyes_above: str) -> dict[str, str]:
    """Write the landscape with two people to approve larger invoices; return its variables."""
    landscape = _read("landscape.toml")
    limits = {"approval_above": "5000", "four_eyes_above": four_eyes_above}
    landscape["entities"]["USMF"] |= limits
    path = folder / "landscape.toml"
    path.write_text(tomlkit.dumps(landscape))
    return {"TIEBEAM_LANDSCAPE": str(path)}


@contextmanager
def in_force(variables: dict[str, str]) -> Iterator[None]:
    """Set the variables for as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield


def story(folder: Path) -> Path:
    """Write the firm with the company that it has bought, and that company's first deal."""
    firm = yaml.safe_load(loader.find("milestones").with_name("firm.yaml").read_text())
    firm["entities"][COMPANY] = {
        "name": "Cairn & Rowe Ltd",
        "country": "GB",
        "currency": "GBP",
        "time_zone": "Europe/London",
        "tax_codes": {"GB20": 20},
        "tax_groups": {
            "DOM": {"code": "GB20"},
            "RC": {"code": "GB20", "reverse_charge": True},
            "EXP": {"code": "GB20", "exempt": True},
        },
    }
    firm["people"]["ada"] = {
        "name": "Ada Rowe",
        "email": "ada@firm.test",
        "employee": "000301",
        "entity": COMPANY,
        "role": "CONSULTANT",
        "costs": [{"since": "2026-01-01", "per_hour": 55, "currency": "GBP"}],
    }
    (folder / "firm.yaml").write_text(yaml.safe_dump(firm, allow_unicode=True))
    path = folder / "acquired-company.yaml"
    path.write_text(yaml.safe_dump(_STORY, allow_unicode=True))
    return path


def _read(name: str) -> dict[str, Any]:
    return tomlkit.parse((ROOT / name).read_text()).unwrap()
