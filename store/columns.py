"""Column types that keep what they are given: exact numbers and aware times.

SQLite would turn a Decimal into a float and forget a time zone.
"""

from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine
from typing_extensions import override

from canonical.base import RuleError

_DIGITS = 24
_LARGEST_INTEGER = 2**63 - 1


class NotExactError(RuleError, ValueError):
    """A number is finer or larger than its column can keep."""


class Exact(TypeDecorator[Decimal]):
    """A decimal with `scale` decimals: NUMERIC on PostgreSQL, a scaled integer on SQLite."""

    impl = Numeric
    cache_ok = True

    def __init__(self, scale: int = 4) -> None:
        super().__init__(_DIGITS, scale)
        self.scale = scale

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(_DIGITS, self.scale))

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | int | None:
        """Return the number as it is kept.

        Raises:
            NotExactError: it would not come back as it is.
        """
        if value is None:
            return None
        scaled = value.scaleb(self.scale)
        # Scaling rounds a number of very many digits; scaled back it is then another one.
        if not scaled.is_finite() or scaled.to_integral_value().scaleb(-self.scale) != value:
            msg = f"{value} has more than {self.scale} decimals"
            raise NotExactError(msg)
        if abs(scaled) > _LARGEST_INTEGER:
            msg = f"{value} is too large to keep"
            raise NotExactError(msg)
        return int(scaled) if dialect.name == "sqlite" else value

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        """Return the number as it was given."""
        if value is None or isinstance(value, Decimal):
            return value
        return Decimal(value).scaleb(-self.scale)


class Utc(TypeDecorator[datetime]):
    """An aware time in UTC: TIMESTAMP WITH TIME ZONE on PostgreSQL, ISO 8601 text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return what the database keeps."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(32))
        return dialect.type_descriptor(DateTime(timezone=True))

    @override
    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Return the time as it is kept.

        Raises:
            NotExactError: the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"{value} has no time zone"
            raise NotExactError(msg)
        moment = value.astimezone(UTC)
        # One width, so that text sorts as time does.
        return moment.isoformat(timespec="microseconds") if dialect.name == "sqlite" else moment

    @override
    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return the time, aware, in UTC."""
        if value is None:
            return None
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.astimezone(UTC)


class Choice(TypeDecorator[StrEnum]):
    """One value of a StrEnum, kept as its text."""

    impl = String
    cache_ok = True

    def __init__(self, of: type[StrEnum]) -> None:
        super().__init__(32)
        self.of = of

    @override
    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        """Return the value as it is kept."""
        return None if value is None else self.of(value).value

    @override
    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        """Return the value as it was given."""
        return None if value is None else self.of(value)
