"""Account names that every program takes, and amounts as decimals."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from service.audit.books.names import account_name, decimal

COMPONENT = re.compile(r"[A-Z0-9][A-Za-z0-9-]*")
"""The ASCII part of what beancount takes as a part of an account name."""
parties = st.one_of(st.text(max_size=8), st.from_regex(r"[a-zX0-9_ :-]{0,6}", fullmatch=True))


@given(one=parties, other=parties)
def test_no_two_parties_have_one_account(one: str, other: str) -> None:
    """Whatever a gateway is called, its account is its own, and its name can be read back by programs."""
    names = [account_name("Assets:Gateways", party) for party in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    for name in names:
        assert COMPONENT.fullmatch(name.removeprefix("Assets:Gateways:"))


def test_plain_names_stay_readable() -> None:
    """The usual gateways look as people write them."""
    assert account_name("A", "paypal") == "A:Paypal"
    assert account_name("A", "bank_transfer") == "A:X-bank-5Ftransfer"
    assert account_name("A", "17") == "A:17"
    assert account_name("A", None) == "A"


@given(amount=st.integers())
def test_decimals_are_exact(amount: int) -> None:
    """Hundredths come back from the text as they were."""
    assert int(decimal(amount).replace(".", "")) == amount
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{2}", decimal(amount))
