"""The chart of accounts: each column of an entry is one account, or one per client or gateway.

The same names stand in the view `posting`, for whoever reads the journal with SQL; a test
holds them together. What is posted when: `deploy/chart-of-accounts.md`.
"""

from __future__ import annotations

from typing import NamedTuple


class Account(NamedTuple):
    """`party` is the column that tells whose account it is, "" if there is only one."""

    column: str
    name: str
    party: str = ""


CLIENT = "client_id"
GATEWAY = "gateway"

CREDIT = Account("credit", "Liabilities:Client-Credit", CLIENT)
CHART = (
    Account("receivable", "Assets:Receivables", CLIENT),
    Account("clearing", "Assets:Gateways", GATEWAY),
    Account("settlement", "Assets:Settlement-Differences"),
    CREDIT,
    Account("unallocated", "Liabilities:Unallocated", CLIENT),
    Account("deposits", "Liabilities:Deposits", CLIENT),
    Account("prepaid", "Liabilities:Prepayments", CLIENT),
    Account("tax", "Liabilities:Tax:1"),
    Account("tax2", "Liabilities:Tax:2"),
    Account("sales", "Income:Sales"),
    Account("refunds", "Income:Refunds"),
    Account("fees", "Expenses:Gateway-Fees", GATEWAY),
    Account("adjustments", "Expenses:Credit-Adjustments"),
    Account("invoice_credits", "Expenses:Invoice-Credits"),
    Account("returned", "Expenses:Overpayments-Returned"),
    Account("write_offs", "Expenses:Write-Offs"),
)
OPENING = "Equity:Opening-Balances"
"""Stands for the income and expenses before a period; only in exports."""
TEMPORARY = ("Income:", "Expenses:")
"""Accounts that begin every period at zero."""
