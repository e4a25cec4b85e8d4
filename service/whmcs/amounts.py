"""Amounts and rates in requests, as integer hundredths and thousandths.

Lives here: which decimal texts are amounts, with the documented text for what is none. How their digits are
read is in `service.http.values`.
"""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

from service.domain.money import AMOUNT_MAX
from service.http.values import scaled, text_in

AMOUNT_FORMAT = ("amount_format", "Amount must be in decimal format: ### or ###.##")
NO_AMOUNT = ("no_amount", "No Amount Provided")
"""WHMCS API reference, AddCredit."""
RATE_FORMAT = ("rate_format", "Tax Rate must be in decimal format: ### or ###.###")
EXCHANGE_RATE_FORMAT = ("exchange_rate_format", "Rate must be in decimal format: ### or ###.#####")
RATE_MAX = 100_000
"""Thousandths of a percent: nobody taxes more than the whole amount."""

_CREDIT = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?")


def read_credit_amount(value: object) -> int:
    """AddCredit: positive, at most two decimals; nothing and zero are no amount."""
    text = text_in(value).strip()
    if not text:
        raise PydanticCustomError(*NO_AMOUNT)
    amount = scaled(text, 2) if _CREDIT.fullmatch(text) is not None else None
    if amount is None or amount > AMOUNT_MAX:
        raise PydanticCustomError(*AMOUNT_FORMAT)
    if amount == 0:
        raise PydanticCustomError(*NO_AMOUNT)
    return amount


def read_signed_amount(value: object) -> int:
    """An invoice line or a fee: any sign, float noise rounded off."""
    amount = scaled(text_in(value).strip(), 2)
    if amount is None or abs(amount) > AMOUNT_MAX:
        raise PydanticCustomError(*AMOUNT_FORMAT)
    return amount


def read_payment_amount(value: object) -> int:
    """AddInvoicePayment: not negative. What rounds to zero is refused, as zero would mean "all of it"."""
    text = text_in(value).strip()
    amount = read_signed_amount(text)
    if text.startswith("-") or (amount == 0 and text.strip("0.")):
        raise PydanticCustomError(*AMOUNT_FORMAT)
    return amount


def read_applied_amount(value: object) -> int | None:
    """ApplyCredit: None for `full`; what is negative becomes 0, which the ledger refuses in its turn."""
    text = text_in(value).strip()
    if text.lower() == "full":
        return None
    return max(0, read_signed_amount(text))


def read_rate(value: object) -> int:
    """A tax rate in percent, as thousandths of a percent."""
    rate = scaled(text_in(value).strip(), 3)
    if rate is None or not 0 <= rate <= RATE_MAX:
        raise PydanticCustomError(*RATE_FORMAT)
    return rate


def read_exchange_rate(value: object) -> int:
    """A currency's rate to the default one, as hundred-thousandths; positive."""
    rate = scaled(text_in(value).strip(), 5)
    if rate is None or not 0 < rate <= AMOUNT_MAX:
        raise PydanticCustomError(*EXCHANGE_RATE_FORMAT)
    return rate
