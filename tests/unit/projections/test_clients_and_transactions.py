"""The transaction read model: facts to rows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from projections.transactions import project as transactions
from tests.support.billing_samples import TRANSACTION_CORRECTED, TRANSACTION_RECORDED
from tests.support.client_samples import ACCOUNT_DELETED
from tests.support.facts import facts
from tests.support.samples import PAYMENT_RECORDED

if TYPE_CHECKING:
    from service.domain.events import Event


def _transactions(*events: Event, stream: str = "account-7") -> dict[str, list[tuple[object, ...]]]:
    """The rows of each statement that writes any."""
    writes = transactions.project(facts(*events, stream=stream))
    return {write.statement: list(write.rows) for write in writes if write.rows}


def test_a_payment_is_a_transaction() -> None:
    """The row holds the payment as the gateway reported it; nothing went out, nothing is refunded."""
    row = (
        *(41, 7, 17, "EUR", 0, "paypal", "2025-03-06 23:59:59", "Invoice Payment"),
        *(10500, 33, 0, 100000, "8XY12345", 0),
    )
    assert _transactions(PAYMENT_RECORDED) == {"insert_transaction": [row]}


def test_a_transaction_is_inserted_as_its_batch_leaves_it() -> None:
    """Recorded and corrected in one batch is one row; what the correction did not say stays."""
    row = (
        *(42, 7, 17, "EUR", 0, "mailin", "2025-03-09 00:00:00", "A cheque"),
        *(1100, -5, 0, 110000, "CHEQUE-8", 0),
    )
    assert _transactions(TRANSACTION_RECORDED, TRANSACTION_CORRECTED) == {"insert_transaction": [row]}


def test_an_older_transaction_changes_only_what_was_said() -> None:
    """None is no change; two corrections in a batch are one row, the last word of each."""
    again = replace(TRANSACTION_CORRECTED, date=None, fees=7, amount_in=1200)
    row = (
        *(42, 17, None, None, "mailin", "2025-03-09 00:00:00", None),
        *(1200, 7, 0, None, "CHEQUE-8", 0),
    )
    assert _transactions(TRANSACTION_CORRECTED, again) == {"update_transaction": [row]}


def test_a_transaction_of_nobody_has_no_client() -> None:
    """In the stream `house` there is no client, and the currency is the transaction's own."""
    told = replace(TRANSACTION_RECORDED, invoice_id=0, currency_id=2)
    [row] = _transactions(told, stream="house")["insert_transaction"]
    assert row[:5] == (42, 0, 0, "EUR", 2)


def test_transactions_go_with_their_client_only_if_asked_for() -> None:
    """They are kept when a client is deleted, unless it was deleted with them; then their numbers are."""
    assert _transactions(ACCOUNT_DELETED) == {"keep_references": [(7,)], "delete_of_client": [(7,)]}
    assert _transactions(replace(ACCOUNT_DELETED, with_transactions=False)) == {}
