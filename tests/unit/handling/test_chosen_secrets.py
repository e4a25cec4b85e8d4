"""Passwords and access keys: how they are kept, and that checking them costs no more than allowed."""

from __future__ import annotations

import asyncio
import threading

import pytest
from argon2 import PasswordHasher

from eventstore.records import Corrupt, QueueFull
from service.handling.chosen_secrets import ChosenSecrets, SlowWork, is_hash_of, slow_hash

SECRET = "correct horse"


class Kept:
    """What is kept, and how often it was asked for. While the gate is closed nobody gets an answer."""

    def __init__(self, **hashes: bytes) -> None:
        self.hashes = hashes
        self.reads: list[str] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self, name: str) -> bytes | None:
        """The hash of that name."""
        self.reads.append(name)
        await self.gate.wait()
        return self.hashes.get(name)


@pytest.fixture
def kept() -> Kept:
    """One secret, kept as `key`."""
    return Kept(key=slow_hash(SECRET))


def test_a_hash_is_salted_and_tells_nothing() -> None:
    """The same secret is kept differently each time, and only it fits."""
    first, second = slow_hash(SECRET), slow_hash(SECRET)
    assert first != second
    assert first.startswith(b"$argon2id$v=19$m=65536,t=3,p=1$")
    assert is_hash_of(first, SECRET)
    assert is_hash_of(second, SECRET)
    assert not is_hash_of(first, "wrong")


def test_the_cost_is_kept_with_the_hash() -> None:
    """Hashes of another cost, or as scrypt made them, stay readable (RFC 7914, second test vector)."""
    vector = (
        "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
        "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
    )
    assert not is_hash_of(f"scrypt:1024:8:16:{b'NaCl'.hex()}:{vector}".encode(), "password")
    assert is_hash_of(f"scrypt:1024:8:16:{b'NaCl'.hex()}:{vector[:64]}".encode(), "password")
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("password").encode()
    assert is_hash_of(cheap, "password")
    assert not is_hash_of(cheap, "Password")


@pytest.mark.parametrize(
    "junk", [b"", b"junk", b"$argon2id$v=19$x", b"$argon2id$", b"scrypt:x:8:5:00:00", b"\xff"]
)
def test_a_hash_that_cannot_be_read_is_no_wrong_password(junk: bytes) -> None:
    """It is a defect, and says so without quoting anything."""
    with pytest.raises(Corrupt, match="cannot be read"):
        is_hash_of(junk, SECRET)


async def test_a_right_secret_is_slow_once(kept: Kept) -> None:
    """After it was proven neither it nor a wrong one is hashed or read again."""
    secrets = ChosenSecrets(kept.read)
    assert not await secrets.prove("key", "wrong")
    assert await secrets.prove("key", SECRET)
    reads = len(kept.reads)
    for _ in range(1000):
        assert await secrets.prove("key", SECRET)
        assert not await secrets.prove("key", "wrong")
    assert len(kept.reads) == reads == 2


async def test_another_hash_is_another_secret(kept: Kept) -> None:
    """A changed password has a name of its own, so the old one proves nothing for it."""
    kept.hashes["next"] = slow_hash("battery staple")
    secrets = ChosenSecrets(kept.read)
    assert await secrets.prove("key", SECRET)
    assert not await secrets.prove("next", SECRET)
    assert await secrets.prove("next", "battery staple")
    assert not await secrets.prove("nothing", SECRET)


async def test_a_crowd_with_one_secret_is_checked_once(kept: Kept) -> None:
    """The requests of one client that arrive at once share a check, also when one of them hangs up."""
    kept.gate.clear()
    secrets = ChosenSecrets(kept.read, checks_max=1)
    crowd = [asyncio.create_task(secrets.prove("key", SECRET)) for _ in range(50)]
    await asyncio.sleep(0)
    crowd[0].cancel()
    kept.gate.set()
    answers = await asyncio.gather(*crowd, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == [True] * 49
    assert kept.reads == ["key"]


async def test_guesses_are_bounded(kept: Kept) -> None:
    """Past the limit a guess is turned away; those waiting are answered, and then there is room again."""
    kept.gate.clear()
    secrets = ChosenSecrets(kept.read, checks_max=2)
    waiting = [asyncio.create_task(secrets.prove("key", guess)) for guess in ("wrong", SECRET)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await secrets.prove("key", "another guess")
    kept.gate.set()
    assert await asyncio.gather(*waiting) == [False, True]
    assert not await secrets.prove("key", "another guess")


async def test_a_database_in_trouble_proves_nothing(kept: Kept) -> None:
    """The error reaches whoever asked, and the next one is checked again."""

    async def broken(name: str) -> bytes | None:
        raise ConnectionError(name)

    secrets = ChosenSecrets(broken)
    with pytest.raises(ConnectionError):
        await secrets.prove("key", SECRET)
    assert await ChosenSecrets(kept.read).prove("key", SECRET)


async def test_slow_work_goes_in_turn_and_is_bounded() -> None:
    """Never two at a time, also when those who asked went away; past the limit it is refused at once."""
    slow, gate, running, most = SlowWork(waiting_max=3), threading.Event(), 0, 0

    def work() -> bool:
        nonlocal running, most
        running += 1
        most = max(most, running)
        gate.wait(60)
        running -= 1
        return True

    tasks = [asyncio.create_task(slow.do(work)) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(QueueFull):
        await slow.do(work)
    tasks[0].cancel()
    gate.set()
    assert await asyncio.gather(*tasks[1:]) == [True, True]
    assert most == 1
    assert await slow.do(lambda: 7) == 7
