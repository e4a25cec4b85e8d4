"""One-time codes are used once, in whatever process."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from eventstore.spent_codes import SpentCodes

if TYPE_CHECKING:
    import asyncpg


async def test_a_step_is_spent_once(pool: asyncpg.Pool) -> None:
    """By one of many at once; earlier steps are spent with it, later ones and other secrets are not."""
    codes = SpentCodes(pool, 0)
    assert sum(await asyncio.gather(*[codes.spend("a", 7) for _ in range(8)])) == 1
    assert not await codes.spend("a", 6)
    assert await codes.spend("a", 8)
    assert await codes.spend("b", 7)
    assert await SpentCodes(pool, 1).spend("a", 7)
