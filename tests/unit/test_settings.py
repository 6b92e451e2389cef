import tomllib
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

import settings
from canonical.landscape import Landscape
from canonical.systems import SystemId
from gateway import doors
from settings import Settings, SettingsError
from tests.fakes import CRM, DEMF, ERP, PSA, USMF

_SHIPPED = Settings()
TRYTON = SystemId("erp-tryton")
_LANDSCAPE = """
[systems.crm-main]
vendor = "acme"
role = "crm"
url = "http://127.0.0.1:1"
credential = "crm-main"

[systems.psa-main]
vendor = "acme"
role = "psa"
url = "http://127.0.0.1:2"
credential = "psa-main"

[systems.erp-main]
vendor = "acme"
role = "erp"
url = "http://127.0.0.1:3"
credential = "erp-main"

[entities.USMF]
name = "Inc."
country = "US"
currency = "USD"
time_zone = "America/New_York"
crm = "crm-main"
psa = "psa-main"
erp = "erp-main"
approval_above = "10000"

[makers.erp-main]
cost = "tiebeam"
accrual = "nobody"
accrual_reversal = "nobody"
invoice = "tiebeam"
tax = "erp"
realized_fx = "erp"
revaluation = "erp"
revenue = "erp"
intercompany = "nobody"
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "file.toml"
    path.write_text(text)
    return path


def _landscape(folder: Path, *, instead_of: str = "", put: str = "") -> Landscape:
    assert instead_of in _LANDSCAPE
    return settings.load_landscape(_file(folder, _LANDSCAPE.replace(instead_of, put, 1)))


def test_a_variable_of_the_environment_sets_its_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEBEAM_STORE_URL", "sqlite+aiosqlite:///other.db")
    monkeypatch.setenv("TIEBEAM_POLL_SECONDS", "0.1")

    assert Settings().store_url == "sqlite+aiosqlite:///other.db"
    assert Settings().poll_seconds == 0.1


def test_what_a_running_stack_left_goes_before_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = ("TIEBEAM_GATEWAY_PORT=8500", "TIEBEAM_STORE_URL=sqlite+aiosqlite:///left.db")
    (tmp_path / "env").write_text("\n".join(left))
    monkeypatch.setenv("TIEBEAM_GATEWAY_PORT", "8600")

    found = settings.of_stack(tmp_path)

    assert found.gateway_port == 8500
    assert found.store_url == "sqlite+aiosqlite:///left.db"


def test_the_shipped_landscape_is_whole() -> None:
    landscape = settings.load_landscape(_SHIPPED.landscape)

    assert {system.id for system in landscape.systems} == {CRM, PSA, ERP}
    assert {entity.id for entity in landscape.entities} == {USMF, DEMF}
    assert landscape.routes[DEMF].erp == ERP
    assert landscape.system(ERP).settle == timedelta(seconds=2)
    assert landscape.makers[ERP].cost == "tiebeam"


def test_the_shipped_mappings_cover_both_ends() -> None:
    rows = settings.load_mappings(_SHIPPED.mappings)

    assert {row.system for row in rows} == {PSA, ERP, TRYTON}
    assert all(row.owner for row in rows), "R-070: every row has an owner"
    codes = [(row.kind, row.system, row.entity, row.ours, row.valid_from) for row in rows]
    assert len(set(codes)) == len(codes)


def test_every_role_of_the_psa_has_a_category_in_the_erp() -> None:
    rows = settings.load_mappings(_SHIPPED.mappings)

    roles = {row.theirs for row in rows if row.kind == "role"}
    assert roles == {row.ours for row in rows if row.kind == "category"}


def test_every_tax_treatment_has_a_tax_group_in_the_erp() -> None:
    rows = settings.load_mappings(_SHIPPED.mappings)

    assert {row.ours for row in rows if row.kind == "tax_group"} == {
        "domestic",
        "exempt",
        "reverse_charge",
        "outside_scope",
    }


def test_a_landscape_is_read_from_its_file(tmp_path: Path) -> None:
    landscape = _landscape(tmp_path)

    assert landscape.entity(USMF).time_zone == "America/New_York"
    assert landscape.routes[USMF].psa == "psa-main"
    assert landscape.routes[USMF].approval_above == 10000
    assert landscape.system(SystemId("crm-main")).role == "crm"


def test_an_erp_that_is_asked_for_by_vendor_must_be_the_only_one(tmp_path: Path) -> None:
    second = _LANDSCAPE.replace("erp-main", "erp-2")
    systems = second[second.index("[systems.erp-2]") : second.index("[entities.USMF]")]
    text = _LANDSCAPE + systems + second[second.index("[makers.erp-2]") :]

    with pytest.raises(SettingsError, match=r"several ERPs of 'acme' \(erp-main, erp-2\)"):
        settings.load_landscape(_file(tmp_path, text), erp="acme")


def test_a_system_that_no_entity_uses_is_left_out(tmp_path: Path) -> None:
    maker = _LANDSCAPE[_LANDSCAPE.index("[makers.erp-main]") :]
    another = """
[systems.erp-2]
vendor = "acme"
role = "erp"
url = "http://127.0.0.1:4"
credential = "erp-2"

"""
    text = _LANDSCAPE + another + maker.replace("erp-main", "erp-2")

    landscape = settings.load_landscape(_file(tmp_path, text))

    assert {each.id for each in landscape.systems} == {CRM, PSA, ERP}
    assert set(landscape.makers) == {ERP}


@pytest.mark.parametrize(
    ("instead_of", "put", "said"),
    [
        ('role = "erp"', 'role = "crm"', "entity USMF: erp = 'erp-main' is not a system"),
        ('psa = "psa-main"\n', "", "routes.USMF.psa: Field required"),
        ('url = "http://127.0.0.1:1"', "", "systems.0.url: Field required"),
        ('country = "US"', 'land = "US"', "entities.0.land: Extra inputs are not permitted"),
        ('currency = "USD"', 'currency = "USS"', "entities.0.currency: .*USS"),
        ('approval_above = "10000"', "approval_above = 0.5", "never a float"),
        ("[makers.erp-main]", "[makers.erp-2]", r"add \[makers.erp-main\]"),
    ],
    ids=[
        "wrong-role",
        "no-route",
        "no-url",
        "unknown-key",
        "unknown-currency",
        "float",
        "no-makers",
    ],
)
def test_a_wrong_landscape_is_refused_with_file_and_place(
    tmp_path: Path, instead_of: str, put: str, said: str
) -> None:
    with pytest.raises(SettingsError, match=f"file.toml: .*{said}"):
        _landscape(tmp_path, instead_of=instead_of, put=put)


def test_mappings_are_read_from_their_file(tmp_path: Path) -> None:
    text = """
    [[mapping]]
    kind = "category"
    system = "erp-main"
    entity = "DEMF"
    ours = "MANAGER"
    theirs = "MGR"
    valid_from = 2026-01-01
    version = 2
    owner = "finance"
    """

    (row,) = settings.load_mappings(_file(tmp_path, text))

    assert (row.entity, row.theirs, row.valid_from) == ("DEMF", "MGR", date(2026, 1, 1))


def test_a_mapping_of_several_systems_is_a_row_of_each(tmp_path: Path) -> None:
    text = """
    [[mapping]]
    kind = "category"
    system = ["erp-main", "erp-tryton"]
    ours = "CONSULTANT"
    theirs = "CONS"
    valid_from = 2026-01-01
    version = 1
    owner = "finance"
    """

    rows = settings.load_mappings(_file(tmp_path, text))

    assert [(row.system, row.theirs) for row in rows] == [(ERP, "CONS"), (TRYTON, "CONS")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('kind = "color"', r"file\.toml: mapping\.0: kind"),
        ('kind = "category"', "0: owner: Field required"),
        ('kind = "category"\nowner = "finance"\nmine = 1', "0: mine: Extra inputs"),
    ],
    ids=["unknown-kind", "no-owner", "unknown-key"],
)
def test_a_wrong_mapping_is_refused_with_file_and_place(
    tmp_path: Path, line: str, said: str
) -> None:
    """R-070: a row without an owner is no row."""
    row = '[[mapping]]\nsystem = "erp-main"\nours = "A"\ntheirs = "B"\n'
    text = f"{row}valid_from = 2026-01-01\nversion = 1\n{line}\n"

    with pytest.raises(SettingsError, match=said):
        settings.load_mappings(_file(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    ["systems = 3", "[systems]\na = 1", "posting_shard = 2", "[entities]\nUSMF = 1"],
    ids=["number", "row-that-is-none", "unknown-key", "entity-that-is-none"],
)
def test_what_is_no_landscape_at_all_is_refused_too(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"file\.toml: "):
        settings.load_landscape(_file(tmp_path, text))


def test_a_misspelled_table_of_mappings_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="mappings: Extra inputs"):
        settings.load_mappings(_file(tmp_path, "[[mappings]]\n"))


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.toml"
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(SettingsError, match="is not TOML"):
        settings.load_landscape(file)


def test_credentials_are_kept_secret(tmp_path: Path) -> None:
    path = _file(tmp_path, '[crm-main]\nconsumer_key = "hunter2"\n')

    found = settings.load_credentials(path)

    assert found["crm-main"]["consumer_key"].get_secret_value() == "hunter2"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    "text",
    ['token = "hunter2"', '[crm-main]\ntoken = ["hunter2"]', '[crm-main.token]\nkey = "hunter2"'],
    ids=["not-in-a-section", "a-list", "too-deep"],
)
def test_wrong_credentials_are_refused_without_naming_them(tmp_path: Path, text: str) -> None:
    """R-072."""
    with pytest.raises(SettingsError, match=r"file\.toml: ") as caught:
        settings.load_credentials(_file(tmp_path, text))

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "load", [settings.load_landscape, settings.load_mappings, settings.load_credentials]
)
def test_a_missing_file_is_named(tmp_path: Path, load: Callable[[Path], object]) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*gone\.toml: No such file"):
        load(tmp_path / "gone.toml")


@pytest.mark.parametrize(
    "load", [settings.load_landscape, settings.load_mappings, settings.load_credentials]
)
def test_a_file_that_is_not_toml_is_named_with_line_and_column(
    tmp_path: Path, load: Callable[[Path], object]
) -> None:
    with pytest.raises(SettingsError, match=r"file\.toml is not TOML: .*line 2") as caught:
        load(_file(tmp_path, "[crm-main]\ntoken = hunter2\n"))

    assert "hunter2" not in str(caught.value)
    assert isinstance(caught.value.__cause__, tomllib.TOMLDecodeError)


def test_a_system_without_secrets_is_named(tmp_path: Path) -> None:
    file = _file(tmp_path, '[crm-main]\ntoken = "hunter2"\n')
    landscape = settings.load_landscape(_SHIPPED.landscape)

    with pytest.raises(
        SettingsError, match=r"no section \[psa-main\], which system psa-main needs"
    ):
        settings.load_secrets(file, landscape.systems)


def test_a_secret_that_is_asked_for_and_not_there_is_named(tmp_path: Path) -> None:
    file = _file(tmp_path, '[crm-main]\ntoken = "hunter2"\n')
    crm = settings.load_landscape(_SHIPPED.landscape).systems[:1]

    secrets = settings.load_secrets(file, crm)

    with pytest.raises(SettingsError, match=r"file\.toml \[crm-main\] has no organization"):
        doors.build(crm, secrets)
    assert secrets["crm-main"]["token"].get_secret_value() == "hunter2"


def test_a_wrong_variable_is_named_and_its_value_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEBEAM_POLL_SECONDS", "hunter2")

    with pytest.raises(SettingsError, match=r"environment: .*poll_seconds") as caught:
        settings.read()
    assert "hunter2" not in str(caught.value)
