"""The settings. Only roots read them, and only here is the environment read."""

import tomllib
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from canonical.landscape import Landscape, SystemInstance
from canonical.mappings import Mapping
from canonical.ownership import Ownership
from connectors.errors import ConnectorError
from runtime.connection import Certificates, Connection, WrongConnectionError
from store import address
from store.address import StoreError

_ROOM = Path(__file__).parent
_ROUTES = ("crm", "psa", "erp", "approval_above", "four_eyes_above", "billing_threshold")
T = TypeVar("T")
Credentials = dict[str, dict[str, SecretStr]]


class Settings(BaseSettings):
    """Each field is an environment variable with the prefix `TIEBEAM_`; an empty one is not set."""

    model_config = SettingsConfigDict(
        env_prefix="TIEBEAM_", env_ignore_empty=True, frozen=True, extra="ignore"
    )

    temporal_address: str = "127.0.0.1:7233"
    temporal_namespace: str = "default"
    temporal_tls: bool | None = None  # None: with TLS if anything below asks for it
    temporal_tls_cert: Path | None = None
    temporal_tls_key: Path | None = None
    temporal_tls_server_ca: Path | None = None
    temporal_tls_server_name: str | None = None
    temporal_api_key: SecretStr | None = None
    temporal_api_key_file: Path | None = None
    store_url: str = Field(default="sqlite+aiosqlite:///.tiebeam/store.db", repr=False)
    store_password_file: Path | None = None
    database: SecretStr | None = None  # the store of an embedded stack that is not to be SQLite
    allow_newer_schema: bool = False  # an older build that drains goes on after an upgrade
    deployment: str = "tiebeam"
    build: str | None = None  # of this worker; None: its runs are not versioned
    landscape: Path = _ROOM / "landscape.toml"
    mappings: Path = _ROOM / "mappings.toml"
    ownership: Path = _ROOM / "ownership.toml"
    credentials: Path = Path(".tiebeam/credentials.toml")
    gateway_host: str = "127.0.0.1"
    gateway_port: int = 8400
    health_host: str = "127.0.0.1"
    health_port: int | None = None
    web_ui: str = "http://127.0.0.1:8233"
    poll_seconds: float = 5.0
    failpoint: Path | None = None  # where a test says at which boundary this worker dies
    log_format: str = "json"


class SettingsError(Exception):
    """A file of the configuration is missing or wrong; the text says which and what to do."""


def read() -> Settings:
    """Return the settings of the environment.

    Raises:
        SettingsError: a variable has a value that cannot be.
    """
    try:
        return Settings()
    except ValidationError as exc:
        raise SettingsError(_wrong("environment", exc)) from None


def of_stack(state: Path) -> Settings:
    """Return the settings that a running stack left in its state; they go before all others."""
    lines = (state / "env").read_text().splitlines()
    kept = dict(line.removeprefix("TIEBEAM_").split("=", 1) for line in lines)
    return Settings.model_validate({name.lower(): value for name, value in kept.items()})


def connection(config: Settings) -> Connection:
    """Return the way to Temporal that the settings describe.

    Raises:
        SettingsError: some of them contradict each other, or a certificate is none.
    """
    files = Certificates(
        client=config.temporal_tls_cert,
        client_key=config.temporal_tls_key,
        server_ca=config.temporal_tls_server_ca,
        server_name=config.temporal_tls_server_name,
    )
    secret = config.temporal_api_key
    key = None if secret is None else secret.get_secret_value()
    with _named("TIEBEAM_TEMPORAL_"):
        return Connection.of(
            config.temporal_address,
            config.temporal_namespace,
            tls=config.temporal_tls,
            files=files,
            api_key=key,
            api_key_file=config.temporal_api_key_file,
        )


def store_url(config: Settings) -> str:
    """Return the address of the store, with the password of its file.

    Raises:
        SettingsError: the password stands in both, or its file cannot be read.
    """
    if config.store_password_file is None:
        return config.store_url
    try:
        return address.with_password(config.store_url, config.store_password_file)
    except StoreError as exc:
        msg = f"TIEBEAM_STORE_PASSWORD_FILE: {exc}"
        raise SettingsError(msg) from None


def load_landscape(path: Path, *, erp: str | None = None) -> Landscape:
    """Return the checked landscape, without the systems that no entity uses.

    With `erp`, the ERP of that vendor serves every entity, whatever the file says.

    Raises:
        SettingsError: the file is missing or wrong, or has no ERP of that vendor.
    """
    found = _checked(TypeAdapter(_LandscapeFile), _toml(path), path)
    if erp is not None:
        for routes in found.entities.values():
            routes["erp"] = _erp_of(erp, found.systems, path)
    whole = {
        "systems": [{"id": name, **fields} for name, fields in found.systems.items()],
        "entities": [
            {"id": name, **{key: value for key, value in fields.items() if key not in _ROUTES}}
            for name, fields in found.entities.items()
        ],
        "routes": {
            name: {key: value for key, value in fields.items() if key in _ROUTES}
            for name, fields in found.entities.items()
        },
        "makers": found.makers,
        "posting_shards": found.posting_shards,
    }
    return _checked(TypeAdapter(Landscape), whole, path).in_use()


def load_mappings(path: Path) -> tuple[Mapping, ...]:
    """Return the value mappings of a file; a row of several systems is a row of each.

    Raises:
        SettingsError: the file is missing or wrong.
    """
    found = _checked(TypeAdapter(_MappingFile), _toml(path), path)
    return tuple(
        _checked(TypeAdapter(Mapping), {**row, "system": system}, f"{path}: mapping.{number}")
        for number, row in enumerate(found.mapping)
        for system in _systems(row)
    )


def load_ownership(path: Path) -> Ownership:
    """Return who owns which field.

    Raises:
        SettingsError: the file is missing or wrong.
    """
    return _checked(TypeAdapter(Ownership), {"owners": _toml(path)}, path)


def load_credentials(path: Path) -> Credentials:
    """Return the secrets of each system by the names the landscape uses.

    Raises:
        SettingsError: the file is missing or wrong.
    """
    return _checked(TypeAdapter(Credentials), _toml(path), path)


class _LandscapeFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    systems: dict[str, dict[str, Any]]
    entities: dict[str, dict[str, Any]]
    makers: dict[str, dict[str, Any]]
    posting_shards: int = 1


class _Secrets(dict[str, SecretStr]):
    def __init__(self, where: str, kept: dict[str, SecretStr]) -> None:
        super().__init__(kept)
        self._where = where

    def __missing__(self, name: str) -> NoReturn:
        msg = f"{self._where} has no {name}: its system needs one"
        raise SettingsError(msg)


def _erp_of(vendor: str, systems: dict[str, dict[str, Any]], path: Path) -> str:
    erps = {name: each.get("vendor") for name, each in systems.items() if each.get("role") == "erp"}
    found = [name for name, theirs in erps.items() if theirs == vendor]
    if len(found) == 1:
        return found[0]
    msg = f"{path} has no ERP of {vendor!r}: there is {', '.join(map(str, erps.values()))}"
    if found:
        msg = f"{path} has several ERPs of {vendor!r} ({', '.join(found)}): name one by each entity"
    raise SettingsError(msg)


class _MappingFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    mapping: list[dict[str, Any]]


def _systems(row: dict[str, Any]) -> list[Any]:
    system: Any = row.get("system")
    is_several = isinstance(row.get("system"), list) and system
    return system if is_several else [system]


def load_secrets(path: Path, systems: Iterable[SystemInstance]) -> Credentials:
    """Return the secrets that a process needs for the systems it speaks with; for none, none.

    To ask for one that is not there is a `SettingsError` too.

    Raises:
        SettingsError: the file is missing or wrong, or lacks the section of one of them.
    """
    asked = tuple(systems)
    found = load_credentials(path) if asked else {}
    for each in asked:
        if each.credential not in found:
            msg = f"{path} has no section [{each.credential}], which system {each.id} needs"
            raise SettingsError(msg)
    return {name: _Secrets(f"{path} [{name}]", kept) for name, kept in found.items()}


@contextmanager
def explained(where: str) -> Generator[None]:
    """Say where in the configuration the values are with which something cannot be opened.

    Raises:
        SettingsError: an option or a secret is wrong; none is quoted.
    """
    try:
        yield
    except ValidationError as exc:
        raise SettingsError(_wrong(f"{where}.options", exc)) from None
    except (ConnectorError, ValueError) as exc:
        msg = f"{where}: {exc}"
        raise SettingsError(msg) from None


@contextmanager
def _named(prefix: str) -> Generator[None]:
    try:
        yield
    except WrongConnectionError as exc:
        msg = f"{prefix}{exc}"
        raise SettingsError(msg) from None


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as exc:
        msg = f"cannot read {path}: {exc.strerror}"
        raise SettingsError(msg) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        msg = f"{path} is not TOML: {exc}"
        raise SettingsError(msg) from exc


def _checked(adapter: TypeAdapter[T], found: object, where: Path | str) -> T:
    try:
        return adapter.validate_python(found)
    except ValidationError as exc:
        raise SettingsError(_wrong(str(where), exc)) from None


def _wrong(where: str, exc: ValidationError) -> str:
    # The original quotes values, secrets among them.
    wrong = "; ".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}"
        for error in exc.errors(include_input=False)
    )
    return f"{where}: {wrong}"
