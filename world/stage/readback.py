"""Reads every system back after a play, and holds what they say against the laws."""

from world.stage import report, verdicts, witness
from world.stage.cast import Cast
from world.stage.loader import Script
from world.stage.platform import Belief
from world.stage.readings import Books, Work
from world.stage.report import ClientReport, DealReport, GivenUp, Report
from world.stage.systems import Systems
from world.stage.witness import DealReadings


async def read(script: Script, systems: Systems, cast: Cast, belief: Belief) -> Report:
    """Return the report; `belief` is what the platform holds true of this play."""
    deals = {key: await _deal(systems, opp) for key, opp in cast.opportunities.items()}
    roles = {role.name: code for code, role in script.firm.roles.items()}
    evidence = witness.evidence(deals.values(), cast.sent.values(), roles)
    return Report(
        scenario=script.scenario.scenario,
        title=script.scenario.title,
        play=cast.play,
        clients=tuple([await _client(systems, *at) for at in cast.accounts.items()]),
        deals=tuple(
            [
                _deal_report(key, readings, belief, await _given_up(systems, readings, belief))
                for key, readings in deals.items()
            ]
        ),
        cases=belief.cases,
        verdicts=verdicts.verdicts(evidence, belief, script.firm),
    )


async def _client(systems: Systems, key: str, account: str) -> ClientReport:
    crm = await systems.crm.client(account)
    erp = await systems.erp.customers([crm.erp_customer] if crm.erp_customer else [])
    return ClientReport(key=key, crm=crm, erp=erp)


async def _deal(systems: Systems, opportunity: str) -> DealReadings:
    crm = await systems.crm.deal(opportunity)
    psa, erp = Work(), Books()
    for code in crm.project_codes:
        psa = psa.with_more(await systems.psa.read(code))
        if crm.entity:
            erp = erp.with_more(await systems.erp.read(crm.entity, code))
    return DealReadings(crm=crm, psa=psa, erp=erp)


async def _given_up(systems: Systems, deal: DealReadings, belief: Belief) -> tuple[GivenUp, ...]:
    codes = [
        code
        for engagement in belief.engagements
        if engagement.opportunity == deal.crm.opportunity
        for code in engagement.projects
        if code not in deal.crm.project_codes
    ]
    return tuple(
        [
            GivenUp(
                code=code,
                psa_projects=(await systems.psa.read(code)).projects,
                erp_projects=(await systems.erp.read(deal.crm.entity or "", code)).projects,
            )
            for code in codes
        ]
    )


def _deal_report(
    key: str, deal: DealReadings, belief: Belief, given_up: tuple[GivenUp, ...]
) -> DealReport:
    stages = {one.opportunity: one.stage for one in belief.engagements}
    return DealReport(
        key=key,
        crm=deal.crm,
        engagement=stages.get(deal.crm.opportunity),
        psa_projects=deal.psa.projects,
        erp_projects=deal.erp.projects,
        time=deal.psa.entries,
        milestones=deal.psa.milestones,
        postings=deal.erp.postings,
        invoices=tuple(
            report.invoice(there, belief.slices, deal.crm.invoices, deal.psa.invoices)
            for there in deal.erp.invoices
        ),
        ledger=deal.erp.ledger,
        given_up=given_up,
    )
