"""Payment gateways as the operator sets them up, without the second that every command takes to start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.core import open_core
from service.domain.refusals import Refusal
from service.feed.webhooks.signing import new_secret
from service.operations import operator_call
from service.paying import callback_secrets
from service.settings import Settings

if TYPE_CHECKING:
    from service.domain.gateways import GatewayCommand


async def set_up(dsn: str, *commands: GatewayCommand) -> None:
    """Carry commands about gateways out."""
    async with open_core(Settings(dsn=dsn), dsn) as core:
        for command in commands:
            assert not isinstance(await core.configuration.change(command, operator_call("test")), Refusal)


async def create_secret(dsn: str, gateway: str) -> str:
    """Take callbacks of a gateway; the secret that signs them."""
    secret = new_secret()
    async with open_core(Settings(dsn=dsn), dsn) as core:
        made = await callback_secrets(core).create(gateway, secret, operator_call("test"))
        assert not isinstance(made, Refusal)
    return secret
