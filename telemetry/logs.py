"""Structured logs: one JSON object a line, with workflow and business ids, without secrets.

Only named fields are logged, never a body; a field that could hold a secret is refused.
"""

import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, cast

import structlog
from structlog.typing import Processor
from temporalio import activity, workflow

_SECRETS = ("authorization", "password", "secret", "token", "assertion", "private_key", "cookie")
_REDACTED = "[redacted]"


def configure(log_format: str, *, process: str) -> None:
    """Send every log of this process, ours and the libraries', to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _temporal_ids,
        _redact,
    ]
    renderer: Processor = structlog.processors.JSONRenderer()
    if log_format == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs query strings
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it names its own parts
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)


def logger() -> Any:  # noqa: ANN401 - structlog's loggers are untyped proxies
    """Return the logger; events are dotted and in the past tense, ids are fields."""
    return structlog.get_logger()


def _temporal_ids(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    if activity.in_activity():
        info = activity.info()
        event.setdefault("workflow_id", info.workflow_id)
        event.setdefault("activity", info.activity_type)
        event.setdefault("attempt", info.attempt)
    elif workflow.in_workflow():
        event.setdefault("workflow_id", workflow.info().workflow_id)
    return event


def _redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = _safe(name, value)
    return event


def _safe(name: str, value: object) -> object:
    if any(secret in name.lower() for secret in _SECRETS):
        return _REDACTED
    if isinstance(value, Mapping):
        fields = cast("Mapping[object, object]", value)
        return {str(key): _safe(str(key), inner) for key, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [_safe("", inner) for inner in cast("Sequence[object]", value)]
    return value
