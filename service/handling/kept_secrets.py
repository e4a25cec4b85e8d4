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


async def keep(
    store: EventStore, name: str, text: str, owner: str = "", owner_key: bytes | None = None
) -> None:
    """Keep `text` under a name that was never used. Durable before it returns.

    With an owner it is sealed by that subject's key, too: it is gone with either.
    """
    subject = subject_of(name)
    key = await store.create_subject_key(subject, privacy.new_key())
    if key is None:
        raise AssertionError(f"the name {name} was used before")
    inner = text if owner_key is None else privacy.seal(text, owner, owner_key)
    sealed = privacy.seal(inner, subject, key)
    await store.put_secret(name, canonical.dumps(sealed).encode())


async def read(store: EventStore, name: str, owner: str = "") -> str | None:
    """What is kept under `name`: "" once it was got rid of, None if there never was anything. Raises Corrupt.

    What was kept before there were keys is told as it is. Takes as long for a name that there never was.
    """
    kept = await store.secret(name)
    subject = subject_of(name)
    keys = await store.subject_keys([subject, owner] if owner else [subject])
    if kept is None:
        return None
    if subject not in keys:
        return kept.decode()
    text = privacy.unseal(canonical.loads(kept), keys[subject])
    return (privacy.unseal(text, keys.get(owner)) if privacy.is_sealed(text) else text) or ""
