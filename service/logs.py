"""Structured logs on standard error: one JSON object per line, or text for a person at a terminal.

No request parameter is ever logged: secrets are among them.
"""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING, Any

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import Processor


def configure(level: str, log_format: str) -> None:
    """Set up structlog, and standard logging (aiohttp, asyncio) through it. Once per process."""
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = log_format == "json"
    structlog.configure(
        # Bytes all the way: encoding and printing text cost twice as much, for every request.
        processors=[*shared, structlog.processors.format_exc_info, _json_bytes]
        if as_json
        else [*shared, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer)
        if as_json
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard_logging(max(number, logging.WARNING), shared, as_json=as_json)


def _configure_standard_logging(level: int, shared: list[Processor], *, as_json: bool) -> None:
    """What aiohttp and asyncio have to say, in the same form."""
    render: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
        if as_json
        else [structlog.dev.ConsoleRenderer(colors=False)]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)


def _json_bytes(_logger: object, _method: str, event: MutableMapping[str, Any]) -> bytes:
    return orjson.dumps(event, default=repr)


def _dumps(value: Any, **_options: Any) -> str:
    return orjson.dumps(value, default=repr).decode()
