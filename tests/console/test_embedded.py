"""The embedded stack's set-up: its ports, and what it writes into its state."""

import stat
import tomllib
from pathlib import Path

import pytest

import settings
import starter
from canonical.landscape import Landscape
from console import embedded
from console.embedded import Ports
from console.stack import StackError
from settings import Settings
from tests.fakes import CRM, ERP, PSA

_ROOT = Path(__file__).parents[2]


def _mode(file: Path) -> int:
    return stat.S_IMODE(file.stat().st_mode)


def _written(state: Path, landscape: Landscape, ports: Ports) -> dict[str, str]:
    return embedded.environment(state, ports, Settings().landscape, landscape)


def test_listens_where_the_landscape_says(landscape: Landscape) -> None:
    ports = Ports.of(landscape)

    assert ports.systems == {CRM: 8401, PSA: 8402, ERP: 8403}
    assert (ports.gateway, ports.temporal, ports.ui) == (8400, 7233, 8233)


def test_another_base_gives_ports_in_a_row(landscape: Landscape) -> None:
    ports = Ports.of(landscape, 9000)

    assert ports.gateway == 9000
    assert ports.systems == {CRM: 9001, PSA: 9002, ERP: 9003}
    assert (ports.temporal, ports.ui) == (9004, 9005)


@pytest.mark.parametrize("url", ["https://acme.my.salesforce.com", "http://127.0.0.1"])
def test_a_system_of_the_world_is_not_embedded(landscape: Landscape, url: str) -> None:
    away = tuple(
        each.model_copy(update={"url": url}) if each.id == CRM else each
        for each in landscape.systems
    )

    with pytest.raises(StackError, match=f"crm-main is at {url}: .* runs on loopback only"):
        Ports.of(landscape.model_copy(update={"systems": away}))


def test_later_commands_find_this_stack(landscape: Landscape, tmp_path: Path) -> None:
    state = tmp_path / "new" / "state"

    _written(state, landscape, Ports.of(landscape, 9000))

    found = settings.of_stack(state)
    assert found.temporal_address == "127.0.0.1:9004"
    assert found.store_url == f"sqlite+aiosqlite:///{state / 'store.db'}"
    assert found.gateway_port == 9000
    assert found.web_ui == "http://127.0.0.1:9005"
    assert found.credentials == state / "credentials.toml"
    kept = settings.load_landscape(found.landscape)
    assert [each.url for each in kept.systems] == [
        "http://127.0.0.1:9001",
        "http://127.0.0.1:9002",
        "http://127.0.0.1:9003",
    ]
    assert kept.system(ERP).options["token_url"].startswith("http://127.0.0.1:9003/")
    assert kept.entities == landscape.entities


def test_ports_may_swap(landscape: Landscape, tmp_path: Path) -> None:
    _written(tmp_path, landscape, Ports({CRM: 8403, PSA: 8401, ERP: 8402}))

    kept = settings.load_landscape(tmp_path / "landscape.toml")
    assert [kept.system(each).url[-4:] for each in (CRM, PSA, ERP)] == ["8403", "8401", "8402"]


def test_the_landscape_keeps_its_comments(landscape: Landscape, tmp_path: Path) -> None:
    _written(tmp_path, landscape, Ports.of(landscape, 9000))

    shipped, kept = Settings().landscape.read_text(), (tmp_path / "landscape.toml").read_text()
    assert len(kept.splitlines()) == len(shipped.splitlines())
    assert [line for line in kept.splitlines() if "#" in line] == [
        line for line in shipped.splitlines() if "#" in line
    ]


def test_writing_again_changes_nothing(landscape: Landscape, tmp_path: Path) -> None:
    ports = Ports.of(landscape, 9000)
    _written(tmp_path, landscape, ports)
    before = {file.name: file.read_text() for file in tmp_path.iterdir()}

    _written(tmp_path, landscape, ports)

    assert {file.name: file.read_text() for file in tmp_path.iterdir()} == before


def test_what_is_written_for_later_holds_no_secret(landscape: Landscape, tmp_path: Path) -> None:
    _written(tmp_path, landscape, Ports.of(landscape))

    assert {file.name for file in tmp_path.iterdir()} == {"env", "landscape.toml"}
    assert "secret" not in (tmp_path / "env").read_text().lower()


def test_only_the_owner_reads_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"

    embedded.write_secret(file, "a")
    embedded.write_secret(file, "b")

    assert (file.read_text(), _mode(file)) == ("b", 0o600)


def test_a_secret_closes_a_file_that_was_open_to_all(tmp_path: Path) -> None:
    file = tmp_path / "credentials.toml"
    file.write_text("left by somebody")
    file.chmod(0o644)

    embedded.write_secret(file, "a")

    assert _mode(file) == 0o600


def test_any_text_survives_toml() -> None:
    secrets = {"key": '-----BEGIN\n"quoted" \\ back\n', "name": "Ünï ✓ \u2028"}

    text = embedded.toml({"crm-main": secrets, "psa-main": {"token": "t"}})

    assert tomllib.loads(text) == {"crm-main": secrets, "psa-main": {"token": "t"}}


def test_every_process_knows_its_port_and_settings(landscape: Landscape, tmp_path: Path) -> None:
    ports = Ports.of(landscape, 9000)

    systems = embedded.systems(tmp_path, ports, landscape)
    ours = embedded.ours(_ROOT, ports, {"TIEBEAM_GATEWAY_PORT": "9000"})

    assert [(child.name, child.port) for child in (*systems, *ours)] == [
        ("temporal", 9004),
        ("crm-main", 9001),
        ("psa-main", 9002),
        ("erp-main", 9003),
        ("gateway", 9000),
        ("worker", None),
    ]
    assert systems[-1].command[1:] == [
        *("-m", "world", "dynamics", "--port", "9003", "--data", str(tmp_path / "erp-main"))
    ]
    assert all(child.environment == {"TIEBEAM_GATEWAY_PORT": "9000"} for child in ours)


def test_the_roots_are_where_the_stack_starts_them() -> None:
    assert starter.ROOT == _ROOT
    for child in embedded.ours(starter.ROOT, Ports({}), {}):
        assert Path(child.command[1]).is_file()
