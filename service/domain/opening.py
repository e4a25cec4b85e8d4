"""Decides the opening of a client account. Pure; only `decide` imports it.

Whether owner and currency exist, and whether the e-mail address is free, is settled by whoever made the
command: an account's stream knows nothing of its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.events import AccountOpened
from service.domain.refusals import Decision, Refusal, RefusalCode

if TYPE_CHECKING:
    from service.domain.account import AccountState
    from service.domain.commands import Offer, OpenAccount


def open_account(state: AccountState, command: OpenAccount, offer: Offer) -> Decision:
    """`account.opened` under the offered client number, or ACCOUNT_EXISTS."""
    if state.status:  # also of one that was deleted: numbers are never used again
        return Refusal(RefusalCode.ACCOUNT_EXISTS)
    return (
        AccountOpened(
            client_id=offer.client,
            owner_id=offer.client if command.owner_id is None else command.owner_id,
            currency=command.currency,
            currency_id=command.currency_id,
            group_id=command.group_id,
            date=offer.now[:10],
            language=command.language,
            payment_method=command.payment_method,
            marketing_opt_in=command.marketing_opt_in,
            profile=command.profile,
            notify=command.notify,
        ),
    )
