"""What is at the end of a topic's partitions, and so which events are in it that the log does not know of.

Batches go to all partitions at once, and a crash may leave some of them: up to a position all are there, and
beyond it a few. How many records there ever were, by the partitions' offsets, tells whether some were lost.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from service.feed.relay.broker import BrokerError, position_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

    from service.feed.relay.broker import Known

LABEL = "lane-position"
"""The header by which consumers know repetitions."""
STEP_RECORDS = 1_000
"""Read at a time, backwards."""
LOOK_MAX_RECORDS = 100_000
"""Of a partition; what lies further back is published again rather than held in memory."""


class _Extent(NamedTuple):
    """A partition's offsets, and the position in its last record, if there is one."""

    begin: int
    end: int
    last: int | None


class Tail:
    """Call `read_ends` first. Everything raises BrokerError, what aiokafka raises, and TimeoutError."""

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        partitions: Sequence[TopicPartition],
        lane: int,
        source: str,
        timeout_s: float,
    ) -> None:
        self._consumer = consumer
        self._partitions = partitions
        self._lane = lane
        self._source = source
        self._timeout_s = timeout_s
        self._extents: dict[TopicPartition, _Extent] = {}

    async def read_ends(self) -> None:
        """See where every partition begins and ends, and what is in its last record."""
        self._consumer.assign(self._partitions)
        self._consumer.pause(*self._partitions)  # or it would read on for itself
        async with asyncio.timeout(self._timeout_s):
            begins = await self._consumer.beginning_offsets(self._partitions)
            ends = await self._consumer.end_offsets(self._partitions)
        for partition in self._partitions:
            begin, end = begins[partition], ends[partition]
            found = await self._positions(partition, end - 1, end) if end > begin else []
            self._extents[partition] = _Extent(begin, end, max(found, default=None))

    @property
    def count(self) -> int:
        """Of records that the topic ever took."""
        return sum(extent.end for extent in self._extents.values())

    @property
    def newest(self) -> int:
        """The highest position at an end."""
        return max((extent.last or 0 for extent in self._extents.values()), default=0)

    def whole_until(self, known: Known) -> int:
        """Up to which position nothing is missing.

        That is what the log knows, unless there are fewer records than then. The partitions' ends tell it,
        too, but the one that got nothing for longest would have the log read again from there.
        """
        if known.ahead is not None and self.count >= known.position - known.ahead:
            return known.position
        lasts = [
            extent.last if extent.last is not None else known.after
            for extent in self._extents.values()
            if extent.last is not None or extent.end == 0  # others are empty by age, and say nothing
        ]
        if all(extent.last is None for extent in self._extents.values()):
            raise BrokerError(
                "it was emptied, and nothing says up to where it was filled: remove it, or choose another"
                " prefix"
            )
        return max(known.after, min(lasts))

    async def positions_after(self, position: int) -> set[int]:
        """Which positions beyond this one are there."""
        present: set[int] = set()
        for partition, extent in self._extents.items():
            low, is_over = extent.end, (extent.last or 0) <= position
            while not is_over and low > max(extent.begin, extent.end - LOOK_MAX_RECORDS):
                high, low = low, max(extent.begin, low - STEP_RECORDS)
                found = await self._positions(partition, low, high)
                present.update(found)
                is_over = min(found, default=0) <= position
        return {found for found in present if found > position}

    async def _positions(self, partition: TopicPartition, low: int, high: int) -> list[int]:
        """Those in the records from an offset to before another."""
        found: list[int] = []
        self._consumer.seek(partition, low)
        self._consumer.resume(partition)
        async with asyncio.timeout(self._timeout_s):
            while await self._consumer.position(partition) < high:
                came = await self._consumer.getmany(partition, timeout_ms=1000)
                records = [record for some in came.values() for record in some]
                found += [self._position(record) for record in records if record.offset < high]
        self._consumer.pause(partition)
        return found

    def _position(self, record: ConsumerRecord[Any, Any]) -> int:
        label = dict(record.headers).get(LABEL, b"").decode("utf-8", "replace")
        return position_in(label, record.value or b"", self._lane, self._source, record.topic)
