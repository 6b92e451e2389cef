"""The compose file: valid, complete, pinned, and without a secret or a default that is one."""

import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from settings import Settings
from tests.deploy.compose import FILE, ROOT, Compose, MissingVariableError, Service

VARIABLES = {
    "TIEBEAM_VERSION": "0.1.0",
    "TIEBEAM_CONFIG": "/srv/tiebeam/config",
    "TIEBEAM_SECRETS": "/srv/tiebeam/secrets",
}
COMPOSE = Compose.read(VARIABLES)
SERVICES = [pytest.param(each, id=name) for name, each in COMPOSE.services.items()]
OURS = [pytest.param(each, id=name) for name, each in COMPOSE.ours.items()]
LASTING = [
    pytest.param(each, id=name) for name, each in COMPOSE.brought_up.items() if not each.is_once
]
_PINNED = re.compile(r"[a-z]+(?:/[a-z-]+)?:\d+\.\d+(?:\.\d+)?")
_SECRET = re.compile(r"(PASSWORD|PWD|SECRET|TOKEN|API_KEY|CREDENTIALS?)(?!_FILE)")


def test_it_keeps_to_the_compose_specification() -> None:
    command = ["-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    run = subprocess.run(  # noqa: S603 - a tool of ours
        [sys.executable, *command], capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stdout


def test_the_domains_each_have_a_worker_and_the_rest_is_there() -> None:
    served = [each.command[-1] for each in COMPOSE.ours.values() if "worker" in each.command]

    assert sorted(served) == ["delivery", "finance", "processes", "sales"]
    assert {"gateway", "setup"} <= COMPOSE.ours.keys()
    assert {"store", "temporal", "temporal-store", "temporal-ui"} <= COMPOSE.others.keys()


@pytest.mark.parametrize("name", VARIABLES)
def test_nothing_starts_without_what_only_the_operator_knows(name: str) -> None:
    for lacking in ({}, {name: ""}):
        variables = {key: value for key, value in VARIABLES.items() if key != name} | lacking
        with pytest.raises(MissingVariableError, match=f"^{name}: the "):
            Compose.read(variables)


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_pinned_and_names_no_registry(service: Service) -> None:
    assert _PINNED.fullmatch(service.image)


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_refers_to_is_there(service: Service) -> None:
    fields, document = service.fields, COMPOSE.document

    assert set(service.after) <= COMPOSE.services.keys()
    assert set(fields["networks"]) <= document["networks"].keys()
    assert set(fields.get("secrets", [])) <= document["secrets"].keys()
    assert {each["source"] for each in fields.get("configs", [])} <= document["configs"].keys()
    named = {each.partition(":")[0] for each in fields.get("volumes", [])}
    assert named <= document["volumes"].keys()


@pytest.mark.parametrize("kind", ["networks", "secrets", "configs", "volumes"])
def test_nothing_is_declared_that_nobody_uses(kind: str) -> None:
    used = set[str]()
    for service in COMPOSE.services.values():
        for each in service.fields.get(kind, []):
            used.add(each["source"] if kind == "configs" else each.partition(":")[0])

    assert used == COMPOSE.document[kind].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_who_is_waited_for_can_say_that_it_is_up(service: Service) -> None:
    for name, condition in service.after.items():
        other = COMPOSE.services[name]
        if condition == "service_healthy":
            assert "healthcheck" in other.fields
        else:
            assert condition == "service_completed_successfully"
            assert other.is_once


def test_the_last_to_run_waits_for_everything_of_ours_that_lasts() -> None:
    lasting = {name for name, each in COMPOSE.brought_up.items() if not each.is_once}

    assert COMPOSE.services["promote"].after == dict.fromkeys(lasting, "service_healthy")


def test_files_of_this_repository_that_are_mounted_exist() -> None:
    files = [each["file"] for each in COMPOSE.document["configs"].values()]
    here = [ROOT / file for file in files if file.startswith("./")]

    assert here
    assert [file for file in here if not file.is_file()] == []


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_bounded_and_may_do_little(service: Service) -> None:
    limits = service.fields["deploy"]["resources"]["limits"]

    assert float(limits["cpus"]) > 0
    assert re.fullmatch(r"\d+[mg]", limits["memory"])
    assert service.fields["cap_drop"] == ["ALL"]
    assert service.fields["security_opt"] == ["no-new-privileges:true"]
    assert service.fields["logging"]["options"].keys() == {"max-size", "max-file"}
    restarts = {"no"} if service.is_for_people else {"unless-stopped", "on-failure:5"}
    assert service.fields["restart"] in restarts


@pytest.mark.parametrize("service", OURS)
def test_ours_writes_to_no_disk_of_its_own(service: Service) -> None:
    assert service.fields["read_only"] is True
    assert "volumes" not in service.fields


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_stands_in_an_environment_or_an_argument(service: Service) -> None:
    for name, value in service.environment.items():
        if _SECRET.search(name):
            assert value.startswith("/run/secrets/"), name
    words = [*service.fields.get("entrypoint", []), *service.fields.get("command", [])]
    assert not [word for word in words if re.search(r"(?i)(password|pwd|secret)=[^\"]", word)]


@pytest.mark.parametrize("service", SERVICES)
def test_a_file_that_a_variable_names_is_mounted(service: Service) -> None:
    mounted = COMPOSE.mounted(service)
    named = [
        value for value in service.environment.values() if value.startswith(("/run/", "/etc/"))
    ]

    assert [path for path in named if path not in mounted] == []
    if service.is_ours:
        assert sorted(named) == sorted(mounted)  # and nothing is mounted that nobody reads


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting(service: Service) -> None:
    settings = {f"TIEBEAM_{name.upper()}" for name in Settings.model_fields}

    assert set(service.environment) <= settings


_STORE = {"STORE_URL", "STORE_PASSWORD_FILE"}
_ENGINE = {"TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE", "LANDSCAPE"}
_WORKER = _STORE | _ENGINE | {"BUILD", "HEALTH_PORT", "OWNERSHIP"}
_NEEDED_BY: dict[str, set[str]] = {
    "schema": _STORE,
    "mappings": _STORE | {"MAPPINGS"},
    "setup": _ENGINE,
    "promote": _ENGINE - {"LANDSCAPE"},
    "gateway": _STORE | _ENGINE | {"CREDENTIALS", "GATEWAY_HOST", "GATEWAY_PORT"},
    "worker-processes": _WORKER,
    "tiebeam": _STORE | _ENGINE,
    **dict.fromkeys(
        ("worker-sales", "worker-delivery", "worker-finance"), _WORKER | {"CREDENTIALS"}
    ),
}


@pytest.mark.parametrize("service", OURS)
def test_every_variable_that_has_no_default_for_production_is_set(service: Service) -> None:
    needed = {f"TIEBEAM_{name}" for name in _NEEDED_BY[service.name]}

    assert needed <= set(service.environment)


def test_each_worker_has_the_credentials_of_its_domain_alone() -> None:
    held = {
        name: [file for file in each.fields.get("secrets", []) if "credentials" in file]
        for name, each in COMPOSE.ours.items()
    }

    assert held == {
        "schema": [],
        "mappings": [],
        "setup": [],
        "promote": [],
        "gateway": ["credentials_gateway"],
        "worker-processes": [],
        "worker-sales": ["credentials_sales"],
        "worker-delivery": ["credentials_delivery"],
        "worker-finance": ["credentials_finance"],
        "tiebeam": [],
    }


def test_databases_and_processes_are_out_of_reach_from_outside() -> None:
    internal = {
        name for name, each in COMPOSE.document["networks"].items() if (each or {}).get("internal")
    }
    closed = {
        name for name, each in COMPOSE.services.items() if set(each.fields["networks"]) <= internal
    }
    published = {
        name: each.fields["ports"]
        for name, each in COMPOSE.services.items()
        if "ports" in each.fields
    }

    assert {"store", "temporal-store", "temporal", "worker-processes", "schema", "setup"} <= closed
    assert published == {
        "gateway": ["127.0.0.1:8400:8400"],
        "temporal-ui": ["127.0.0.1:8233:8080"],
    }


@pytest.mark.parametrize("service", LASTING)
def test_a_worker_is_given_longer_than_its_steps_get(service: Service) -> None:
    assert service.grace > (30 if "worker" in service.command else 5)


def _example() -> dict[str, str]:
    lines = (ROOT / "deploy/.env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_example_sets_what_must_be_set_and_names_the_rest() -> None:
    text = FILE.read_text()
    named = set(re.findall(r"\$\{(\w+)", text))

    assert VARIABLES.keys() <= _example().keys()
    assert named == set(
        re.findall(r"^#?(TIEBEAM_\w+)=", (ROOT / "deploy/.env.example").read_text(), re.MULTILINE)
    )
    assert Compose.read(_example()).ours


class _Loader(yaml.SafeLoader):
    """Reads compose's own tag for what a later file takes back."""


_Loader.add_constructor("!reset", lambda _loader, _node: None)


def test_workers_that_drain_are_those_of_the_deployment_in_its_networks() -> None:
    text = (ROOT / "deploy/draining.yml").read_text()
    found = yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    workers = {name for name, each in COMPOSE.ours.items() if "worker" in each.command}
    needed = {net for name in workers for net in COMPOSE.services[name].fields["networks"]}

    assert found["services"].keys() == workers
    assert found["networks"].keys() == needed
    for name, each in found["networks"].items():
        assert each["name"] == f"{COMPOSE.document['name']}_{name}"
        assert each["external"] is True
    settings = {f"TIEBEAM_{name.upper()}" for name in Settings.model_fields}
    assert set(found["x-draining"]["environment"]) <= settings
    assert all(name in text.partition("\nx-")[0] for name in workers)  # in the command that is told


def test_each_version_that_drains_is_a_set_of_its_own() -> None:
    """Another version under the same project name would take its place, with runs still open."""
    text = (ROOT / "deploy/draining.yml").read_text()
    found = re.search(r"TIEBEAM_VERSION=(\S+) docker compose --project-name (\S+)", text)

    assert found
    assert found[2].endswith(found[1].replace(".", "-"))
    assert f"--project-name {found[2]} down" in (ROOT / "deploy/README.md").read_text()


def test_scripts_that_a_container_runs_can_be_read_and_are_no_programs_of_the_host() -> None:
    scripts = sorted((ROOT / "deploy/temporal").glob("*.sh"))

    assert scripts
    for script in scripts:
        checked = subprocess.run(["sh", "-n", str(script)], check=False)  # noqa: S603, S607
        assert checked.returncode == 0
        assert script.stat().st_mode & stat.S_IROTH


def _known(server: bytes, key: str) -> bool:
    return key.lower().encode() in server.lower()


def test_the_dynamic_configuration_names_what_the_server_knows(temporal_server: Path) -> None:
    found: dict[str, Any] = yaml.safe_load((ROOT / "deploy/temporal/dynamic.yaml").read_text())
    server = temporal_server.read_bytes()

    assert found
    assert [key for key in found if not _known(server, key)] == []
