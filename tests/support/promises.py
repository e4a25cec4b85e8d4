"""What callers were told, held against what the log says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import CreditAdded, CreditApplied, PaymentRecorded
from tests.support.audit import requests_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.audit import Recorded
    from tests.support.load import Request

_KINDS = {"AddCredit": CreditAdded, "ApplyCredit": CreditApplied, "AddInvoicePayment": PaymentRecorded}


def assert_promises_kept(requests: Sequence[Request], log: Sequence[Recorded]) -> None:
    """Acknowledged: once, as answered. Refused: not at all. Not answered: at most once."""
    recorded = requests_in(log)
    for request in requests:
        entries = recorded.get(request.name, [])
        if request.is_acknowledged:
            assert len(entries) == 1, (request, entries)
            assert_answered_as_recorded(request, entries[0])
        elif request.is_promised_absent:
            assert not entries, (request, entries)
        else:
            assert len(entries) <= 1, (request, entries)


def assert_answered_as_recorded(request: Request, entry: Recorded) -> None:
    """The numbers in a success are those in the log."""
    event = entry.event
    assert isinstance(event, _KINDS[request.action])
    body = request.answers[-1].body
    match event:
        case CreditAdded():
            assert (body["creditid"], body["newbalance"]) == (event.credit_id, f"{event.balance / 100:.2f}")
        case CreditApplied():
            assert (body["amount"], body["invoiceid"]) == ("0.50", str(event.invoice_id))
        case PaymentRecorded():
            # A payment sent again without a key is known by its transaction id: answered without a number.
            assert body.get("transactionid", event.transaction_id) == event.transaction_id
        case _:
            raise AssertionError(event)
