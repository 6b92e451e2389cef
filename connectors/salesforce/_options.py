"""What a landscape may say about a Salesforce org besides where it is."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Options(BaseModel):
    """The options of one instance; an unknown one is an error.

    Attributes:
        api_version: The version in every path; upserts need v46.0 or later.
        assertion_seconds: How long a signed assertion is good; Salesforce allows three minutes.
        allowed_hosts: Hosts, with a port if they have one, that may get our token besides the
            login host and Salesforce's own domains; separated by commas or spaces.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    api_version: Annotated[str, Field(pattern=r"^v\d{2,3}\.0$")] = "v60.0"
    assertion_seconds: Annotated[int, Field(gt=0, le=3600)] = 170
    allowed_hosts: str = ""

    def allows(self, netloc: str) -> bool:
        """Return whether the landscape lists the host."""
        return netloc in self.allowed_hosts.lower().replace(",", " ").split()
