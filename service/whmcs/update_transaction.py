"""UpdateTransaction: a transaction says something else. Source: WHMCS API reference, UpdateTransaction.

What is empty stays as it is. Sums of invoices follow; no credit is taken back, and no status changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator

from service.domain.commands import CorrectTransaction
from service.domain.refusals import Refusal, RefusalCode
from service.http.values import NAME_BYTES_MAX, REFERENCE_BYTES_MAX, TEXT_BYTES_MAX
from service.whmcs.action import Action
from service.whmcs.fields import (
    ExchangeRate,
    Fees,
    FieldError,
    Fields,
    Flag,
    OptionalLocalTime,
    PaymentAmount,
)
from service.whmcs.reading import id_or, text_up_to
from service.whmcs.transaction_fields import (
    CURRENCY_NOT_FOUND,
    TRANSACTION_NOT_FOUND,
    NewInvoiceId,
    NewRefundId,
    OptionalCurrencyId,
    UserId,
    check_client,
    owner_of,
)

if TYPE_CHECKING:
    from projections.views import TransactionRow
    from service.domain.events import CurrencyAdded
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_OF_ANOTHER = ("transaction_of_another_client", "A transaction cannot be moved to another client")


class UpdateTransactionFields(Fields):
    """WHMCS documents no errors; the order is that of AddTransaction."""

    transactionid: Annotated[int, PlainValidator(id_or(*TRANSACTION_NOT_FOUND))]
    userid: UserId = None
    invoiceid: NewInvoiceId = None
    currency: OptionalCurrencyId = None
    gateway: Annotated[str, text_up_to(NAME_BYTES_MAX, "gateway")] = ""
    transid: Annotated[str, text_up_to(REFERENCE_BYTES_MAX, "transid")] = ""
    date: OptionalLocalTime = None
    description: Annotated[str, text_up_to(TEXT_BYTES_MAX, "description")] = ""
    amountin: PaymentAmount = None
    fees: Fees = None
    amountout: PaymentAmount = None
    rate: ExchangeRate = None
    refundid: NewRefundId = None
    credit: Flag = False
    """Passed over for a transaction of an invoice, and for one that became credit before."""


async def update_transaction(
    services: Services, call: Call, fields: UpdateTransactionFields
) -> Done | Refusal:
    """Whose it is is looked up first."""
    row = await services.reader.transaction(fields.transactionid, deadline=call.deadline)
    if row is None:
        return Refusal(RefusalCode.TRANSACTION_NOT_FOUND)
    await _check_owner(services, fields, row)
    currency = await _currency(services, fields)
    command = CorrectTransaction(
        transaction_id=fields.transactionid,
        invoice_id=fields.invoiceid,
        gateway=fields.gateway.strip() or None,
        reference=fields.transid.strip() or None,
        description=fields.description or None,
        date=fields.date,
        amount_in=fields.amountin,
        amount_out=fields.amountout,
        fees=fields.fees,
        rate=fields.rate,
        currency=currency.code if currency else None,
        currency_id=currency.currency_id if currency else 0,
        refund_id=fields.refundid,
        to_credit=fields.credit,
    )
    return await services.ledger.on_transactions(row.client_id, command, call)


def _answer(fields: UpdateTransactionFields, _: Done) -> Body:
    """`transactionid` is an integer, as GetTransactions sends it."""
    return {"transactionid": fields.transactionid}


async def _check_owner(services: Services, fields: UpdateTransactionFields, row: TransactionRow) -> None:
    """A transaction is its client's for good: moving it would take two accounts at once."""
    await check_client(services.ledger, fields.userid)
    if fields.userid not in {None, row.client_id}:
        raise FieldError("userid", *_OF_ANOTHER)
    if fields.invoiceid:
        await owner_of(services.ledger, fields.invoiceid, row.client_id)


async def _currency(services: Services, fields: UpdateTransactionFields) -> CurrencyAdded | None:
    if fields.currency is None:
        return None
    currency = await services.ledger.currency(fields.currency)
    if currency is None:
        raise FieldError("currency", *CURRENCY_NOT_FOUND)
    return currency


ACTION = Action(
    name="updatetransaction",
    fields=UpdateTransactionFields,
    run=update_transaction,
    is_command=True,
    answer=_answer,
)
