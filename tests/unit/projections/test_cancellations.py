from __future__ import annotations

from dataclasses import replace

import pytest

from projections.cancellations.project import project
from projections.projection import CannotApply
from tests.support.cancellation_samples import CANCELLATION_REQUESTED, CANCELLED, WITHDRAWN
from tests.support.client_samples import ACCOUNT_DELETED, PERSON_ERASED
from tests.support.facts import facts

REQUEST = (7, 1, "Immediate", "Zu teuer, said Ada", "client", "2025-04-10 10:30:00", "2025-04-10", 17)
KEY = (81, 1)


def test_a_request_is_a_row_as_it_stands_in_the_end() -> None:
    """What became of it in the same batch is in it."""
    asked, carried_out = "2025-04-10 10:30:00", ("carried_out", 53950, "2025-04-10 10:30:00")
    [inserted, updated, *_] = project(facts(CANCELLATION_REQUESTED))
    assert inserted.rows == [(*KEY, *REQUEST, "standing", 0, asked)]
    assert updated.rows == []
    [inserted, updated, *_] = project(facts(CANCELLATION_REQUESTED, CANCELLED))
    assert inserted.rows == [(*KEY, *REQUEST, *carried_out)]
    [inserted, updated, *_] = project(facts(CANCELLED))
    assert (inserted.rows, updated.rows) == ([], [(*KEY, *carried_out)])


def test_a_withdrawn_one_stays_beside_the_next() -> None:
    """Each has its number."""
    again = replace(CANCELLATION_REQUESTED, request=2)
    [inserted, *_] = project(facts(CANCELLATION_REQUESTED, WITHDRAWN, again))
    assert [(row[:2], row[10]) for row in inserted.rows] == [((81, 1), "withdrawn"), ((81, 2), "standing")]


def test_persons_and_accounts_go() -> None:
    """A person takes the reasons along, an account everything."""
    writes = project(facts(PERSON_ERASED, ACCOUNT_DELETED))
    assert [write.rows for write in writes] == [[], [], [(7,)], [(7,)]]
    assert all(write.removes for write in writes[2:])


def test_a_request_is_made_once() -> None:
    """The same number twice is a log that cannot be."""
    with pytest.raises(CannotApply):
        project(facts(CANCELLATION_REQUESTED, CANCELLATION_REQUESTED))
