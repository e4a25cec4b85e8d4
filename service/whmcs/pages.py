"""Lists: which slice is asked for, whether it is small enough, and how a transaction is written.

Lives here: what GetCredits, GetTransactions and GetInvoice share. WHMCS documents no paging for the first
two; `limitstart`, `limitnum`, `datefrom` and `dateto` are this service's own and change nothing unasked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from service.whmcs.encoder import money, rate5
from service.whmcs.fields import Count, FieldError, Fields, OptionalDate

if TYPE_CHECKING:
    from projections.views import Page, TransactionRow
    from service.whmcs.encoder import Body
    from service.whmcs.ports import Options

Row = TypeVar("Row")

LIMIT_DEFAULT = 25
"""Rows of a list whose paging WHMCS documents, unless the request says how many."""


class PageFields(Fields):
    """The slice of a list. Zero and junk count as not given; both dates are included."""

    limitstart: Count = None
    limitnum: Count = None
    datefrom: OptionalDate = None
    dateto: OptionalDate = None

    @property
    def start(self) -> int:
        """Rows to skip."""
        return self.limitstart or 0

    def limit(self, options: Options) -> int:
        """Rows to read at most: what was asked for, or one answer's worth."""
        return min(self.limitnum or options.rows_max, options.rows_max)


def whole(page: Page[Row], fields: PageFields, options: Options) -> tuple[Row, ...]:
    """The rows of a page that has all that was asked for. Raises FieldError if they did not fit.

    A list cut short in silence would make sums over it wrong.
    """
    check_rows(page, fields.limitnum or page.total, options)
    return page.rows


def check_rows(page: Page[Row], limit: int, options: Options) -> None:
    """Raises FieldError if `limit` rows were asked for, are there, and did not fit into the page."""
    if min(limit, max(0, page.total - page.start)) > options.rows_max:
        raise FieldError(
            "limitnum",
            "too_many_rows",
            f"More than {options.rows_max} rows match; ask for fewer with limitstart and limitnum",
        )


def transaction(row: TransactionRow) -> Body:
    """One transaction, keys as documented. `currency` is 0 where its client has one: this is in it."""
    return {
        "id": row.transaction_id,
        "userid": row.client_id,
        "currency": row.currency_id,
        "gateway": row.gateway,
        "date": row.date,
        "description": row.description,
        "amountin": money(row.amount_in),
        "fees": money(row.fees),
        "amountout": money(row.amount_out),
        "rate": rate5(row.rate),
        "transid": row.reference,
        "invoiceid": row.invoice_id,
        "refundid": row.refund_id,
    }
