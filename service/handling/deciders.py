"""The three kinds of stream and their rules, each as one value: how to fold it, decide on it, snapshot it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from service.domain import access, account, config
from service.domain.decide import decide as decide_account

if TYPE_CHECKING:
    from collections.abc import Callable

CONFIG_STREAM = "config"
ACCESS_STREAM = "access"
_ACCOUNT_PREFIX = "account-"


@dataclass(frozen=True, slots=True)
class Decider:
    """`decide(state, command, offer)` and `evolve(state, event)` of one kind of stream.

    `evolve` owns the state it is given. Where `dump` is None the stream is short and never snapshotted.
    """

    initial_state: Callable[[], Any]
    evolve: Callable[[Any, Any], Any]
    decide: Callable[[Any, Any, Any], Any]
    fold_version: int = 0
    dump: Callable[[Any], dict[str, Any]] | None = None
    restore: Callable[[dict[str, Any]], Any] | None = None


ACCOUNT = Decider(
    account.initial_state,
    account.evolve,
    decide_account,
    account.FOLD_VERSION,
    account.dump,
    account.restore,
)
CONFIG = Decider(
    config.initial_state, config.evolve, lambda state, command, _offer: config.decide(state, command)
)
ACCESS = Decider(
    access.initial_state, access.evolve, lambda state, command, _offer: access.decide(state, command)
)


def account_stream(client_id: int) -> str:
    """The stream of a client account, `account-7`."""
    return f"{_ACCOUNT_PREFIX}{client_id}"


def client_of(stream: str) -> int:
    """The client whose account a stream is. Raises ValueError for other streams."""
    return int(stream.removeprefix(_ACCOUNT_PREFIX))


def decider_of(stream: str) -> Decider:
    """The rules that a stream follows."""
    if stream == CONFIG_STREAM:
        return CONFIG
    return ACCESS if stream == ACCESS_STREAM else ACCOUNT
