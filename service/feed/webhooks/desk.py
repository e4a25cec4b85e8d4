"""What is done about webhooks when somebody asks, whoever it is: an operator, or a credential over HTTP.

Every method may raise ValueError, a sentence about what was asked, and what a busy ledger raises.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from service.domain.refusals import Refusal
from service.feed.webhooks.asking import after_of, check_replay
from service.feed.webhooks.plans import UNTIL_FORMAT
from service.feed.webhooks.signing import new_secret
from service.feed.webhooks.told import told, told_attempt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from service.domain.webhooks import Webhook
    from service.feed.webhooks.asking import (
        AskedChange,
        AskedPause,
        AskedReplay,
        AskedResume,
        AskedRotation,
        AskedWebhook,
        Reader,
    )
    from service.handling.answers import Call
    from service.handling.webhooks import Webhooks

_PAUSED = "paused on request"


class Desk:
    """Answers are objects for JSON, or refusals."""

    def __init__(
        self,
        webhooks: Webhooks,
        reader: Reader,
        head: Callable[[], Awaitable[int]],
        *,
        overlap_s: float,
    ) -> None:
        self.reader = reader
        self._webhooks = webhooks
        self._head = head
        self._overlap_s = overlap_s

    async def find(self, webhook_id: int) -> Webhook | None:
        """The webhook of this number."""
        return await self._webhooks.find(webhook_id)

    async def add(self, asked: AskedWebhook, owner: str, call: Call) -> dict[str, Any] | Refusal:
        """A new webhook, with its secret."""
        target = self.reader.target(asked)
        after = after_of(asked.begin, await self._head())
        added = await self._webhooks.add(target, after, owner, new_secret(), call)
        if isinstance(added, Refusal):
            return added
        return {**await self.show(added.webhook_id), "secret": added.secret}

    async def listed(self, owner: str | None = None) -> list[dict[str, Any]]:
        """All webhooks, or those of one owner."""
        found = [each for each in await self._webhooks.all() if owner is None or each.owner == owner]
        standings = await self._webhooks.standing([each.webhook_id for each in found])
        head = await self._head()
        return [told(each, standings[each.webhook_id], head) for each in found]

    async def show(self, webhook_id: int) -> dict[str, Any]:
        """One webhook; empty if it is gone."""
        webhook = await self._webhooks.find(webhook_id)
        if webhook is None:
            return {}
        standings = await self._webhooks.standing([webhook_id])
        return told(webhook, standings[webhook_id], await self._head())

    async def change(self, webhook_id: int, asked: AskedChange, call: Call) -> dict[str, Any] | Refusal:
        """Another target from now on."""
        changes = self.reader.changes(asked)
        if not changes:
            raise ValueError("nothing is to be changed")
        return await self._shown(webhook_id, await self._webhooks.change(webhook_id, changes, call))

    async def pause(self, webhook_id: int, asked: AskedPause, call: Call) -> dict[str, Any] | Refusal:
        """Nothing is sent for now."""
        answer = await self._webhooks.pause(webhook_id, asked.reason or _PAUSED, call)
        return await self._shown(webhook_id, answer)

    async def resume(self, webhook_id: int, asked: AskedResume, call: Call) -> dict[str, Any] | Refusal:
        """On, from where it was or from elsewhere."""
        after = None if asked.begin is None else after_of(asked.begin, await self._head())
        return await self._shown(webhook_id, await self._webhooks.resume(webhook_id, call, after))

    async def rotate(self, webhook_id: int, asked: AskedRotation, call: Call) -> dict[str, Any] | Refusal:
        """A new secret, told once."""
        overlap_s = self._overlap_s if asked.overlap_s is None else asked.overlap_s
        until = (datetime.now(UTC) + timedelta(seconds=overlap_s)).strftime(UNTIL_FORMAT)
        rotated = await self._webhooks.rotate(webhook_id, new_secret(), until, call)
        if isinstance(rotated, Refusal):
            return rotated
        return {**await self.show(webhook_id), "secret": rotated.secret}

    async def replay(self, webhook_id: int, asked: AskedReplay, call: Call) -> dict[str, Any] | Refusal:
        """A stretch of the log once more."""
        check_replay(asked, await self._head())
        return await self._shown(
            webhook_id, await self._webhooks.replay(webhook_id, asked.first, asked.last, call)
        )

    async def remove(self, webhook_id: int, call: Call) -> dict[str, Any] | Refusal:
        """Gone."""
        return await self._shown(webhook_id, await self._webhooks.remove(webhook_id, call))

    async def deliveries(self, webhook_id: int, limit: int, *, only_failed: bool) -> list[dict[str, Any]]:
        """The newest attempts first."""
        attempts = await self._webhooks.attempts(webhook_id, limit, only_failed=only_failed)
        return [told_attempt(attempt) for attempt in attempts]

    async def _shown(self, webhook_id: int, answer: object) -> dict[str, Any] | Refusal:
        return answer if isinstance(answer, Refusal) else await self.show(webhook_id)
