"""The collections of the API."""

from world.sandboxes.kantata.collection import Association, Collection


def _times(*more: str) -> dict[str, str]:
    return {name: name for name in ("created_at", "updated_at", *more)}


_WORKSPACE = Association(field="workspace_id", key="workspaces")
_USER = Association(field="user_id", key="users")
_STORY = Association(field="story_id", key="stories")
_TIME_ENTRIES = Association(field="time_entry_ids", key="time_entries")
_REFERENCES = Association(field="external_reference_ids", key="external_references", by="_subject")

USERS = Collection(
    key="users",
    one="user",
    subject="User",
    event="user",
    associations={"external_references": _REFERENCES},
    orders={"alphabetical": "full_name"},
    order="alphabetical:asc",
    tags=("email_address",),
)
ROLES = Collection(
    key="roles",
    one="role",
    subject="Role",
    event="role",
    associations={"external_references": _REFERENCES},
    orders={"alphabetical": "name"},
    order="alphabetical:asc",
)
COST_RATES = Collection(
    key="cost_rates",
    one="cost_rate",
    event="cost_rate",
    event_subject="CostRate",
    orders={"created_at": "created_at"},
    order="created_at:asc",
    tags=("user_id",),
)
WORKSPACE_GROUPS = Collection(
    key="workspace_groups",
    one="workspace_group",
    subject="WorkspaceGroup",
    event="workspace_group",
    associations={
        "external_references": _REFERENCES,
        "workspaces": Association(
            field="workspace_ids", key="workspaces", by="workspace_group_ids"
        ),
    },
    orders=_times("name"),
    order="name:asc",
    tags=("_name",),
)
WORKSPACES = Collection(
    key="workspaces",
    one="workspace",
    subject="Workspace",
    event="workspace",
    associations={
        "external_references": _REFERENCES,
        "workspace_groups": Association(field="workspace_group_ids", key="workspace_groups"),
        "primary_maven": Association(field="primary_maven_id", key="users"),
        "approvers": Association(field="approver_ids", key="users"),
        "creator": Association(field="creator_id", key="users"),
        "billing_milestones": Association(
            field="billing_milestone_ids", key="billing_milestones", by="workspace_id"
        ),
    },
    orders=_times("title", "start_date", "due_date"),
    order="updated_at:desc",
    tags=("archived", "workspace_group_ids"),
    optional=("stage",),
)
STORIES = Collection(
    key="stories",
    one="story",
    subject="Story",
    event="story",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "parent": Association(field="parent_id", key="stories"),
        "sub_stories": Association(field="sub_story_ids", key="stories", by="parent_id"),
        "assignees": Association(field="assignee_ids", key="users"),
        "creator": Association(field="creator_id", key="users"),
    },
    orders=_times("start_date", "due_date"),
    order="updated_at:desc",
    tags=("workspace_id", "parent_id"),
)
WORKSPACE_RESOURCES = Collection(
    key="workspace_resources",
    one="workspace_resource",
    subject="WorkspaceResource",
    event="workspace_resource",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "user": _USER,
        "role": Association(field="role_id", key="roles"),
    },
    orders=_times(),
    order="updated_at:desc",
    tags=("workspace_id", "user_id"),
)
WORKSPACE_ALLOCATIONS = Collection(
    key="workspace_allocations",
    one="workspace_allocation",
    subject="WorkspaceAllocation",
    event="workspace_allocation",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "workspace_resource": Association(field="workspace_resource_id", key="workspace_resources"),
        "creator": Association(field="creator_id", key="users"),
        "updater": Association(field="updater_id", key="users"),
    },
    orders={"updated_at": "updated_at"},
    order="updated_at:desc",
    tags=("workspace_id", "workspace_resource_id"),
)
ASSIGNMENTS = Collection(
    key="assignments",
    one="assignment",
    subject="Assignment",
    associations={
        "external_references": _REFERENCES,
        "story": _STORY,
        "assignee": Association(field="assignee_id", key="users"),
    },
    orders=_times(),
    order="created_at:desc",
    tags=("story_id", "assignee_id", "_workspace_id"),
)
BILLING_MILESTONES = Collection(
    key="billing_milestones",
    one="billing_milestone",
    subject="BillingMilestone",
    event="billing_milestone",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "story": _STORY,
        "invoices": Association(field="invoice_ids", key="invoices"),
    },
    orders={"created_at": "created_at"},
    order="created_at:desc",
    tags=("workspace_id", "story_id"),
)
TIME_ENTRIES = Collection(
    key="time_entries",
    one="time_entry",
    subject="TimeEntry",
    event="time_entry",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "user": _USER,
        "story": _STORY,
        "role": Association(field="role_id", key="roles"),
        "invoice": Association(field="invoice_id", key="invoices"),
        "active_submission": Association(field="active_submission_id", key="timesheet_submissions"),
        "recent_submission": Association(field="recent_submission_id", key="timesheet_submissions"),
    },
    orders=_times("date_performed"),
    order="date_performed:desc",
    tags=("workspace_id", "user_id", "date_performed"),
)
SUBMISSIONS = Collection(
    key="timesheet_submissions",
    one="timesheet_submission",
    subject="Submission",
    event="timesheet",
    event_subject="TimesheetSubmission",
    associations={
        "external_references": _REFERENCES,
        "workspace": _WORKSPACE,
        "user": _USER,
        "time_entries": _TIME_ENTRIES,
    },
    orders={"date": "start_date"},
    order="date:desc",
    tags=("workspace_id", "user_id"),
)
RESOLUTIONS = Collection(
    key="resolutions",
    one="resolution",
    orders={"created_at": "created_at"},
    order="created_at:desc",
)
INVOICES = Collection(
    key="invoices",
    one="invoice",
    subject="Invoice",
    event="invoice",
    associations={
        "external_references": _REFERENCES,
        "workspaces": Association(field="workspace_ids", key="workspaces"),
        "user": _USER,
        "time_entries": _TIME_ENTRIES,
        "billing_milestones": Association(field="billing_milestone_ids", key="billing_milestones"),
        "additional_items": Association(field="additional_item_ids", key="additional_items"),
        "fixed_fee_items": Association(field="fixed_fee_item_ids", key="fixed_fee_items"),
    },
    orders=_times("invoice_date") | {"id": "id"},
    order="created_at:desc",
    tags=("workspace_ids",),
)
ADDITIONAL_ITEMS = Collection(
    key="additional_items",
    one="additional_item",
    associations={"workspace": _WORKSPACE},
    orders={"created_at": "created_at"},
    order="created_at:asc",
)
FIXED_FEE_ITEMS = Collection(
    key="fixed_fee_items",
    one="fixed_fee_item",
    associations={"workspace": _WORKSPACE, "story": _STORY},
    orders={"created_at": "created_at"},
    order="created_at:asc",
)
EXTERNAL_REFERENCES = Collection(
    key="external_references",
    one="external_reference",
    orders={"created_at": "created_at", "last_synced_at": "last_synced_at"},
    order="last_synced_at:desc",
    tags=("_subject", "_service", "service_model_ref"),
)
SUBSCRIBED_EVENTS = Collection(
    key="subscribed_events",
    one="subscribed_event",
    orders={"created_at": "created_at"},
    order="created_at:desc",
    tags=("_type_hour", "_subject"),
)

_ALL = (
    USERS,
    ROLES,
    COST_RATES,
    WORKSPACE_GROUPS,
    WORKSPACES,
    STORIES,
    WORKSPACE_RESOURCES,
    WORKSPACE_ALLOCATIONS,
    ASSIGNMENTS,
    BILLING_MILESTONES,
    TIME_ENTRIES,
    SUBMISSIONS,
    RESOLUTIONS,
    INVOICES,
    ADDITIONAL_ITEMS,
    FIXED_FEE_ITEMS,
    EXTERNAL_REFERENCES,
)
BY_KEY = {collection.key: collection for collection in _ALL}
BY_SUBJECT = {
    name: collection
    for collection in _ALL
    for name in (collection.subject, collection.event_subject)
    if name
}
POLYMORPHIC = frozenset({EXTERNAL_REFERENCES.key, SUBSCRIBED_EVENTS.key})
