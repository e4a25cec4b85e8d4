"""The log's reads use its indexes on a database that was never analysed, where planners go wrong first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.statements import statement

if TYPE_CHECKING:
    import asyncpg

READS: list[tuple[str, list[Any]]] = [
    ("read_range", [0, 10, 20]),
    ("read_after", [0, 10, 100]),
    ("read_bodies_after", [0, 10, 100, ["thing.happened"]]),
    ("read_streams", [0, ["account-1", "account-2"], [0, 3], 1, 100]),
    ("resolve_keys", [0, ["invoice:1", "invoice:2"]]),
    ("verify_blocks", [0, 10, 100, 200]),
    ("subject_keys", [0, ["account-1"]]),
    ("read_secret", [0, "name-key"]),
    ("read_token", [0, "\\x00"]),
    ("read_stream_between", [0, "account-1", 0, 1, 100, ["thing.happened"], 50]),
    ("read_types_between", [0, 1, 100, ["thing.happened"]]),
    ("read_refusals", [0, "access", "code", "account-1", '{"a": 1}', "2026-01-01", "2026-02-01", 0, 50]),
    ("read_attempts", [0, 7, "false", 50]),
    ("claim_mail", [0, ["news"], 60]),
    ("read_mail", [0, 50]),
]


@pytest.mark.parametrize(("name", "arguments"), READS, ids=[name for name, _ in READS])
async def test_no_read_scans_a_whole_table(pool: asyncpg.Pool, name: str, arguments: list[Any]) -> None:
    """Every table that grows is reached through an index, in the plan that prepared calls settle on."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("set local plan_cache_mode = force_generic_plan")
        types = ", ".join(_TYPES[name])
        await connection.execute(f"prepare read ({types}) as {statement(name)}")
        literals = ", ".join("'" + _text(argument) + "'" for argument in arguments)
        plan = "\n".join(
            row[0] for row in await connection.fetch(f"explain (costs off) execute read({literals})")
        )
        await connection.execute("deallocate read")
    assert not re.search(
        r"Seq Scan on "
        r"(event|stream|block|key|receipt|snapshot|secret|subject_key|refusal|token|delivery_attempt|mail)",
        plan,
    ), plan


_TYPES = {
    "read_range": ["smallint", "bigint", "bigint"],
    "read_after": ["smallint", "bigint", "bigint"],
    "read_bodies_after": ["smallint", "bigint", "bigint", "text[]"],
    "read_streams": ["smallint", "text[]", "bigint[]", "smallint", "bigint"],
    "resolve_keys": ["smallint", "text[]"],
    "verify_blocks": ["smallint", "bigint", "bigint", "bigint"],
    "subject_keys": ["smallint", "text[]"],
    "read_secret": ["smallint", "text"],
    "read_token": ["smallint", "bytea"],
    "claim_mail": ["smallint", "text[]", "double precision"],
    "read_mail": ["smallint", "bigint"],
    "read_stream_between": ["smallint", "text", "bigint", "bigint", "bigint", "text[]", "bigint"],
    "read_types_between": ["smallint", "bigint", "bigint", "text[]"],
    "read_attempts": ["smallint", "bigint", "boolean", "bigint"],
    "read_refusals": [
        "smallint",
        *("text", "text", "text", "jsonb", "timestamptz", "timestamptz"),
        *("bigint", "bigint"),
    ],
}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "{" + ",".join(str(item) for item in value) + "}"
    return str(value)
