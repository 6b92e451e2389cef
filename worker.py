"""Runs the platform: builds the connectors, registers everything, polls.

`python worker.py` serves everything; `--queues finance,system.psa-main` only what those domains
and queues stand for, and needs only the credentials of the systems among them.
"""

import asyncio
import gc
import secrets
import sys
from argparse import ArgumentParser
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker, WorkerDeploymentConfig

import settings
from activities import failpoints
from activities.approvals import PsaApprovals
from activities.cases import CaseRecords
from activities.clients import ClientRecords, ClientRules, CrmClients, ErpClients, PsaClients
from activities.contracts import ContractRecords
from activities.deals import CrmDeals
from activities.discretion import Discretion
from activities.effects import Boundary, Effects
from activities.engagements import EngagementRecords
from activities.erp_projects import ErpContracts, ErpProjects
from activities.feeds import CrmFeed
from activities.heartbeats import Heartbeats
from activities.invoice_documents import ErpInvoices
from activities.invoice_mirrors import CrmInvoices, PsaInvoices
from activities.invoice_tracking import CrmTracking, ErpTracking, TrackingRecords
from activities.invoices import InvoiceRecords
from activities.lanes import Lanes
from activities.pace import Pace
from activities.postings import ErpPostings, PostingRecords
from activities.projects import CrmProjects, PsaProjects
from activities.unwinding import UnwindRecords
from canonical import systems
from canonical.landscape import Landscape, SystemInstance
from canonical.ownership import Ownership
from canonical.processes import PROCESSES
from canonical.systems import SystemId
from connectors import ports, registry
from runtime import builds, health, queues, stopping
from runtime.connection import NoServerError, WrongConnectionError, connect, kept
from runtime.health import Health, UnwellError
from runtime.queues import Served, UnknownQueueError
from runtime.sandbox import Sandbox
from settings import Settings
from store import schema
from store.address import StoreError
from store.database import Database
from telemetry import logs
from workflows import catalog

WORKFLOWS = catalog.WORKFLOWS

SANDBOX = Sandbox()
_GRACE = timedelta(seconds=30)  # what a running step gets to finish when we are told to stop

Port = ports.Crm | ports.Psa | ports.Erp
Step = Callable[..., Any]


@dataclass(frozen=True)
class House:
    """What every step may need: the engine, the store, the landscape, the connectors."""

    client: Client
    database: Database
    landscape: Landscape
    connectors: dict[SystemId, Port]
    ownership: Ownership
    at: Boundary = field(default_factory=lambda: failpoints.armed(None))
    build: WorkerDeploymentConfig | None = None


def processes(house: House, *, cached_workflows: int = 1000) -> Worker:
    """Return the worker that runs the workflows, and the steps that touch only the store."""
    database, landscape = house.database, house.landscape
    contracts = ContractRecords(database)
    postings = PostingRecords(database, landscape)
    invoices = InvoiceRecords(database, landscape)
    engagements = EngagementRecords(database)
    unwinding = UnwindRecords(database)
    cases = CaseRecords(database)
    lanes = Lanes(house.client, database, landscape)
    steps: list[Step] = [
        *(contracts.check, contracts.activate, contracts.projects, contracts.closed),
        *(unwinding.begin, unwinding.enter, unwinding.left, unwinding.write_off),
        *(postings.cut, postings.unposted),
        *(invoices.prepare, invoices.approve, invoices.change, invoices.finish),
        ClientRecords(database).onboarded,
        TrackingRecords(database, landscape).issued,
        *(engagements.move, engagements.is_fulfilled, engagements.take_in_again),
        *(cases.open, cases.close, cases.withdraw),
        *(lanes.request_client, lanes.wake, lanes.wake_billing),
        *(lanes.tell_engagements, lanes.bill_what_is_left),
    ]
    return Worker(
        house.client,
        task_queue=PROCESSES,
        workflows=WORKFLOWS,
        activities=steps,
        workflow_runner=SANDBOX,
        interceptors=[Discretion()],
        max_cached_workflows=cached_workflows,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=5),
        graceful_shutdown_timeout=_GRACE,
        deployment_config=house.build,
    )


def system(house: House, instance: SystemInstance) -> Worker:
    """Return the worker that runs the steps of one system, from that system's own queue."""
    steps = {"crm": _crm_steps, "psa": _psa_steps, "erp": _erp_steps}[instance.role]
    return Worker(
        house.client,
        task_queue=systems.task_queue(instance.id),
        activities=steps(house, instance),
        interceptors=[Heartbeats(), Discretion()],
        max_heartbeat_throttle_interval=timedelta(seconds=2),
        graceful_shutdown_timeout=_GRACE,
        deployment_config=house.build,
    )


def _crm_steps(house: House, instance: SystemInstance) -> Sequence[Step]:
    crm: Any = house.connectors[instance.id]
    effects = Effects(house.database, house.at)
    deals = CrmDeals(crm, house.database, house.landscape)
    rules = ClientRules(house.landscape, house.ownership)
    clients = CrmClients(crm, house.database, effects, rules)
    projects = CrmProjects(crm, house.database, effects, settle=instance.settle)
    invoices = CrmInvoices(crm, house.database, effects)
    tracking = CrmTracking(crm, house.database, effects)
    feed = CrmFeed(crm, house.database, Pace(instance.requests_per_second))
    return [
        *(deals.read, clients.check, clients.publish, clients.settle, invoices.publish),
        *(projects.publish, projects.close, tracking.tell, feed.collect),
    ]


def _psa_steps(house: House, instance: SystemInstance) -> Sequence[Step]:
    psa: Any = house.connectors[instance.id]
    effects, settle = Effects(house.database, house.at), instance.settle
    clients = PsaClients(psa, house.database, effects, settle=settle)
    projects = PsaProjects(psa, house.database, effects, settle=settle)
    pace = Pace(instance.requests_per_second)
    approvals = PsaApprovals(psa, house.database, house.landscape, pace)
    invoices = PsaInvoices(psa, house.database, effects, settle=settle)
    return [
        *(approvals.collect, approvals.reread_held, approvals.recheck),
        *(clients.open, clients.settle, invoices.publish),
        *(projects.open_plan, projects.open_milestones, projects.close_plan),
    ]


def _erp_steps(house: House, instance: SystemInstance) -> Sequence[Step]:
    erp: Any = house.connectors[instance.id]
    effects, settle = Effects(house.database, house.at), instance.settle
    clients = ErpClients(erp, house.database, effects, house.landscape, settle=settle)
    projects = ErpProjects(erp, house.database, effects, settle=settle)
    postings = ErpPostings(erp, house.database, effects, settle=settle)
    invoices = ErpInvoices(erp, house.database, effects, settle=settle)
    contracts = ErpContracts(erp, house.database, effects, settle=settle)
    tracking = ErpTracking(erp, house.database)
    return [
        *(clients.open, clients.settle, contracts.open, contracts.close),
        *(projects.open, projects.close, tracking.read_again),
        *(postings.post, invoices.draft, invoices.post, invoices.discard),
    ]


@asynccontextmanager
async def connected(
    served: Iterable[SystemInstance], credentials: settings.Credentials
) -> AsyncGenerator[dict[SystemId, Port]]:
    """Open a connector to every one of some systems."""
    by_role: dict[str, Any] = {"crm": registry.CRM, "psa": registry.PSA, "erp": registry.ERP}
    async with AsyncExitStack() as stack:
        connectors: dict[SystemId, Port] = {}
        for instance in served:
            known = by_role[instance.role]
            if instance.vendor not in known:
                msg = f"systems.{instance.id}.vendor: no {instance.role} is {instance.vendor!r}, "
                raise settings.SettingsError(msg + f"there is {', '.join(known)}")
            opened = known[instance.vendor](instance, credentials[instance.credential])
            with settings.explained(f"systems.{instance.id}"):
                connectors[instance.id] = await stack.enter_async_context(opened)
            _refuse_contradiction(instance, connectors[instance.id])
        yield connectors


def _refuse_contradiction(instance: SystemInstance, port: Any) -> None:  # noqa: ANN401 - any port
    if instance.role != "erp" or not instance.line_dates:
        return
    if ports.ErpFeature.LINE_DATES in port.lacks:
        msg = f"systems.{instance.id}.line_dates must be false: {instance.vendor} has no such dates"
        raise settings.SettingsError(msg)


async def main(config: Settings, names: Sequence[str] | None = None) -> None:
    """Serve until told to stop, then let the running steps finish.

    Raises:
        SettingsError: a setting is wrong, or a name stands for no queue.
    """
    landscape = settings.load_landscape(config.landscape)
    serves = _served(landscape, names)
    connection = settings.connection(config)
    credentials = settings.load_secrets(config.credentials, serves.systems)
    database = Database(settings.store_url(config))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)  # however this ends
        await schema.refuse_other(database, newer=config.allow_newer_schema)
        client = await connect(connection, identity=f"tiebeam-worker-{secrets.token_hex(4)}")
        connectors = await stack.enter_async_context(connected(serves.systems, credentials))
        at = failpoints.armed(config.failpoint)
        ownership = settings.load_ownership(config.ownership)
        build = builds.versioned(config.deployment, config.build)
        house = House(client, database, landscape, connectors, ownership, at, build)
        workers = [processes(house)] * serves.processes
        workers += [system(house, each) for each in serves.systems]
        await stack.enter_async_context(kept(client, connection))
        for each in workers:
            await stack.enter_async_context(each)
        well = _health(client, database, workers)
        await stack.enter_async_context(health.served(well, config.health_host, config.health_port))
        gc.freeze()  # what is loaded by now stays: no collection need go through it again
        logs.logger().info("worker.started", queues=serves.queues, identity=client.identity)
        await stopping.told_to_stop()
        logs.logger().info("worker.draining")
    logs.logger().info("worker.stopped")
    gc.unfreeze()
    gc.collect()  # without it the interpreter's exit sometimes crashes in the SDK's core


def _served(landscape: Landscape, names: Sequence[str] | None) -> Served:
    if names is None:
        return queues.everything(landscape)
    try:
        return queues.named(landscape, names)
    except UnknownQueueError as unknown:
        msg = f"--queues: {unknown}"
        raise settings.SettingsError(msg) from None


def _health(client: Client, database: Database, workers: Sequence[Worker]) -> Health:
    async def polls() -> None:
        for each in workers:
            if not each.is_running:
                msg = f"the poller of {each.task_queue} has ended"
                raise UnwellError(msg)

    async def store() -> None:
        if not await database.answers():
            msg = "the store does not answer"
            raise UnwellError(msg)

    seen = health.polled(client, [each.task_queue for each in workers])
    depends = {"temporal": health.temporal(client), "queues": seen, "store": store}
    return Health({"pollers": polls}, depends)


def _names(arguments: list[str]) -> list[str] | None:
    parser = ArgumentParser(prog="worker.py", description=__doc__)
    parser.add_argument(
        *("--queues", "-q"), metavar="NAME,…", help="domains or queues; without it, all of them"
    )
    given = parser.parse_args(arguments).queues
    return given.split(",") if given is not None else None


if __name__ == "__main__":
    try:
        environment = settings.read()
        logs.configure(environment.log_format, process="worker")
        asyncio.run(main(environment, _names(sys.argv[1:])))
    except (
        *(NoServerError, StoreError, UnwellError, WrongConnectionError),
        settings.SettingsError,
    ) as wrong:
        sys.exit(f"worker: {wrong}")
