"""GetHealthStatus: what is well and what is not, each check as live servers write theirs.

Source: recorded from a live WHMCS 8 (`checks` by `success`, `warning` and `danger`; a group without checks is
left out). The checks are this ledger's own, as are their names.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from eventstore.records import Unavailable
from service.whmcs.action import Action, Reply, found
from service.whmcs.fields import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.handling.answers import Call
    from service.handling.condition import Condition
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

ANSWER_SLOW_MS = 500
"""A database that takes so long for a simple question makes every write slow."""
CLOCK_OFF_S = 5
VERIFIED_WITHIN_DAYS = 7
SIGNED_WITHIN_S = 3600
"""Far longer than new events wait for a checkpoint."""
RELAYED_WITHIN_S = 60
"""A broker that was restarted has caught up by then."""

_GROUPS = {"notice": "success", "warning": "warning", "error": "danger"}


async def get_health_status(services: Services, call: Call, fields: Fields) -> Reply:
    """Also where the database does not answer, as long as the caller could be let in.

    The documented `fetchStatus` changes nothing: the status is always fetched.
    """
    del call, fields
    try:
        condition = await services.system.conditions.now()
    except Unavailable:
        checks = [_check("database", "DB", "error", "The database does not answer.")]
    else:
        checks = [
            *_database(condition),
            *_ledger(condition),
            _verification(condition, services.options.today()),
            _signature(condition),
            *_relay(condition),
        ]
    groups: dict[str, list[Body]] = {}
    for group in _GROUPS.values():
        inside = [check for check in checks if _GROUPS[check["severityLevel"]] == group]
        if inside:
            groups[group] = inside
    return found({"checks": groups})


def _database(condition: Condition) -> Iterator[Body]:
    version = f"PostgreSQL {condition.database_version} answers within {condition.answer_ms} ms."
    yield _check("database", "DB", "warning" if condition.answer_ms > ANSWER_SLOW_MS else "notice", version)
    off = condition.clock_ahead_s
    if abs(off) > CLOCK_OFF_S:
        where = "ahead of" if off > 0 else "behind"
        yield _check(
            "databaseClock", "DB", "warning", f"The database's clock is {abs(off)} s {where} the server's."
        )
    else:
        yield _check("databaseClock", "DB", "notice", "The clocks of database and server agree.")
    if condition.is_current:
        yield _check("databaseSchema", "DB", "notice", "The database has every migration.")
    else:
        yield _check("databaseSchema", "DB", "error", "Migrations are missing: run creditledger init.")


def _ledger(condition: Condition) -> Iterator[Body]:
    if condition.head_age_s is None:
        body = "Nothing is recorded yet."
    else:
        body = f"{condition.position} events are recorded, the last one {condition.head_age_s} s ago."
    yield _check("ledgerHead", "WHMCS", "notice", body)
    if condition.halted:
        names = ", ".join(condition.halted)
        body = f"These read models have stopped, and an operator has to look: {names}."
        yield _check("readModels", "WHMCS", "error", body)
    elif condition.behind:
        lag = ", ".join(f"{name} by {count} events" for name, count in condition.behind.items())
        yield _check("readModels", "WHMCS", "warning", f"These read models are behind the log: {lag}.")
    else:
        yield _check("readModels", "WHMCS", "notice", "Every read model is up to date with the log.")


def _verification(condition: Condition, today: str) -> Body:
    name, verified = "ledgerVerification", condition.verified
    for check in condition.checks:
        if check.problems:
            body = (
                f"The {check.kind} verification {_age(check.age_s)} ago found {check.problems} problems; "
                f"the first: {check.first_problem}"
            )
            return _check(name, "WHMCS", "error", body)
    if verified is None:
        return _check(name, "WHMCS", "warning", "The ledger was never verified: run creditledger verify.")
    if verified.problems:
        body = f"The verification of {verified.verified_at} found {verified.problems} problems."
        return _check(name, "WHMCS", "error", body)
    body = f"The ledger was verified up to event {verified.position} at {verified.verified_at}."
    newest = condition.checks[0] if condition.checks else None
    if newest is not None and newest.position > verified.position:
        body += f" What came since was checked up to event {newest.position}, {_age(newest.age_s)} ago."
    age = datetime.fromisoformat(today) - datetime.fromisoformat(verified.verified_at[:10])
    return _check(name, "WHMCS", "warning" if age.days > VERIFIED_WITHIN_DAYS else "notice", body)


def _signature(condition: Condition) -> Body:
    name, behind = "logCheckpoint", condition.position - condition.signed_position
    if condition.signed_position == 0:
        body = "No checkpoint of the log was ever signed: name a key with --signing-key-file."
        return _check(name, "WHMCS", "warning", body)
    if behind > 0 and condition.signed_age_s > SIGNED_WITHIN_S:
        body = f"The last {behind} events are under no signed checkpoint; the service's log says why."
        return _check(name, "WHMCS", "error", body)
    body = f"A signed checkpoint covers the log up to event {condition.signed_position}."
    return _check(name, "WHMCS", "notice", body)


def _relay(condition: Condition) -> Iterator[Body]:
    relayed = condition.relayed
    if relayed is None:
        return
    if relayed.waiting_s > RELAYED_WITHIN_S:
        body = (
            f"The broker has not got the last {relayed.behind} events, the first of them for"
            f" {_age(relayed.waiting_s)}; the service's log says why."
        )
        yield _check("eventRelay", "WHMCS", "warning", body)
    else:
        yield _check("eventRelay", "WHMCS", "notice", "Events are passed on to the broker.")


def _age(seconds: int) -> str:
    """In the largest unit of which there are two."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def _check(name: str, kind: str, severity: str, body: str) -> Body:
    return {"name": name, "type": kind, "severityLevel": severity, "body": body}


ACTION = Action(
    name="gethealthstatus", fields=Fields, run=get_health_status, is_command=False, has_past=False
)
