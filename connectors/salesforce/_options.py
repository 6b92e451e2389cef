"""What a landscape may say about a Salesforce org besides where it is."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Options(BaseModel):
    """The options of one instance; an unknown one is an error.

    Attributes:
        api_version: The version in every path; upserts need v46.0 or later.
        flow: How we sign in: with a signed assertion for a user, or with the app's own secret,
            for which the instance's URL must be the org's own domain.
        assertion_seconds: How long a signed assertion is good; Salesforce allows three minutes.
        allowed_hosts: Hosts, with a port if they have one, that may get our token besides the
            login host and Salesforce's own domains; separated by commas or spaces.
        client_name: What our writes say that they come from; changes that say the same are ours.
        change_channel: The channel of change events that is polled; "" for an org without one.
        change_retention_hours: For how long the org keeps change events.
        changes_after: Changes that were committed before this moment wake nothing.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_version: Annotated[str, Field(pattern=r"^v\d{2,3}\.0$")] = "v60.0"
    flow: Literal["jwt_bearer", "client_credentials"] = "jwt_bearer"
    assertion_seconds: Annotated[int, Field(gt=0, le=3600)] = 170
    allowed_hosts: str = ""
    client_name: Annotated[str, Field(pattern=r"^[0-9A-Za-z_.-]{1,64}$")] = "tiebeam"
    change_channel: Annotated[str, Field(pattern=r"^(/data/\w{1,80})?$")] = "/data/ChangeEvents"
    change_retention_hours: Annotated[int, Field(gt=1, le=24 * 30)] = 72
    changes_after: AwareDatetime | None = None

    @property
    def kept(self) -> timedelta:
        """Return for how long a change event can be counted on."""
        return timedelta(hours=self.change_retention_hours - 1)

    def allows(self, netloc: str) -> bool:
        """Return whether the landscape lists the host."""
        return netloc in self.allowed_hosts.lower().replace(",", " ").split()
