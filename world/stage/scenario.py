"""A story as data: which clients and deals there are, and what happened when. Inputs only."""

from typing import Annotated

from pydantic import Field

from world.stage.acts import Act
from world.stage.facts import Told
from world.stage.firm import Text
from world.stage.terms import Client, Deal


class Scenario(Told):
    """One file. Keys of clients and deals are the story's own; no system ever sees them."""

    scenario: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]*$")] = Field(
        description="its name, as in the name of the file"
    )
    title: Text = Field(description="what it shows, in one line")
    firm: Text = Field(description="the file with the firm, seen from this one")
    clients: dict[str, Client]
    deals: dict[str, Deal]
    timeline: Annotated[tuple[Act, ...], Field(min_length=1)] = Field(
        description="what happened, the earliest first"
    )
