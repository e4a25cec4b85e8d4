"""An event as it leaves the ledger: CloudEvents 1.0, structured JSON.

`type`, `schemaversion` and `data` are as in the log. Beyond the specification's own attributes: `position`
and `streamversion` (integers), `partitionkey` (its partitioning extension: the stream, within which order
matters), `correlationid` (the request that caused it) and `adminid`. Pure; only the feed imports it.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from eventstore.records import RecordedEvent

SCHEMA_PATH = "/events/schema"


def source_of(installation: str, lane: int) -> str:
    """Which ledger events come from, in a name that no other ledger has."""
    return f"urn:creditledger:{installation[:16]}:{lane}"


def envelope(record: RecordedEvent, source: str, data: bytes) -> bytes:
    """The event as one line of JSON; `data` is JSON already."""
    metadata = orjson.loads(record.metadata)
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(record.event_id),
            "source": source,
            "type": record.type,
            "subject": record.stream,
            "time": record.recorded_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "datacontenttype": "application/json",
            "dataschema": f"{SCHEMA_PATH}?type={record.type}&version={record.schema_version}",
            "schemaversion": record.schema_version,
            "position": record.position,
            "streamversion": record.version,
            "partitionkey": record.stream,
            "correlationid": metadata["correlation_id"],
            "adminid": metadata["admin_id"],
            "data": orjson.Fragment(data),
        }
    )
