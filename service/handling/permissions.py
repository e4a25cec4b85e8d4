"""Who may call, from where and what for, as the access list stood at one moment: nothing but look-ups.

Built when the access list has changed, asked for every request. Secrets are not in here; `access_list` has
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.domain.access import FeedLimits
from service.domain.values import value
from service.handling.networks import read_address, read_network

if TYPE_CHECKING:
    from collections.abc import Iterator

    from service.domain.access import AccessState

_JUDGED_MAX = 10_000


@value(kw_only=True)
class Known:
    """An API credential, or an admin who may log in."""

    label: str
    """The credential's identifier; `admin:1` for a login: what stands in logs and events."""
    admin_id: int
    secret_name: str
    """Under which name the hash of the secret is kept."""
    is_login: bool
    is_enabled: bool
    actions: frozenset[str] | None
    """Lower-case names of the actions allowed; None for all, known or not."""
    feed: FeedLimits = FeedLimits()


class Permissions:
    """One state of the access list."""

    def __init__(self, state: AccessState) -> None:
        self.credentials = {known.label: known for known in _credentials(state)}
        self.logins = dict(_logins(state))
        """By names in folded case."""
        self.access_key_name = secret_name("access-key", state.access_key_id) if state.access_key_id else ""
        """Under which name the hash of the access key is kept; "" if there is none."""
        self._networks = tuple(read_network(address) for address in state.addresses)
        self._judged: dict[str, bool] = {}

    def labelled(self, label: str) -> Known | None:
        """The credential or login that stands in events and logs under this label."""
        found = self.credentials.get(label)
        return found or next((each for each in self.logins.values() if each.label == label), None)

    def lets_in(self, address: str) -> bool:
        """Whether calls may come from there."""
        if not self._networks:
            return True
        verdict = self._judged.get(address)
        if verdict is None:
            if len(self._judged) >= _JUDGED_MAX:
                self._judged.clear()
            parsed = read_address(address)
            verdict = parsed is not None and any(parsed in network for network in self._networks)
            self._judged[address] = verdict
        return verdict


def secret_name(kind: str, key: str) -> str:
    """Under which name the hash of a secret is kept beside the log."""
    return f"{kind}:{key}"


def _credentials(state: AccessState) -> Iterator[Known]:
    for identifier, credential in state.credentials.items():
        actions = None
        if credential.roles is not None:
            actions = frozenset[str]().union(*(state.roles[role] for role in credential.roles))
        yield Known(
            label=identifier,
            admin_id=credential.admin_id,
            secret_name=secret_name("credential", identifier),
            is_login=False,
            is_enabled=state.admins[credential.admin_id].is_enabled,
            actions=actions,
            feed=credential.feed,
        )


def _logins(state: AccessState) -> Iterator[tuple[str, Known]]:
    for admin_id, admin in state.admins.items():
        if admin.secret_id:
            yield (
                admin.name.casefold(),
                Known(
                    label=f"admin:{admin_id}",
                    admin_id=admin_id,
                    secret_name=secret_name("password", admin.secret_id),
                    is_login=True,
                    is_enabled=admin.is_enabled,
                    actions=None,
                ),
            )
