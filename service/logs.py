"""Structured logs on standard error: one JSON object per line, or text for a person at a terminal.

No request parameter is ever logged: secrets are among them.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from structlog.typing import Processor


def configure(level: str, log_format: str, **fields: object) -> None:
    """Set up structlog, and standard logging (aiohttp, asyncio) through it. Once per process.

    `fields` stand in every line.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[Processor] = [
        lambda _logger, _method, event: {**event, **fields},
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = log_format == "json"
    structlog.configure(
        # One step, and bytes all the way: a chain of steps cost three times as much, for every request.
        processors=[_JsonLine(fields)] if as_json else [*shared, _for_people()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(_Gathered(sys.stderr.buffer))  # type: ignore[arg-type] # write and flush is all it needs
        if as_json
        else structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    _configure_standard_logging(max(number, logging.WARNING), shared, as_json=as_json)


def _for_people() -> Processor:
    """Lines to read. Where rich is installed structlog would show the variables of a traceback: secrets."""
    return structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)


class _Gathered:
    """Lines of one turn of the event loop go out in one write: a system call per request is dear.

    Nothing is held back longer than that turn; without a loop, lines go out at once.
    """

    def __init__(self, output: BinaryIO) -> None:
        self._output = output
        self._lines: list[bytes] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def write(self, line: bytes) -> None:
        self._lines.append(line)
        if len(self._lines) == 1:
            self._schedule()

    def flush(self) -> None:
        """Called by structlog after each line; the loop does it."""

    def _schedule(self) -> None:
        if self._loop is None or not self._loop.is_running():
            try:
                self._loop = asyncio.get_running_loop()
            except RuntimeError:
                self._write_out()
                return
        self._loop.call_soon(self._write_out)

    def _write_out(self) -> None:
        lines, self._lines = self._lines, []
        self._output.write(b"".join(lines))
        self._output.flush()


def _configure_standard_logging(level: int, shared: list[Processor], *, as_json: bool) -> None:
    """What aiohttp and asyncio have to say, in the same form."""
    render: list[Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_dumps)]
        if as_json
        else [_for_people()]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)


class _JsonLine:
    """What `add_log_level`, `TimeStamper` and `format_exc_info` do, and the encoding, in one."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        self._fields = fields
        self._second = 0
        self._start_of_second = ""

    def __call__(self, logger: object, method: str, event: MutableMapping[str, Any]) -> bytes:
        if "exc_info" in event:
            event = structlog.processors.format_exc_info(logger, method, event)
        event.update(self._fields)
        event["level"] = method
        event["timestamp"] = self._now()
        return orjson.dumps(event, default=repr)

    def _now(self) -> str:
        """ISO 8601 in UTC with microseconds; the calendar is asked once a second."""
        second, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        if second != self._second:
            self._second = second
            self._start_of_second = datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return f"{self._start_of_second}.{nanoseconds // 1000:06d}Z"


def _dumps(value: Any, **_options: Any) -> str:
    return orjson.dumps(value, default=repr).decode()
