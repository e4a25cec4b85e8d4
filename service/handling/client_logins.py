"""Passwords by which clients log in themselves, and the codes that may be asked for besides.

Both belong to the account, that is to its owner; contacts have none. Hash and secret are kept beside the log
before the event that names them, sealed by a key of their own and by that of the account: what replaces them
destroys them, and so does the erasure of the client. How long a check takes tells nothing.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING
from unicodedata import normalize

import pyotp
from pyotp.exceptions import OTPVerificationError

from eventstore.history import events_between
from eventstore.identifiers import uuid7_hex
from service.domain.client_logins import DisableClientTotp, EnableClientTotp, SetClientPassword
from service.domain.events.client_logins import ClientTotpDisabled, ClientTotpEnabled
from service.domain.refusals import Refusal, RefusalCode
from service.domain.streams import account_stream
from service.domain.values import value
from service.handling import kept_secrets
from service.handling.chosen_secrets import SlowWork, is_hash_of, slow_hash
from service.handling.deciders import login_stream
from service.handling.execution import Order, Taken
from service.handling.permissions import secret_name

if TYPE_CHECKING:
    from asyncpg import Pool

    from eventstore.spent_codes import SpentCodes
    from eventstore.store import EventStore
    from service.domain.client_logins import ClientLoginCommand, ClientLoginState
    from service.handling.answers import Call
    from service.handling.execution import Executor
    from service.handling.sessions import Sessions
    from service.handling.translation import Translator

PASSWORD_BYTES_MAX = 256
"""Longer ones are none: hashing them would be work for nothing."""
_TYPED_MAX = 4 * PASSWORD_BYTES_MAX
"""Characters that a password may have as it is typed: with its accents apart it has more than normally."""
CODE_WINDOW_STEPS = 1
"""Steps of 30 s before and after the present one whose codes are taken, as clocks differ (RFC 6238, 5.2)."""

_PASSWORD, _TOTP = "client-password", "client-totp"
_NOBODY = "nobody"
_CODE = re.compile(r"[0-9]{6}")


@value(kw_only=True)
class Login:
    """How a client logs in: the names of its password and of the secret of its codes, "" for none."""

    client_id: int
    password_id: str
    totp_id: str


class ClientLogins:
    """Every method may raise Unavailable; those that change something also QueueFull and OutcomeUnknown."""

    def __init__(
        self,
        store: EventStore,
        sessions: Sessions,
        executor: Executor,
        spent_codes: SpentCodes,
        *,
        checks_max: int,
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._executor = executor
        self._spent_codes = spent_codes
        self._slow = SlowWork(checks_max)
        self._hash_of_nobody = b""

    async def find(self, client_id: int) -> Login:
        """How a client logs in, as of now; also of clients that there are not."""
        state: ClientLoginState = (await self._sessions.load(login_stream(client_id))).state
        return Login(client_id=client_id, password_id=state.password_id, totp_id=state.totp_id)

    async def prove(self, client_id: int, password: str) -> Login | None:
        """How the client logs in, if this is its password. Raises QueueFull, Corrupt.

        The same is done for clients without a password and for those that there are not (0).
        """
        if not self._hash_of_nobody:
            self._hash_of_nobody = await self._slow.do(slow_hash, os.urandom(16).hex())
        login = await self.find(client_id)
        kept = await self._read(_PASSWORD, login.password_id or _NOBODY, client_id)
        hashed = kept.encode() if kept else self._hash_of_nobody
        typed = normal_password(password)
        is_right = await self._slow.do(is_hash_of, hashed, typed or "")
        return login if is_right and kept and typed else None

    async def is_current(self, client_id: int, password_id: str) -> bool:
        """Whether a password still opens the account: neither replaced nor erased, in whatever process."""
        subjects = [
            kept_secrets.subject_of(secret_name(_PASSWORD, password_id)),
            account_stream(client_id),
        ]
        keys = await self._store.subject_keys(subjects)
        return all(keys.get(subject) is not None for subject in subjects)

    async def set_password(self, login: Login, password: str, call: Call) -> Refusal | None:
        """Let this password open the account instead of the one in `login`.

        STALE if that was replaced meanwhile, PERSON_ERASED. Raises QueueFull, and ValueError for one that is
        empty or too long, see `normal_password`.
        """
        normal = normal_password(password)
        if not normal:
            raise ValueError("this can be nobody's password")
        hashed = await self._slow.do(slow_hash, normal)
        password_id = await self._keep(_PASSWORD, hashed.decode(), login.client_id)
        if password_id is None:
            return Refusal(RefusalCode.PERSON_ERASED)
        command = SetClientPassword(
            client_id=login.client_id, password_id=password_id, previous_id=login.password_id
        )
        return await self._change(command, call)

    async def takes_code(self, login: Login, code: str) -> bool:
        """Whether the code is right, here and now, and was never used before: it is used by this."""
        if not _CODE.fullmatch(code):
            return False
        secret = await self._read(_TOTP, login.totp_id, login.client_id)
        if not secret:
            return False
        try:
            step = pyotp.TOTP(secret).verify_and_get_timecode(
                code, for_time=time.time(), valid_window=CODE_WINDOW_STEPS
            )
        except OTPVerificationError:
            return False
        return await self._spent_codes.spend(secret_name(_TOTP, login.totp_id), step)

    async def enable_totp(self, client_id: int, call: Call) -> str | Refusal:
        """Ask for codes of a new secret, which is told in Base32; TOTP_ENABLED, PERSON_ERASED."""
        secret = pyotp.random_base32()
        totp_id = await self._keep(_TOTP, secret, client_id)
        if totp_id is None:
            return Refusal(RefusalCode.PERSON_ERASED)
        return await self._change(EnableClientTotp(client_id=client_id, totp_id=totp_id), call) or secret

    async def disable_totp(self, client_id: int, call: Call) -> Refusal | None:
        """Ask for no codes any more; TOTP_NOT_ENABLED."""
        return await self._change(DisableClientTotp(client_id=client_id), call)

    async def _keep(self, kind: str, text: str, client_id: int) -> str | None:
        """Keep a secret of a client; the name to put into the event, None if the client was erased."""
        owner = account_stream(client_id)
        owner_key = (await self._store.subject_keys([owner])).get(owner)
        if owner_key is None:
            return None
        secret_id = uuid7_hex()
        await kept_secrets.keep(self._store, secret_name(kind, secret_id), text, owner, owner_key)
        return secret_id

    async def _read(self, kind: str, secret_id: str, client_id: int) -> str | None:
        return await kept_secrets.read(self._store, secret_name(kind, secret_id), account_stream(client_id))

    async def _change(self, command: ClientLoginCommand, call: Call) -> Refusal | None:
        order = Order(
            stream=login_stream(command.client_id),
            command=command,
            numbers={},
            replaces=lambda state: _replaced(state, command),
        )
        answer = await self._executor.execute(order, call)
        if isinstance(answer, Taken):
            raise AssertionError("logins of clients claim no names")
        return answer if isinstance(answer, Refusal) else None


def _replaced(state: ClientLoginState, command: ClientLoginCommand) -> str:
    """The subject of what is of no use any more once the command is recorded."""
    match command:
        case SetClientPassword() if state.password_id:
            return kept_secrets.subject_of(secret_name(_PASSWORD, state.password_id))
        case DisableClientTotp() if state.totp_id:
            return kept_secrets.subject_of(secret_name(_TOTP, state.totp_id))
        case _:
            return ""


def normal_password(password: str) -> str | None:
    """The same password from every keyboard (RFC 8265, 4.2.2); None for what is too long to be one.

    Some texts are longer when they are normal. Very long ones are not even made so: that takes time by the
    square of their length.
    """
    if len(password) > _TYPED_MAX:
        return None
    normal = normalize("NFC", password)
    return normal if len(normal.encode()) <= PASSWORD_BYTES_MAX else None


async def clients_with_totp(pool: Pool, store: EventStore, translator: Translator) -> dict[int, str]:
    """Since when clients are asked for codes, by number, but for erased ones. Reads the whole log."""
    since: dict[int, str] = {}
    head = (await store.head()).position
    types = (ClientTotpEnabled.TYPE, ClientTotpDisabled.TYPE)
    async for record in events_between(pool, store.lane, 1, head, types):
        event = translator.decode_for_decision(record)
        if isinstance(event, ClientTotpEnabled):
            since[event.client_id] = event.enabled_at
        elif isinstance(event, ClientTotpDisabled):
            since.pop(event.client_id, None)
    keys = await store.subject_keys([account_stream(client_id) for client_id in since])
    return {client_id: at for client_id, at in since.items() if keys.get(account_stream(client_id))}


def totp_url(secret: str, client_id: int, issuer: str) -> str:
    """What an authenticator app reads from a QR code: `otpauth://totp/...`."""
    return pyotp.TOTP(secret).provisioning_uri(name=f"client {client_id}", issuer_name=issuer)
