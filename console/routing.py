"""The landscape as one stack has it: where its systems listen, which ERP serves whom."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit import TOMLDocument

from canonical.landscape import Landscape
from canonical.systems import SystemId
from console import storage


class OtherErpError(Exception):
    """A stack has another ERP than was asked for; the text says which and what to do."""


def vendors(landscape: Landscape) -> list[str]:
    """Return whose ERPs serve the entities of a landscape."""
    serving = {routes.erp for routes in landscape.routes.values()}
    return sorted({landscape.system(erp).vendor for erp in serving})


def refuse_other(landscape: Landscape, erp: str | None) -> None:
    """Refuse to go on with a running stack in which another ERP serves somebody.

    Raises:
        OtherErpError: it does.
    """
    if erp is not None and vendors(landscape) != [erp]:
        msg = (
            f"the ERP of the running stack is {' and '.join(vendors(landscape))}: leave out --erp, "
            f"or stop that stack and start one with `tiebeam up --erp {erp} --state FOLDER`"
        )
        raise OtherErpError(msg)


def refuse_moved(state: Path, landscape: Landscape) -> None:
    """Refuse a state in which an entity's records are in another ERP: they would be missed.

    Raises:
        OtherErpError: one's are.
    """
    kept = state / "landscape.toml"
    if not kept.exists() or not storage.is_begun(state):
        return
    before = tomlkit.parse(kept.read_text()).unwrap()["entities"]
    for entity, routes in landscape.routes.items():
        erp = before.get(entity, {}).get("erp", routes.erp)
        if erp != routes.erp:
            msg = (
                f"{state} was begun with {erp} as the ERP of {entity}, not {routes.erp}: "
                f"choose another --state, or remove it to begin again"
            )
            raise OtherErpError(msg)


def rewritten(text: str, landscape: Landscape, urls: Mapping[SystemId, str]) -> str:
    """Return the text of a landscape with other addresses, and with the routes of `landscape`."""
    document = tomlkit.parse(text)
    for system, url in urls.items():
        _move(_table(document, "systems", system), landscape.system(system).url, url)
    for entity, routes in landscape.routes.items():
        _table(document, "entities", entity)["erp"] = routes.erp
    return tomlkit.dumps(document)


def _table(document: TOMLDocument, *path: str) -> dict[str, Any]:
    found: Any = document
    for name in path:
        found = found[name]
    table: dict[str, Any] = found
    return table


def _move(system: dict[str, Any], old: str, new: str) -> None:
    """Write a new address over the old one, in the options too that begin with it."""
    system["url"] = new
    options = system.get("options", {})
    for name, value in options.items():
        if value.startswith(old):
            options[name] = new + value.removeprefix(old)
