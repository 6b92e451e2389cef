"""The build of a worker, by which the engine knows whose runs are whose."""

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import WorkerDeploymentConfig


def versioned(deployment: str, build: str | None) -> WorkerDeploymentConfig | None:
    """Return how a build's runs are kept to it, from their start to their end; None without one.

    A lane that continues as new goes on in the build that is then current.
    """
    if build is None:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=deployment, build_id=build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )
