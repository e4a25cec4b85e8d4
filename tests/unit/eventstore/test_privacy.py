"""Sealed personal data opens with its subject's key, and with nothing else."""

from __future__ import annotations

import pytest

from eventstore import privacy
from eventstore.codec import Codec, open_sealed, sealed_subjects
from eventstore.identifiers import uuid7
from eventstore.records import Corrupt
from eventstore.upcast import Upcasters
from tests.support.proposals import proposal

PROFILE = {"email": "ada@example.com", "city": "Žilina"}


def test_sealed_data_shows_nothing_and_opens_to_what_it_was() -> None:
    """The stored form holds no clear text; the key gives it back."""
    key = privacy.new_key()
    sealed = privacy.seal(PROFILE, "account-1", key)
    assert PROFILE["email"] not in str(sealed)
    assert privacy.unseal(sealed, key) == PROFILE


def test_a_destroyed_key_leaves_nothing() -> None:
    """Without the key the value is gone, not an error."""
    sealed = privacy.seal(PROFILE, "account-1", privacy.new_key())
    data = {"profile": sealed, "n": 1}
    open_sealed(data, ["profile"], {"account-1": None})
    assert data == {"profile": None, "n": 1}


def test_only_the_fields_named_are_looked_at() -> None:
    """Fields that hold no personal data are passed over, and so is a field that was never sealed."""
    sealed = privacy.seal(PROFILE, "account-1", privacy.new_key())
    data = {"profile": sealed, "other": sealed, "n": {"a": 1}}
    open_sealed(data, ["profile", "n", "absent"], {"account-1": None})
    assert data == {"profile": None, "other": sealed, "n": {"a": 1}}


def test_the_wrong_key_another_subject_or_a_flipped_bit_is_corruption() -> None:
    """Sealed data cannot be moved to another person or changed."""
    key = privacy.new_key()
    sealed = privacy.seal(PROFILE, "account-1", key)
    for damaged, opened_with in (
        (sealed, privacy.new_key()),
        (sealed | {"subject": "account-2"}, key),
        (sealed | {"box": sealed["box"][:-4] + "AAA="}, key),
        (sealed | {"nonce": "!"}, key),
    ):
        with pytest.raises(Corrupt):
            privacy.unseal(damaged, opened_with)


def test_subjects_of_sealed_fields_are_found() -> None:
    """Whose keys a batch needs is told by the data alone."""
    sealed = privacy.seal(PROFILE, "account-1", privacy.new_key())
    assert sealed_subjects({"profile": sealed, "n": {"a": 1}}, ["profile", "n", "absent"]) == {"account-1"}
    assert sealed_subjects({"profile": sealed, "n": {"a": 1}}, ["n"]) == set()


def test_hashed_names_are_equal_only_for_equal_values_and_keys() -> None:
    """A claimed name made of an address tells nothing without the key."""
    key = privacy.new_key()
    name = privacy.hashed_name("email", "ada@example.com", key)
    assert name == privacy.hashed_name("email", "ada@example.com", key)
    assert name != privacy.hashed_name("email", "bob@example.com", key)
    assert name != privacy.hashed_name("email", "ada@example.com", privacy.new_key())
    assert "example" not in name  # "ada" may well be in a hash: all three are hexadecimal digits


def test_upcasters_bring_old_data_up_step_by_step() -> None:
    """Each step starts where the one before ended; newer data is left alone."""
    upcasters = Upcasters()
    upcasters.register("thing.happened", 1, lambda data: {"renamed": data["n"]})
    upcasters.register("thing.happened", 2, lambda data: data | {"added": True})
    assert upcasters.upcast("thing.happened", 1, {"n": 1}) == {"renamed": 1, "added": True}
    assert upcasters.upcast("thing.happened", 2, {"renamed": 1}) == {"renamed": 1, "added": True}
    assert upcasters.upcast("thing.happened", 3, {"x": 1}) == {"x": 1}
    assert upcasters.upcast("other", 1, {"n": 1}) == {"n": 1}
    with pytest.raises(ValueError, match="exists already"):
        upcasters.register("thing.happened", 1, dict)


async def test_the_codec_upcasts_what_it_reads() -> None:
    """A record of an old schema version is read as the newest, its stored bytes untouched."""
    from eventstore.memory import MemoryStore  # noqa: PLC0415 -- only this test needs a store

    store = MemoryStore()
    await store.append([proposal("a", 0)])
    upcasters = Upcasters()
    upcasters.register("thing.happened", 1, lambda data: {"count": data["n"]})
    assert Codec(0, upcasters).decode(store.events[0]) == {"count": 1}
    assert store.events[0].data == '{"n":1}'


def test_ids_are_uuid7_and_do_not_repeat() -> None:
    """Version and variant bits as RFC 9562 says, growing with time to the millisecond."""
    ids = [uuid7() for _ in range(2000)]
    assert {(value.version, value.variant) for value in ids} == {(7, "specified in RFC 4122")}
    assert len(set(ids)) == len(ids)
    milliseconds = [value.int >> 80 for value in ids]
    assert milliseconds == sorted(milliseconds)
