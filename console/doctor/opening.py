"""A system opened to be examined, with what is wrong in our own configuration as a finding."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta

from canonical.findings import Brief, Finding, broken
from canonical.landscape import SystemInstance
from connectors import registry
from connectors.auth import Credential

_PATIENCE = timedelta(minutes=2)  # for one system


@dataclass(frozen=True)
class Opening:
    """How settings are read: the secrets of systems, and `explained`, both raising `wrong`."""

    secrets: Callable[[Iterable[SystemInstance]], Mapping[str, Credential]]
    explained: Callable[[str], AbstractContextManager[None]]
    wrong: type[Exception]

    async def examine(self, instance: SystemInstance, brief: Brief) -> tuple[Finding, ...]:
        """Return what is found of a system, or of our own configuration of it."""
        if instance.vendor not in registry.EXAMINED:
            shown = f"no connector speaks to {instance.vendor}"
            fix = f"correct `vendor` of the system: there is {', '.join(registry.EXAMINED)}"
            return (broken("configuration", shown, fix),)
        try:
            credential = self.secrets([instance])[instance.credential]
            async with AsyncExitStack() as stack:
                with self.explained(f"systems.{instance.id}"):
                    opened = registry.EXAMINED[instance.vendor](instance, credential)
                    port = await stack.enter_async_context(opened)
                async with asyncio.timeout(_PATIENCE.total_seconds()):
                    return await port.examine(brief)
        except TimeoutError:
            shown = f"nothing found out within {_PATIENCE.total_seconds():g} s"
            fix = "ask who runs the system why it is so slow, then examine it again"
            return (broken("reach", shown, fix),)
        except self.wrong as exc:
            fix = "correct the landscape or the credentials file"
            return (broken("configuration", str(exc), fix),)
