"""Request bodies made beforehand, one urlencoded form per line: what the loads post, with a fixed seed.

Nothing is sent here. A load is a file of these, gone through in its order by either generator.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

SEED = 20261120
INVOICE_AMOUNT = "1.00"
CREDIT_AMOUNT = "1.25"
CREDIT_ENOUGH = "10000000.00"
"""For every invoice that a benchmark can pay from one client's credit."""
PAGE_ROWS = 25
MIX = {
    "GetCredits": 25,
    "GetInvoice": 20,
    "GetClientsDetails": 15,
    "AddCredit": 25,
    "CreateInvoice": 5,
    "ApplyCredit": 5,
    "AddInvoicePayment": 5,
}
"""Requests of a hundred: 60 reads, 40 commands; two in five of the money commands are about an invoice."""
MIX_INVOICES_SHARE = (MIX["ApplyCredit"] + MIX["AddInvoicePayment"]) / 100


def randomness() -> random.Random:
    """The same random numbers in every run."""
    return random.Random(SEED)  # noqa: S311 -- a fixed seed makes runs comparable


def write(path: Path, bodies: Iterable[str]) -> Path:
    """Put bodies into a file; its path."""
    with path.open("w", encoding="ascii") as file:
        file.writelines(body + "\n" for body in bodies)
    return path


class Bodies:
    """Forms of one caller; `credential` are the fields that identify it."""

    def __init__(self, credential: dict[str, str]) -> None:
        self._start = urlencode(credential | {"responsetype": "json"})

    def form(self, action: str, **fields: Any) -> str:
        """Any action with any fields."""
        return f"{self._start}&{urlencode({'action': action} | fields)}"

    def add_client(self, number: int) -> str:
        """The least that opens an account; the number makes its address unique."""
        return self.form(
            "AddClient", skipvalidation="true", firstname="Bench", email=f"client{number}@example.com"
        )

    def add_credit(self, client: int, amount: str = CREDIT_AMOUNT) -> str:
        """A credit that an operator gives."""
        return self.form("AddCredit", clientid=client, amount=amount, description="bench")

    def create_invoice(self, client: int) -> str:
        """A small invoice of one line."""
        return self.form("CreateInvoice", userid=client, itemdescription1="bench", itemamount1=INVOICE_AMOUNT)

    def apply_credit(self, invoice: int) -> str:
        """Pay an invoice from its client's credit."""
        return self.form("ApplyCredit", invoiceid=invoice, amount=INVOICE_AMOUNT)

    def add_payment(self, invoice: int) -> str:
        """Pay an invoice by a gateway, under a reference that is unique."""
        return self.form(
            "AddInvoicePayment",
            invoiceid=invoice,
            transid=f"BENCH-{invoice}",
            gateway="paypal",
            amount=INVOICE_AMOUNT,
        )

    def get_credits(self, client: int, start: int = 0) -> str:
        """One page of a client's credit log."""
        return self.form("GetCredits", clientid=client, limitstart=start, limitnum=PAGE_ROWS)

    def get_invoice(self, invoice: int) -> str:
        """One invoice with its lines and payments."""
        return self.form("GetInvoice", invoiceid=invoice)

    def get_client(self, client: int) -> str:
        """One client with its balance."""
        return self.form("GetClientsDetails", clientid=client)

    def mix(self, count: int, clients: Sequence[int], invoices: Sequence[int]) -> list[str]:
        """Reads and commands in the shares of `MIX`, at most `count` of them: each invoice is paid once.

        Every read may also be of an invoice that is paid only later, or was before.
        """
        random_numbers = randomness()
        unpaid = iter(invoices)
        actions = random_numbers.choices(tuple(MIX), tuple(MIX.values()), k=count)
        made: list[str] = []
        for action in actions:
            if action in {"ApplyCredit", "AddInvoicePayment"}:
                invoice = next(unpaid, None)
                if invoice is None:
                    break
                pay = self.apply_credit if action == "ApplyCredit" else self.add_payment
                made.append(pay(invoice))
            elif action == "GetInvoice":
                made.append(self.get_invoice(random_numbers.choice(invoices)))
            else:
                of_client = {
                    "GetCredits": self.get_credits,
                    "GetClientsDetails": self.get_client,
                    "AddCredit": self.add_credit,
                    "CreateInvoice": self.create_invoice,
                }[action]
                made.append(of_client(random_numbers.choice(clients)))
        return made
