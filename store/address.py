"""Where a store is: the URLs that people type, as SQLAlchemy's asynchronous drivers want them."""

from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
}
_FORMS = "postgresql://USER@HOST:PORT/DATABASE or sqlite:///FILE"
_REMEDIES = (  # by a sign in what the server says
    ("does not exist", "Create it first (createdb), owned by the user that we are"),
    ("password", "Put its password into PGPASSWORD or ~/.pgpass, or correct it"),
    ("pg_hba.conf", "Let this user in from this host, in the server's pg_hba.conf"),
    ("unable to open database file", "Create its folder, and make it writable to us"),
)
_REMEDY = "Is the database running, and its host right?"


class StoreError(Exception):
    """A store cannot be used as it is; the text says why and what to do, and no password."""


def parse(text: str) -> URL:
    """Return the address of a store; the scheme alone decides about the driver.

    Raises:
        StoreError: it is no URL, of another database or driver, or names no database.
    """
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        msg = f"the store's address is no URL: it looks like {_FORMS}"
        raise StoreError(msg) from None
    if url.drivername not in _DRIVERS:
        msg = f"no store is kept in {url.drivername!r}: its address looks like {_FORMS}"
        raise StoreError(msg)
    if not url.database:
        msg = f"the store's address {shown(url)} names no database: it looks like {_FORMS}"
        raise StoreError(msg)
    return url.set(drivername=_DRIVERS[url.drivername])


def with_password(text: str, file: Path) -> str:
    """Return an address with the password that stands in a file.

    Raises:
        StoreError: the address has no user or a password already, or the file cannot be read.
    """
    url = make_url(text)
    if url.password is not None or url.username is None:
        msg = "the store's address must have a user, and no password where a file has it"
        raise StoreError(msg)
    try:
        password = file.read_text().strip()
    except OSError as exc:
        msg = f"{file}: {exc.strerror}"
        raise StoreError(msg) from None
    return url.set(password=password).render_as_string(hide_password=False)


def has_password(text: str) -> bool:
    """Say whether an address has a password in it, where a command line would show it to all.

    Raises:
        StoreError: it is no address of a store.
    """
    url = parse(text)
    return url.password is not None or "password" in url.query


def shown(url: URL) -> str:
    """Return an address as it may be shown: no password, and no driver, which is our affair."""
    plain = url._replace(drivername=url.get_backend_name(), password=None)
    return plain.difference_update_query(["password"]).render_as_string()


def unreachable(url: URL, words: str) -> str:
    """Return what to tell whoever runs us when a database cannot be opened.

    `words` are the server's or the driver's own; they never hold the password.
    """
    said = words.strip().splitlines()[0].removeprefix("connection failed: ")
    remedy = next((remedy for sign, remedy in _REMEDIES if sign in said), _REMEDY)
    return f"cannot open {shown(url)}: {said}. {remedy}"
