"""Builds of the workers: which one takes new runs, and which still has runs of its own."""

from dataclasses import dataclass

from temporalio.api.enums.v1 import VersionDrainageStatus, WorkerDeploymentVersionStatus
from temporalio.api.workflowservice.v1 import (
    DescribeWorkerDeploymentRequest,
    DescribeWorkerDeploymentResponse,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

_STATES = {
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_CURRENT: "current",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_RAMPING: "ramping",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINING: "draining",
    WorkerDeploymentVersionStatus.WORKER_DEPLOYMENT_VERSION_STATUS_DRAINED: "drained",
}
_DRAINAGE = {
    VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINING: "draining",
    VersionDrainageStatus.VERSION_DRAINAGE_STATUS_DRAINED: "drained",
}
_NO_RUNS = "inactive"
_REFUSED = (RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.NOT_FOUND)


class BuildError(Exception):
    """A build cannot take new runs; the text says why and what to do."""


@dataclass(frozen=True)
class Build:
    """One build: `current` takes new runs, `draining` finishes its own, `drained` can stop."""

    id: str
    state: str


async def known(client: Client, deployment: str) -> tuple[Build, ...]:
    """Return the builds that ever polled under a deployment's name, the newest first.

    Raises:
        BuildError: none ever did.
    """
    try:
        found = await _described(client, deployment)
    except RPCError as exc:
        if exc.status is not RPCStatusCode.NOT_FOUND:
            raise
        msg = (
            f"no build of {deployment} ever polled: start a worker with TIEBEAM_DEPLOYMENT="
            f"{deployment} and TIEBEAM_BUILD"
        )
        raise BuildError(msg) from None
    summaries = found.worker_deployment_info.version_summaries
    newest_first = sorted(summaries, key=lambda each: each.create_time.ToNanoseconds())[::-1]
    return tuple(
        Build(
            each.deployment_version.build_id,
            _STATES.get(each.status) or _DRAINAGE.get(each.drainage_info.status) or _NO_RUNS,
        )
        for each in newest_first
    )


async def promote(client: Client, deployment: str, build: str) -> str | None:
    """Let a build take all new runs, and return the one that did; runs stay where they are.

    Raises:
        BuildError: no worker of it polls, or not of every queue that is served now.
    """
    if build not in [each.id for each in await known(client, deployment)]:
        names = ", ".join(each.id for each in await known(client, deployment))
        msg = f"{deployment} has no build {build}: {names} polled, so start its workers first"
        raise BuildError(msg)
    before = (await _described(client, deployment)).worker_deployment_info
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace,
        deployment_name=deployment,
        build_id=build,
        identity=client.identity,
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(request)
    except RPCError as exc:
        if exc.status not in _REFUSED:
            raise
        msg = (
            f"build {build} cannot take over yet: {exc.message}; do its workers serve every queue?"
        )
        raise BuildError(msg) from None
    return before.routing_config.current_deployment_version.build_id or None


async def _described(client: Client, deployment: str) -> DescribeWorkerDeploymentResponse:
    request = DescribeWorkerDeploymentRequest(
        namespace=client.namespace, deployment_name=deployment
    )
    return await client.workflow_service.describe_worker_deployment(request)
