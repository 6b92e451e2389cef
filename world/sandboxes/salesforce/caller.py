"""Who writes, as far as it shows in what is written."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4


@dataclass(frozen=True)
class Caller:
    """One transaction of one client. `client` is the name that it gave itself."""

    instance_url: str
    version: str
    client: str = ""
    may_save_duplicates: bool = False
    transaction: str = field(default_factory=lambda: str(uuid4()))
    sequence: Iterator[int] = field(default_factory=lambda: count(1))

    @classmethod
    def of(cls, headers: Mapping[str, str], version: str, instance_url: str) -> "Caller":
        """Return who a request says that it is from."""
        client = _option(headers, "Sforce-Call-Options", "client")
        allowed = _option(headers, "Sforce-Duplicate-Rule-Header", "allowSave")
        return cls(instance_url, version, client, allowed.lower() == "true")

    @property
    def origin(self) -> str:
        """Return what a change event says of where the change came from."""
        origin = f"com/salesforce/api/rest/{self.version.removeprefix('v')}"
        return f"{origin};client={self.client}" if self.client else origin


def _option(headers: Mapping[str, str], header: str, name: str) -> str:
    found = re.search(rf"(?:^|[,;\s]){name}=([^,;\s]+)", headers.get(header, ""), re.IGNORECASE)
    return found[1] if found else ""
