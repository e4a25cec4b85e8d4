"""Checks what keeps the log append-only: triggers, rights, functions, and what could hide or change rows.

The guards prove nothing about rows, which are checked elsewhere: they are the locks, and this tells that one
is open. What must stand is read out of the migrations themselves, as far as they were applied. Reads the
catalogs only, so everybody may.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from eventstore.database import SERVICE_ROLE, reachable
from eventstore.findings import FINDINGS_MAX, Finding
from eventstore.migrate import MIGRATIONS
from eventstore.statements import statement

if TYPE_CHECKING:
    import asyncpg

    from eventstore.subscription import Connection

ONLY_READ = (
    *("event", "block", "receipt", "lane", "stream", "key"),
    *("subject_key", "released_key", "secret"),
)
"""What is written by the log's functions only."""
ONLY_ADDED_TO = ("merkle_tile", "signed_checkpoint", "checkpoint_timestamp")
_APPEND_ONLY = "append_only"
_FUNCTION = re.compile(r"create (?:or replace )?function es\.(\w+)\(.*?\bas \$\$(.*?)\$\$", re.DOTALL)
_TRIGGER = re.compile(r"^create trigger (\w+) .*?\bon es\.(\w+)\b", re.DOTALL | re.MULTILINE)
_ON_ALWAYS = (b"O", b"A")


async def check_guards(connection: Connection) -> list[Finding]:
    """Every guard of the log stands, and nothing stands in its way. Raises Unavailable."""
    with reachable():
        names = {
            row["name"]
            for row in await connection.fetch("select name from public.creditledger_migration order by name")
        }
        texts = [
            path.read_text(encoding="utf-8")
            for path in sorted(MIGRATIONS.glob("*.sql"))
            if path.name in names
        ]
        found = [
            *_triggers(texts, await connection.fetch(statement("verify_triggers"))),
            *_functions(texts, await connection.fetch(statement("verify_functions"))),
        ]
        rows = await connection.fetch(
            statement("verify_rights"), SERVICE_ROLE, list(ONLY_READ), list(ONLY_ADDED_TO)
        )
    return [*found, *(Finding(row["problem"], row["place"]) for row in rows)][:FINDINGS_MAX]


def _triggers(texts: list[str], rows: list[asyncpg.Record]) -> list[Finding]:
    """`rows` are all triggers, and the partitions of the events, which each have a guard of their own."""
    wanted = {(table, name) for text in texts for name, table in _TRIGGER.findall(text)}
    wanted |= {(row["relation"], _APPEND_ONLY) for row in rows if row["is_partition"]}
    standing = {(row["relation"], row["name"]): row for row in rows if row["name"] is not None}
    found = []
    for table, name in sorted(wanted):
        row = standing.get((table, name))
        if row is None:
            found.append(Finding(f"the trigger {name} is missing", f"es.{table}"))
        elif row["enabled"] not in _ON_ALWAYS:
            found.append(Finding(f"the trigger {name} is switched off", f"es.{table}"))
    others = sorted(set(standing) - wanted)
    return found + [
        Finding(f"has the trigger {name}, which is not the ledger's", standing[table, name]["place"])
        for table, name in others
    ]


def _functions(texts: list[str], rows: list[asyncpg.Record]) -> list[Finding]:
    wanted = {name: body for text in texts for name, body in _FUNCTION.findall(text)}
    bodies = {row["name"]: row["body"] for row in rows}
    return [
        Finding("is missing" if name not in bodies else "is not the ledger's function", f"es.{name}")
        for name, body in sorted(wanted.items())
        if bodies.get(name) != body
    ]
