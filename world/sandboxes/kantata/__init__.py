"""Kantata OX (formerly Mavenlink), REST v1: projects, time and its approval, invoices, a feed."""

from starlette.routing import Mount
from starlette.types import ASGIApp

from world.sandboxes import serve
from world.sandboxes.admin import Admin
from world.sandboxes.box import Box
from world.sandboxes.kantata import (
    account,
    currencies,
    feed,
    invoices,
    milestones,
    people,
    planning,
    projects,
    reference_calls,
    resolutions,
    routes,
    stories,
    submissions,
    time_entries,
)
from world.sandboxes.kantata.door import Door
from world.sandboxes.kantata.office import Office
from world.sandboxes.kantata.router import ByCollection
from world.sandboxes.kantata.settings import DEFAULTS, check

_RESOURCES = (
    people.USER,
    people.ROLE,
    people.COST_RATE,
    projects.WORKSPACE_GROUP,
    projects.WORKSPACE,
    stories.STORY,
    planning.WORKSPACE_RESOURCE,
    planning.WORKSPACE_ALLOCATION,
    planning.ASSIGNMENT,
    milestones.BILLING_MILESTONE,
    time_entries.TIME_ENTRY,
    submissions.SUBMISSION,
    invoices.INVOICE,
)


def sandbox(box: Box) -> ASGIApp:
    """Return the vendor, with its state in this box."""
    admin = Admin(box, DEFAULTS, check=check)
    account.open_account(box)
    office = Office(box, admin)
    api = ByCollection(
        [
            *account.routes(office),
            *currencies.routes(office),
            *time_entries.routes(office),
            *reference_calls.routes(office),
            *resolutions.routes(office),
            *invoices.routes(office),
            *feed.routes(office),
            *(route for resource in _RESOURCES for route in routes.of(office, resource)),
        ]
    )
    return serve.wrap(admin, [account.invitations(office), Mount("/api/v1", app=Door(office, api))])
