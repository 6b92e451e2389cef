"""Who is who in one play: the systems' ids of a story's clients and deals."""

from dataclasses import dataclass, field

from world.stage.evidence import Sent
from world.stage.loader import Script
from world.stage.systems import Systems
from world.stage.terms import Client


@dataclass
class Cast:
    """Ids by the story's own keys, and every message that was seen about them."""

    play: int
    clients: dict[str, Client] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    opportunities: dict[str, str] = field(default_factory=dict)
    sent: dict[tuple[str, str], Sent] = field(default_factory=dict)
    crm_log: int = 0

    async def listen(self, systems: Systems) -> None:
        """Note what the systems have told since the last time, before their feeds forget it."""
        records = [*self.accounts.values(), *self.opportunities.values()]
        workspaces: list[str] = []
        for opportunity in self.opportunities.values():
            records += await systems.crm.schedule_lines(opportunity)
            for code in await systems.crm.project_codes(opportunity):
                workspaces += [project.id for project in await systems.psa.projects(code)]
        told, self.crm_log = await systems.crm.sent(records, self.crm_log)
        for message in [*told, *await systems.psa.sent(workspaces)]:
            self.sent[message.source, message.id] = message


async def assembled(script: Script, systems: Systems) -> Cast:
    """Put the story's clients and deals into the CRM, under names and tax ids of their own."""
    story = script.scenario
    names = [client.name for client in story.clients.values()]
    cast = Cast(play=await systems.crm.play_number(names))
    cast.clients = {key: each.of_play(cast.play) for key, each in story.clients.items()}
    for key, client in cast.clients.items():
        cast.accounts[key] = await systems.crm.add_client(client, cast.play)
    closes = story.timeline[0].on
    for key, deal in story.deals.items():
        account = cast.accounts[deal.client]
        cast.opportunities[key] = await systems.crm.add_deal(deal, account, cast.play, closes)
    return cast
