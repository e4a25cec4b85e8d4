from __future__ import annotations

from dataclasses import replace

import pytest

from service.domain.activity import (
    AuditState,
    LogActivity,
    RecordGeneration,
    RecordVerification,
    decide_activity,
    decide_audit,
    evolve_activity,
    evolve_audit,
)
from service.domain.events.activity import ActivityLogged, InvoicesGenerated, LedgerVerified
from service.domain.refusals import RefusalCode
from tests.support.decider import NOW, TODAY, fold, given
from tests.support.samples import ACCOUNT_OPENED

LOGGED = ActivityLogged(description="Door opened")
VERIFIED = LedgerVerified(position=9, head_hash="ab", problems=0, verified_at=NOW)


def test_activity_of_a_client() -> None:
    """It is an event of the account, which does not change by it; nobody has none."""
    given(ACCOUNT_OPENED).when(LogActivity(description="Door opened")).then(LOGGED)
    given().when(LogActivity(description="Door opened")).refused(RefusalCode.CLIENT_NOT_FOUND)
    assert fold(ACCOUNT_OPENED, LOGGED) == replace(fold(ACCOUNT_OPENED), version=2)


def test_activity_of_the_ledger() -> None:
    """What was logged, and that invoices were generated."""
    assert decide_activity(LogActivity(description="Door opened"), NOW) == (LOGGED,)
    generated = InvoicesGenerated(count=3, date=TODAY)
    assert decide_activity(RecordGeneration(count=3), NOW) == (generated,)
    evolve_activity(None, LOGGED)
    evolve_activity(None, generated)


def test_the_last_verification_is_known() -> None:
    """A later one takes the place of an earlier one."""
    command = RecordVerification(position=9, head_hash="ab", problems=0)
    assert decide_audit(command, NOW) == (VERIFIED,)
    earlier = LedgerVerified(position=5, head_hash="cd", problems=1, verified_at="2025-06-01 00:00:00")
    state = evolve_audit(AuditState(), earlier)
    assert evolve_audit(state, VERIFIED).last == VERIFIED


def test_an_event_of_another_stream_is_an_error() -> None:
    """A fold never skips what it does not know."""
    with pytest.raises(TypeError, match="AccountOpened"):
        evolve_activity(None, ACCOUNT_OPENED)
    with pytest.raises(TypeError, match="ActivityLogged"):
        evolve_audit(AuditState(), LOGGED)
