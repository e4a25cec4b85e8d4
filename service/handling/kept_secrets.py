"""Secrets, or hashes of them, that are kept beside the log and can be got rid of for good.

Each is sealed with a key of its own. The event that makes it obsolete destroys the key in the same
transaction, as the key of a deleted client is; what is left opens to nobody. Hashes of secrets that nobody
chose need none of this, see `administration`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventstore import canonical, privacy

if TYPE_CHECKING:
    from eventstore.store import EventStore


def subject_of(name: str) -> str:
    """Whose key seals what is kept under `name`: to be erased with it."""
    return f"secret:{name}"


async def keep(store: EventStore, name: str, text: str) -> None:
    """Keep `text` under a name that was never used. Durable before it returns."""
    subject = subject_of(name)
    key = await store.create_subject_key(subject, privacy.new_key())
    if key is None:
        raise AssertionError(f"the name {name} was used before")
    sealed = privacy.seal(text, subject, key)
    await store.put_secret(name, canonical.dumps(sealed).encode())


async def read(store: EventStore, name: str) -> str | None:
    """What is kept under `name`: "" once it was got rid of, None if there never was anything. Raises Corrupt.

    What was kept before there were keys is told as it is.
    """
    kept = await store.secret(name)
    if kept is None:
        return None
    subject = subject_of(name)
    keys = await store.subject_keys([subject])
    if subject not in keys:
        return kept.decode()
    return privacy.unseal(canonical.loads(kept), keys[subject]) or ""
