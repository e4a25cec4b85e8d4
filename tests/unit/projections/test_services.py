from __future__ import annotations

from dataclasses import replace

import pytest

from projections.projection import CannotApply, Write
from projections.services.project import project
from service.domain.services import CHANGEABLE
from tests.support.client_samples import ACCOUNT_DELETED
from tests.support.facts import facts
from tests.support.samples import CREDIT_ADDED
from tests.support.service_samples import (
    RENEWAL_INVOICED,
    SERVICE_CHANGED,
    SERVICE_REGISTERED,
    SERVICE_RENEWED,
)

ROW = (
    *(81, 7, 9001, 31, "instant", "VPS nano", "pl-vmv2-nano", "Monthly", 83000, 5000, 0, "EUR"),
    *("2025-03-02", "2025-03-31", "Active", False, True, "PL", '["2 vCPU","4 GB"]', 0),
)
NOTHING = dict.fromkeys((*CHANGEABLE, "renewal_invoice"))


def _rows(write: Write) -> list[tuple[object, ...]]:
    return list(write.rows)


def test_a_new_service_is_a_row() -> None:
    """In the order of the columns; other events are passed over."""
    inserted, updated, deleted = project(facts(CREDIT_ADDED, SERVICE_REGISTERED))
    assert _rows(inserted) == [ROW]
    assert _rows(updated) == _rows(deleted) == []


def test_changes_in_one_batch_are_one_row() -> None:
    """What came later is what the row says, of a new service as of an old one."""
    past = (SERVICE_REGISTERED, RENEWAL_INVOICED, SERVICE_RENEWED, SERVICE_CHANGED)
    inserted, updated, _ = project(facts(*past))
    (row,) = _rows(inserted)
    assert row[8:] == (
        *(90000, 5000, 0, "EUR", "2025-03-02", "2025-04-30", "Terminated", False, True, "PL"),
        *('["2 vCPU","8 GB"]', 0),
    )
    assert _rows(updated) == []


@pytest.mark.parametrize(
    ("event", "columns"),
    [
        (RENEWAL_INVOICED, {"renewal_invoice": 17}),
        (SERVICE_RENEWED, {"next_due_date": "2025-04-30", "renewal_invoice": 0}),
        (replace(SERVICE_CHANGED, changes={"has_licence": True}), {"has_licence": True}),
    ],
    ids=lambda value: getattr(value, "TYPE", ""),
)
def test_what_did_not_change_is_null(event: object, columns: dict[str, object]) -> None:
    """Each event tells its own columns."""
    _, updated, _ = project(facts(event))  # type: ignore[arg-type]  # an event, as the ids need an object
    assert _rows(updated) == [(81, *(NOTHING | columns).values())]


def test_a_deleted_account_has_no_rows() -> None:
    """All of the client's are removed, those of this batch too."""
    *_, deleted = project(facts(SERVICE_REGISTERED, ACCOUNT_DELETED))
    assert (_rows(deleted), deleted.removes) == ([(7,)], True)


def test_a_number_is_given_once() -> None:
    """A log that registers a service twice is halted, never guessed about."""
    with pytest.raises(CannotApply, match="service 81 is known already"):
        project(facts(SERVICE_REGISTERED, SERVICE_REGISTERED))
