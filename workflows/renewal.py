"""Renewal: when a long run goes on as a new one, with a short history, on the newest build."""

from temporalio import workflow

ON_THE_NEWEST_BUILD = workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE


def is_due() -> bool:
    """Say whether the history is long enough, or another build takes new runs by now."""
    info = workflow.info()
    has_grown = info.is_continue_as_new_suggested()
    return has_grown or info.is_target_worker_deployment_version_changed()
