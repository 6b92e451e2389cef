"""How far a project is, in F&O's words."""

from typing import ClassVar

from connectors.dynamics import _wire


class EndedProject(_wire.Wire):
    """What ends a project."""

    entity_set: ClassVar[str] = "ProjectsV2"

    project_stage: str


class StagedProject(_wire.Row):
    """A project of a contract, and how far it is."""

    entity_set = "ProjectsV2"

    project_id: str
    project_stage: str
