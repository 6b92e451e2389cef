"""The worker, with a sampler in it: `python -m bench.sampled_worker FILE`."""

import asyncio
import sys
from pathlib import Path

import worker
from bench.sampler import Sampler
from settings import Settings
from telemetry import logs

if __name__ == "__main__":
    Sampler(Path(sys.argv[1])).install()
    environment = Settings()
    logs.configure(environment.log_format, process="worker")
    asyncio.run(worker.main(environment))
