"""A rate limit as a bucket of tokens, which fills as the sandbox's clock goes."""

from dataclasses import dataclass
from datetime import datetime
from math import inf


@dataclass
class Bucket:
    """The tokens of one limit; it holds those of one second, and at least one."""

    filled_at: datetime
    tokens: float = inf

    def refuses(self, rate: float, now: datetime) -> bool:
        """Take a token at a rate a second, 0 being no limit, and say whether there was none."""
        passed = max((now - self.filled_at).total_seconds(), 0)
        self.filled_at = now
        if not rate:
            self.tokens = inf
            return False
        self.tokens = min(self.tokens + passed * rate, max(rate, 1))
        if self.tokens < 1:
            return True
        self.tokens -= 1
        return False
