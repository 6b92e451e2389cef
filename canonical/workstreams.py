"""Workstreams: the parts of a deal that have a project each."""

from typing import Annotated

from pydantic import Field


def _is_unnamed(workstream: object) -> bool:
    return workstream is None


# Left out where there is none, so that a record from before it was known reads and hashes as then.
Workstream = Annotated[
    str | None,
    Field(
        description="the part of the deal that it belongs to; none where the deal has one project",
        exclude_if=_is_unnamed,
    ),
]
