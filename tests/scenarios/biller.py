"""One of several billing clerks: asks for the bill of a contract up to each day that it is told.

`python -m tests.scenarios.biller STATE CONTRACT`; a day a line comes in, what came of it goes out.
"""

import asyncio
import sys
from datetime import date
from pathlib import Path

import starter
from canonical.contracts import ContractId
from console import starting


async def main(state: Path, contract: ContractId) -> None:
    async with starter.attach(state) as running:
        print("ready", flush=True)  # noqa: T201 - its output is its answer
        for line in iter(sys.stdin.readline, ""):
            day = date.fromisoformat(line.strip())
            try:
                said = await starting.bill(
                    running.client, running.database, running.landscape, contract, day
                )
            except starting.NotStartedError as late:
                said = str(late)
            print(said, flush=True)  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), ContractId(sys.argv[2])))
