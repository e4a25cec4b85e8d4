"""AddTransaction: money that came in or went out, told by hand. Source: WHMCS API reference, AddTransaction.

For an invoice it is a payment, or with `amountout` a refund of one; `refundid`, our own parameter here, names
the transaction that is paid back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from service.domain.commands import RecordTransaction
from service.domain.events import TransactionRecorded
from service.http.values import NAME_BYTES_MAX, REFERENCE_BYTES_MAX, TEXT_BYTES_MAX
from service.whmcs.action import (
    Action,
    MustExist,
    client_is_known,
    invoice_is_known,
)
from service.whmcs.fields import (
    ExchangeRate,
    Fees,
    FieldError,
    Fields,
    Flag,
    OptionalLocalTime,
    PaymentAmount,
)
from service.whmcs.reading import CLIENT_NOT_FOUND, INVOICE_NOT_FOUND, text_up_to
from service.whmcs.transaction_fields import (
    CURRENCY_NOT_FOUND,
    NOBODY,
    TRANSACTION_NOT_FOUND,
    OptionalCurrencyId,
    OptionalInvoiceId,
    OptionalRefundId,
    UserId,
    check_client,
    owner_of,
)

if TYPE_CHECKING:
    from service.domain.refusals import Refusal
    from service.handling.answers import Call, Done
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Services

_RATE_ONE = 100_000


class AddTransactionFields(Fields):
    """In the order of the documented errors; that `paymentmethod` is required is the ledger's to say."""

    userid: UserId = None
    invoiceid: OptionalInvoiceId = None
    currencyid: OptionalCurrencyId = None
    paymentmethod: Annotated[str, text_up_to(NAME_BYTES_MAX, "paymentmethod")] = ""
    transid: Annotated[str, text_up_to(REFERENCE_BYTES_MAX, "transid")] = ""
    date: OptionalLocalTime = None
    description: Annotated[str, text_up_to(TEXT_BYTES_MAX, "description")] = ""
    amountin: PaymentAmount = None
    fees: Fees = None
    amountout: PaymentAmount = None
    rate: ExchangeRate = None
    refundid: OptionalRefundId = None
    credit: Flag = False
    """Passed over for a transaction of an invoice."""
    allowduplicatetransid: Flag = False


async def add_transaction(services: Services, call: Call, fields: AddTransactionFields) -> Done | Refusal:
    """Whose it is and whether its number is new is looked up first."""
    client_id = await _client(services, call, fields)
    currency = None
    if fields.currencyid is not None:
        currency = await services.ledger.currency(fields.currencyid)
        if currency is None:
            raise FieldError("currencyid", *CURRENCY_NOT_FOUND)
    reference = fields.transid.strip()
    is_unique = bool(reference) and not fields.allowduplicatetransid
    command = RecordTransaction(
        gateway=fields.paymentmethod.strip(),
        invoice_id=fields.invoiceid or 0,
        reference=reference,
        description=fields.description,
        date=fields.date,
        amount_in=fields.amountin or 0,
        amount_out=fields.amountout or 0,
        fees=fields.fees or 0,
        rate=fields.rate or _RATE_ONE,
        currency=currency.code if currency else "",
        currency_id=currency.currency_id if currency else 0,
        refund_id=fields.refundid or 0,
        to_credit=fields.credit,
        # What is being recorded meanwhile is the ledger's to see.
        is_taken=is_unique and await services.reader.reference_is_used(reference, deadline=call.deadline),
    )
    return await services.ledger.on_transactions(client_id, command, call, is_unique=is_unique)


def _answer(_: AddTransactionFields, done: Done) -> Body:
    """`transactionid` is our own addition to the documented answer."""
    event = next(event for event in done.events if isinstance(event, TransactionRecorded))
    return {"transactionid": event.transaction_id}


async def _client(services: Services, call: Call, fields: AddTransactionFields) -> int:
    """Whose transaction it is: the client's, the invoice's, that of what it pays back, or nobody's."""
    await check_client(services.ledger, fields.userid)
    if fields.invoiceid is not None:
        return await owner_of(services.ledger, fields.invoiceid, fields.userid)
    if fields.userid is not None or fields.refundid is None:
        return fields.userid or NOBODY
    refunded = await services.reader.transaction(fields.refundid, deadline=call.deadline)
    if refunded is None:
        raise FieldError("refundid", *TRANSACTION_NOT_FOUND)
    return refunded.client_id


ACTION = Action(
    name="addtransaction",
    fields=AddTransactionFields,
    run=add_transaction,
    is_command=True,
    answer=_answer,
    must_exist=(
        MustExist("userid", client_is_known, *CLIENT_NOT_FOUND),
        MustExist("invoiceid", invoice_is_known, *INVOICE_NOT_FOUND),
    ),
)
