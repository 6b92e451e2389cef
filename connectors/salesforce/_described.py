"""What Salesforce tells of an org itself: its limits, versions and objects."""

from pydantic import Field, RootModel

from connectors.salesforce._wire import Wire


class Limit(Wire):
    """One limit of the org."""

    most: int = Field(alias="Max")
    remaining: int = Field(alias="Remaining")


class Limits(Wire):
    """`GET /limits`."""

    daily: Limit | None = Field(default=None, alias="DailyApiRequests")


class Version(Wire):
    """A version that the org serves."""

    version: str


class Versions(RootModel[tuple[Version, ...]]):
    """`GET /services/data/`, the oldest first."""

    @property
    def numbers(self) -> list[str]:
        """Return the numbers of the versions."""
        return [each.version for each in self.root]


class Choice(Wire):
    """A value of a picklist."""

    value: str
    active: bool = True


class DescribedField(Wire):
    """A field of an object, as far as its user may see it."""

    name: str
    type: str
    updateable: bool
    external: bool = Field(default=False, alias="externalId")
    unique: bool = False
    choices: tuple[Choice, ...] = Field(default=(), alias="picklistValues")

    @property
    def active(self) -> frozenset[str]:
        """Return the values that can be chosen."""
        return frozenset(choice.value for choice in self.choices if choice.active)


class Child(Wire):
    """A relationship that leads to an object's children."""

    name: str | None = Field(default=None, alias="relationshipName")


class Described(Wire):
    """`GET /sobjects/X/describe`."""

    createable: bool
    updateable: bool
    fields: tuple[DescribedField, ...]
    children: tuple[Child, ...] = Field(default=(), alias="childRelationships")
