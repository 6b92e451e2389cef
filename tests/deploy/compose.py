"""The compose file as compose reads it: variables put in, and each service in plain fields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
_OURS = "tiebeam"
_VARIABLE = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>\w+)|\{(?P<name>\w+)(?:(?P<how>:?[-?])(?P<word>[^}]*))?\})"
)
_DURATION = re.compile(r"(\d+)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


class MissingVariableError(Exception):
    """A variable that has no default is not set, as compose itself would say."""


@dataclass(frozen=True)
class Service:
    """One service, as written."""

    name: str
    fields: Mapping[str, Any]

    @property
    def image(self) -> str:
        return str(self.fields["image"])

    @property
    def is_ours(self) -> bool:
        return self.image.partition(":")[0] == _OURS

    @property
    def is_once(self) -> bool:
        """Return whether it does one thing and ends."""
        return str(self.fields.get("restart", "")).startswith("on-failure")

    @property
    def is_for_people(self) -> bool:
        """Return whether only a person runs it, by name."""
        return bool(self.fields.get("profiles"))

    @property
    def command(self) -> list[str]:
        return [*self.fields.get("entrypoint", []), *self.fields["command"]]

    def asked(self, *words: str) -> "Service":
        """Return it as `docker compose run` starts it with words of a person."""
        name = re.sub(r"\W+", "-", f"{self.name} {' '.join(words)}")
        return Service(name, {**self.fields, "command": list(words)})

    @property
    def environment(self) -> dict[str, str]:
        return dict(self.fields.get("environment", {}))

    @property
    def healthcheck(self) -> list[str]:
        """Return the command of the health check."""
        words: list[str] = self.fields["healthcheck"]["test"]
        assert words[0] == "CMD", f"{self.name}: a test runs it without a shell"
        return words[1:]

    @property
    def patience(self) -> float:
        """Return the seconds that a health check may take."""
        return seconds(self.fields["healthcheck"]["timeout"])

    @property
    def grace(self) -> float:
        """Return the seconds between SIGTERM and SIGKILL."""
        return seconds(self.fields["stop_grace_period"])

    @property
    def after(self) -> dict[str, str]:
        """Return the services it waits for, and for what of each."""
        found = self.fields.get("depends_on", {})
        return {name: each["condition"] for name, each in found.items()}


@dataclass(frozen=True)
class Compose:
    """The whole file, with the variables of an environment put in."""

    document: Mapping[str, Any]

    @classmethod
    def read(cls, variables: Mapping[str, str], file: Path = FILE) -> "Compose":
        """Return the file.

        Raises:
            MissingVariableError: one that must be set is not.
        """
        return cls(_put_in(yaml.safe_load(file.read_text()), variables))

    @cached_property
    def services(self) -> dict[str, Service]:
        """Return the services by name."""
        return {name: Service(name, each) for name, each in self.document["services"].items()}

    @cached_property
    def ours(self) -> dict[str, Service]:
        """Return the services that run our image."""
        return {name: each for name, each in self.services.items() if each.is_ours}

    @cached_property
    def brought_up(self) -> dict[str, Service]:
        """Return those of ours that `docker compose up` starts."""
        return {name: each for name, each in self.ours.items() if not each.is_for_people}

    @cached_property
    def others(self) -> dict[str, Service]:
        """Return the services that run somebody else's."""
        return {name: each for name, each in self.services.items() if not each.is_ours}

    def mounted(self, service: Service) -> dict[str, str]:
        """Return which file of the host a service sees at which path."""
        secrets, configs = self.document["secrets"], self.document["configs"]
        found = {f"/run/secrets/{name}": name for name in service.fields.get("secrets", [])}
        at = {path: str(secrets[name]["file"]) for path, name in found.items()}
        for each in service.fields.get("configs", []):
            at[each["target"]] = str(configs[each["source"]]["file"])
        return at


def seconds(duration: str) -> float:
    """Return a duration as compose writes it, 1m30s, in seconds."""
    parts = _DURATION.findall(duration)
    assert "".join(number + unit for number, unit in parts) == duration, duration
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def _put_in(value: Any, variables: Mapping[str, str]) -> Any:  # noqa: ANN401 - YAML
    if isinstance(value, str):
        return _VARIABLE.sub(lambda found: _value(found, variables), value)
    if isinstance(value, dict):
        return {key: _put_in(each, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [_put_in(each, variables) for each in value]
    return value


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    if found["escaped"]:
        return "$"
    name = found["bare"] or found["name"]
    how, word = found["how"] or "", found["word"] or ""
    value = variables.get(name)
    if value is None or (how.startswith(":") and value == ""):
        if how.endswith("?"):
            msg = f"{name}: {word}"
            raise MissingVariableError(msg)
        return word if how.endswith("-") else ""
    return value
