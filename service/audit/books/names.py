"""How accounts and amounts are written, alike in every format: what hledger takes, beancount takes too."""

from __future__ import annotations

import re

_NUMBER = re.compile("[0-9]+")
_PLAIN = re.compile("[a-z][a-z0-9]*")


def account_name(account: str, party: str | None) -> str:
    """`Assets:Gateways` of `paypal` is `Assets:Gateways:Paypal`; a client has its number.

    Other names than plain lower-case ones are spelled out so that no two become one: everything but ASCII
    letters and digits as a hyphen and the UTF-8 bytes in hexadecimal, with `X-` in front.
    """
    if party is None:
        return account
    if _NUMBER.fullmatch(party):
        return f"{account}:{party}"
    if _PLAIN.fullmatch(party):
        return f"{account}:{party[0].upper()}{party[1:]}"
    return f"{account}:X-{''.join(map(_spelled, party))}"


def _spelled(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    return "".join(f"-{byte:02X}" for byte in character.encode())


def decimal(amount: int) -> str:
    """Hundredths as a decimal number: -5 is `-0.05`."""
    whole, hundredths = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole}.{hundredths:02d}"
