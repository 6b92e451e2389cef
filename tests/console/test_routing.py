"""Which ERP serves whom in a stack: as the landscape says, or one for all."""

from pathlib import Path

import pytest

import settings
from canonical.landscape import Landscape
from canonical.systems import SystemId
from console import embedded, routing
from console.embedded import Ports
from console.routing import OtherErpError
from settings import Settings, SettingsError

_OTHER = SystemId("erp-tryton")


@pytest.fixture
def other() -> Landscape:
    """Return the shipped landscape as it is with `--erp tryton`."""
    return settings.load_landscape(Settings().landscape, erp="tryton")


def _written(state: Path, landscape: Landscape) -> Landscape:
    ports = Ports.of(landscape, 9000)
    found = embedded.environment(state, ports, Settings().landscape, landscape)
    return settings.load_landscape(Path(found["TIEBEAM_LANDSCAPE"]))


def test_one_erp_serves_every_entity_and_no_other_is_started(other: Landscape) -> None:
    assert {routes.erp for routes in other.routes.values()} == {_OTHER}
    assert [each.id for each in other.systems if each.role == "erp"] == [_OTHER]
    assert routing.vendors(other) == ["tryton"]


def test_unasked_nobody_uses_the_other_one(landscape: Landscape) -> None:
    assert _OTHER not in {each.id for each in landscape.systems}
    assert routing.vendors(landscape) == ["dynamics"]


def test_an_erp_that_the_landscape_does_not_have_is_told_those_it_has() -> None:
    with pytest.raises(SettingsError, match=r"no ERP of 'lotus': there is dynamics, tryton"):
        settings.load_landscape(Settings().landscape, erp="lotus")


def test_later_commands_find_the_same_routes(other: Landscape, tmp_path: Path) -> None:
    kept = _written(tmp_path, other)

    assert kept.routes == other.routes
    assert kept.system(_OTHER).url == "http://127.0.0.1:9003"


def test_a_running_stack_with_that_erp_is_gone_on_with(
    landscape: Landscape, other: Landscape
) -> None:
    routing.refuse_other(landscape, None)
    routing.refuse_other(landscape, "dynamics")
    routing.refuse_other(other, "tryton")


def test_a_running_stack_with_another_erp_says_what_to_do(landscape: Landscape) -> None:
    with pytest.raises(
        OtherErpError, match=r"is dynamics: leave out --erp, .*`tiebeam up --erp tryton --state"
    ):
        routing.refuse_other(landscape, "tryton")


def test_a_running_stack_with_both_is_neither(landscape: Landscape) -> None:
    both = _mixed(landscape)

    for erp in ("dynamics", "tryton"):
        with pytest.raises(OtherErpError, match="is dynamics and tryton"):
            routing.refuse_other(both, erp)


def test_an_entity_whose_records_are_elsewhere_is_refused_before_anything_is_written(
    landscape: Landscape, other: Landscape, tmp_path: Path
) -> None:
    _written(tmp_path, landscape)
    before = (tmp_path / "landscape.toml").read_text()
    (tmp_path / "store.db").touch()

    with pytest.raises(
        OtherErpError, match="begun with erp-main as the ERP of USMF, not erp-tryton"
    ):
        _written(tmp_path, other)

    assert (tmp_path / "landscape.toml").read_text() == before


def test_a_stack_that_never_came_up_holds_nothing_that_could_be_missed(
    landscape: Landscape, other: Landscape, tmp_path: Path
) -> None:
    _written(tmp_path, other)

    assert _written(tmp_path, landscape).routes == landscape.routes


def _mixed(landscape: Landscape) -> Landscape:
    """Return a landscape in which one entity moved to the other ERP."""
    other = settings.load_landscape(Settings().landscape, erp="tryton")
    entity = landscape.entities[0].id
    return landscape.model_copy(
        update={
            "systems": (*landscape.systems, other.system(_OTHER)),
            "routes": {**landscape.routes, entity: other.routes[entity]},
        }
    )
