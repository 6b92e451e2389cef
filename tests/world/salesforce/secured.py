"""An org behind https under the vendor's own host names, for clients that speak only with those."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.world import tls
from tests.world.processes import Server
from tests.world.salesforce.house import APP, public_pem

LOGIN = "login.salesforce.com"
OWN = "acme.my.salesforce.com"
SECRET = "app-secret"  # noqa: S105 - the test's own
ACCOUNTS = 250  # more than the smallest page that a client may ask for
RULE = {
    "object": "Account",
    "refuses": {"Name": "Forbidden"},
    "message": "No account may be called that.",
    "fields": ["Name"],
}


@dataclass
class Secured:
    """A server, and what its callers trust. The admin door is spoken to as a person."""

    server: Server
    certificate: Path
    admin: httpx.Client

    def set_up(self, **settings: object) -> None:
        changed = self.admin.put("/_admin/settings", json=settings)
        assert changed.is_success, changed.text

    def log(self) -> list[dict[str, Any]]:
        return list(self.admin.get("/_admin/log").json())


@contextmanager
def secured(folder: Path, **settings: object) -> Iterator[Secured]:
    """Run an org that shares out small pages and refuses some accounts."""
    pair = tls.made(folder, LOGIN, OWN)
    arguments = ("salesforce", *pair.options)
    data = folder / "org.db"
    with Server("world.sandboxes", *arguments, data=data, certificate=pair.certificate) as server:
        context = ssl.create_default_context(cafile=pair.certificate)
        with httpx.Client(base_url=server.url, verify=context, trust_env=False) as admin:
            org = Secured(server, pair.certificate, admin)
            org.set_up(
                certificate_pem=public_pem(),
                consumer_secret=SECRET,
                max_page=200,
                validation_rules=[RULE],
                change_data_capture=["Account"],
                **APP,
                **settings,
            )
            yield org
