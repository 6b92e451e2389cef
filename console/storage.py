"""Where an embedded stack keeps its store: SQLite beside everything else, or a given database."""

from pathlib import Path

from store import address, rest
from store.database import Database

_STORE = "TIEBEAM_STORE_URL="


class OtherStoreError(Exception):
    """A stack cannot keep its store there; the text says why and what to do."""


def refuse_password(database: str | None) -> None:
    """Refuse an address on the command line that has a password: everybody here could read it.

    Raises:
        OtherStoreError: it has one.
        StoreError: it is no address of a store.
    """
    if database is not None and address.has_password(database):
        msg = (
            "--database has a password, which the list of processes would show to everybody here: "
            "put the whole address into TIEBEAM_DATABASE, or the password alone into PGPASSWORD "
            "or ~/.pgpass"
        )
        raise OtherStoreError(msg)


def chosen(state: Path, asked: str | None) -> str:
    """Return the address of a stack's store; the one that it was begun with stays.

    Raises:
        OtherStoreError: it was begun with another one.
        StoreError: what is asked for is no address of a store.
    """
    wanted = address.parse(asked).render_as_string(hide_password=False) if asked else None
    kept = _kept(state)
    if kept is None:
        return wanted or _own(state)
    if wanted is None or address.shown(address.parse(wanted)) == address.shown(address.parse(kept)):
        return wanted or kept
    msg = (
        f"{state} was begun with its store in {address.shown(address.parse(kept))}: leave out "
        f"--database, choose another --state, or remove {state} to begin again"
    )
    raise OtherStoreError(msg)


async def refuse_unusable(state: Path, store_url: str) -> None:
    """Refuse a database that cannot be opened, or that a new stack finds others' work in.

    Raises:
        OtherStoreError: it holds work, whose processes run elsewhere.
        StoreError: it cannot be opened.
    """
    if store_url == _own(state):
        return
    database = Database(store_url)
    try:
        await database.reach()
        if not is_begun(state) and await rest.has_work(database):
            at = address.shown(database.engine.url)
            msg = f"{at} holds the work of another stack: give {state} a database of its own"
            raise OtherStoreError(msg)
    finally:
        await database.close()


def is_begun(state: Path) -> bool:
    """Say whether a stack ever kept anything in the store of a state."""
    return _kept(state) is not None


def _own(state: Path) -> str:
    return f"sqlite+aiosqlite:///{state / 'store.db'}"


def _kept(state: Path) -> str | None:
    """Return where the store of a stack is that was begun before."""
    file = state / "env"
    lines = file.read_text().splitlines() if file.exists() else []
    found = [line.removeprefix(_STORE) for line in lines if line.startswith(_STORE)]
    is_begun = found and (not found[0].startswith("sqlite") or (state / "store.db").exists())
    return found[0] if is_begun else None
