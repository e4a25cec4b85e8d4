from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventstore.archive.files import complete_file
from eventstore.archive.forget import forget
from eventstore.archive.lines import ArchiveError
from eventstore.archive.members import compressed, read_members, stored
from eventstore.archive.read import ArchiveSource, check_archive
from eventstore.copying.cuts import NoSuchPlace, begin_at, end_at
from eventstore.copying.rows import Chunk, Cut, Kind
from eventstore.records import Corrupt
from tests.support.archives import HASHED, LANE, START, MemorySource, archive_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole archive with keys; nobody changes it."""
    path = tmp_path_factory.mktemp("archive") / "a.ndjson.gz"
    asyncio.run(archive_of(MemorySource(), path, personal=True))
    return path


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _rewritten(path: Path, text: bytes) -> Path:
    """An archive of this text in one member, which no manifest can name."""
    path.write_bytes(compressed(text))
    return path


def test_an_archive_is_text_that_anybody_can_read(archive: Path) -> None:
    """Gzip and JSON: kinds in the documented order, stored bytes verbatim, hashes that can be made again."""
    lines = _lines(archive)
    kinds = [line["kind"] for line in lines]
    assert list(dict.fromkeys(kinds)) == [
        *("archive", "block", "event", "receipt", "key", "released_key", "counter"),
        *("subject_key", "secret", "manifest"),
    ]
    source = MemorySource()
    assert [line["data"] for line in lines if line["kind"] == "event"] == [row[7] for row in source.events]
    assert lines[-1]["head_hash"] == source.head.hash.hex()
    data, place = archive.read_bytes(), 0
    for member in lines[-1]["members"]:
        part = data[place : place + member["size"]]
        assert sha256(part).hexdigest() == member["sha256"]
        assert len(zlib.decompress(part, 31).splitlines()) == member["lines"]
        place += member["size"]


async def test_a_whole_archive_gives_back_what_went_in(archive: Path) -> None:
    """Read as a source, it has the same rows of every kind; without keys if nobody wants them."""
    manifest = check_archive(archive)
    source, copy = MemorySource(), ArchiveSource(archive, manifest.extent)
    assert (copy.lane, copy.head) == (LANE, source.head)
    for personal in (True, False):
        assert await _rows(copy, personal=personal) == await _rows(source, personal=personal)


async def _rows(source: MemorySource | ArchiveSource, *, personal: bool) -> dict[Kind, list[Any]]:
    found: dict[Kind, list[Any]] = {}
    async for kind, rows in source.chunks(1, source.head.position, personal=personal):
        found.setdefault(kind, []).extend(rows)
    return found


async def test_without_keys_there_are_none(tmp_path: Path) -> None:
    """Neither a key nor a secret is in an archive that was made without."""
    path = tmp_path / "a"
    manifest = await archive_of(MemorySource(), path)
    assert not manifest.extent.with_personal_keys
    assert {line["kind"] for line in _lines(path)} & {"subject_key", "secret"} == set()
    assert check_archive(path) == manifest
    assert (b"k" * 32).hex().encode() not in gzip.decompress(path.read_bytes())


@pytest.mark.parametrize(("first", "last", "events"), [(1, 3, 4), (2, 6, 5), (5, 5, 2)])
async def test_a_part_is_cut_at_blocks(tmp_path: Path, first: int, last: int, events: int) -> None:
    """A part holds whole blocks, with their receipts and names, and verifies by itself."""
    path = tmp_path / "a"
    manifest = await archive_of(MemorySource(), path, first=first, last=last)
    assert check_archive(path) == manifest
    assert manifest.counts["event"] == events
    held = (manifest.extent.first_position, manifest.extent.last_position)
    for line in _lines(path):
        if line["kind"] == "receipt":
            assert held[0] <= line["first_position"] <= line["last_position"] <= held[1]


async def test_a_name_given_back_later_was_held_before(tmp_path: Path) -> None:
    """Cut before the release the name is claimed; cut after it, it is only remembered."""
    for last, kind in ((1, "key"), (6, "released_key")):
        path = tmp_path / str(last)
        await archive_of(MemorySource(), path, last=last)
        [line] = [line for line in _lines(path) if str(line.get("name", "")).endswith("cdcd")]
        assert line["kind"] == kind


@given(st.data())
def test_no_byte_can_change(archive: Path, data: st.DataObject) -> None:
    """Whatever byte is changed, to whatever else: the check says so, in a sentence."""
    whole = bytearray(archive.read_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    damaged = archive.with_suffix(".damaged")
    damaged.write_bytes(whole)
    with pytest.raises(ArchiveError, match=r"^\S.+ .+\S$"):
        check_archive(damaged)


@pytest.mark.parametrize(("place", "bit"), [(4, 1), (9, 1), (10, 0x08), (10, 0x80)])
def test_no_bit_of_the_manifest_is_free(archive: Path, tmp_path: Path, place: int, bit: int) -> None:
    """Not even those that gzip programs do not look at: its time, its system, and padding."""
    whole = bytearray(archive.read_bytes())
    manifest = stored(gzip.decompress(whole).splitlines(keepends=True)[-1])
    whole[len(whole) - len(manifest) + place] ^= bit
    assert gzip.decompress(whole) == gzip.decompress(archive.read_bytes())
    (tmp_path / "a").write_bytes(whole)
    with pytest.raises(ArchiveError, match="the manifest of the archive is damaged"):
        check_archive(tmp_path / "a")


@given(st.data())
def test_nothing_can_be_cut_off_or_added(archive: Path, data: st.DataObject) -> None:
    """An archive that ends early, at a member's end too, or goes on after its end, is not whole."""
    whole = archive.read_bytes()
    ends, place = [], 0
    with archive.open("rb") as file:
        for member in read_members(file):
            place += member.size
            ends.append(place)
    size = data.draw(st.one_of(st.integers(0, len(whole) - 1), st.sampled_from(ends[:-1])))
    damaged = archive.with_suffix(".cut")
    damaged.write_bytes(whole[:size])
    with pytest.raises(ArchiveError):
        check_archive(damaged)
    damaged.write_bytes(whole + whole[size:])
    with pytest.raises(ArchiveError):
        check_archive(damaged)


def test_a_missing_manifest_is_missed(archive: Path, tmp_path: Path) -> None:
    """All lines but the last are there, in whole members: the sentence says what is missing."""
    whole = archive.read_bytes()
    manifest = stored(gzip.decompress(whole).splitlines(keepends=True)[-1])
    assert whole.endswith(manifest)
    path = tmp_path / "a"
    path.write_bytes(whole.removesuffix(manifest))
    with pytest.raises(ArchiveError, match="has no manifest at its end"):
        check_archive(path)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"", "breaks off|no end"),
        (b"hello\n", "line 1 is not JSON"),
        (b'{"kind":"event"}\n', "not an archive"),
        (b'["kind"]\n', "does not say of which kind"),
        (b'{"kind":"archive","format":9}\n', "format 1 only"),
        (b'{"kind":"archive","format":1,"lane":"x"}\n', "does not say what the archive is of"),
    ],
)
def test_other_files_are_recognised(tmp_path: Path, text: bytes, problem: str) -> None:
    """What is not an archive at all is told apart from one that is damaged."""
    with pytest.raises(ArchiveError, match=problem):
        check_archive(_rewritten(tmp_path / "a", text))
    for other in (b"", b"PK\3\4 not gzip"):
        (tmp_path / "b").write_bytes(other)
        with pytest.raises(ArchiveError):
            check_archive(tmp_path / "b")


async def test_a_forged_event_does_not_verify(tmp_path: Path) -> None:
    """With a manifest that fits, changed data is still caught: by its content hash, and by the chain."""
    for change in ({7: '{"text":"forged"}'}, {6: START + timedelta(days=1)}, {2: 99}):
        source = MemorySource()
        source.events[2] = tuple(change.get(place, old) for place, old in enumerate(source.events[2]))
        with pytest.raises(Corrupt, match=r"position 3|positions 2 to 4"):
            await archive_of(source, tmp_path / "a")
    assert _names(tmp_path) == []


async def test_what_is_missing_breaks_the_chain(tmp_path: Path) -> None:
    """An event, a block, or the tail of the log left out is missed while the archive is written."""
    for place in (0, 2, 5):
        source = MemorySource()
        del source.events[place]
        with pytest.raises(Corrupt):
            await archive_of(source, tmp_path / "a")
    source = MemorySource()
    del source.blocks[1]
    with pytest.raises(Corrupt):
        await archive_of(source, tmp_path / "a")
    source = MemorySource((2, 2, 2))
    source.blocks[1:] = source.blocks[:0:-1]
    with pytest.raises(Corrupt):
        await archive_of(source, tmp_path / "a", last=6)


async def test_rows_beside_the_log_must_lie_in_it(tmp_path: Path) -> None:
    """A receipt of positions that are not in the archive is not believed."""
    source = MemorySource()
    receipt = source.beside[Kind.RECEIPT][0]
    source.beside[Kind.RECEIPT] = [(*receipt[:6], 99, receipt[7])]
    await archive_of(source, tmp_path / "a")
    with pytest.raises(ArchiveError, match="a receipt is of a position that is not in the archive"):
        check_archive(tmp_path / "a")


async def test_forgetting_a_person_takes_the_key_out(tmp_path: Path) -> None:
    """The key and the hashed names are gone, all else stays and verifies; twice is harmless."""
    path = tmp_path / "a"
    await archive_of(MemorySource(), path, personal=True)
    before = _lines(path)
    assert forget(path, "thing-1")
    assert _names(tmp_path) == [path.name]
    manifest = check_archive(path)
    assert manifest.forgotten == ["thing-1"]
    text = gzip.decompress(path.read_bytes()).decode()
    assert (b"k" * 32).hex() not in text
    assert HASHED not in text
    assert "cd" * 32 not in text
    kept = [line for line in _lines(path) if line["kind"] != "manifest" and line not in before]
    assert [(line["kind"], line["subject"], line["key"]) for line in kept] == [
        ("subject_key", "thing-1", None)
    ]
    data = path.read_bytes()
    assert not forget(path, "thing-1")
    assert not forget(path, "thing-2")
    assert path.read_bytes() == data
    with pytest.raises(ArchiveError, match="knows no thing-9"):
        forget(path, "thing-9")


async def test_without_keys_there_is_nothing_to_forget(tmp_path: Path) -> None:
    """An archive without keys is left as it is."""
    await archive_of(MemorySource(), tmp_path / "a")
    assert not forget(tmp_path / "a", "thing-1")


async def test_places_that_are_not_there(archive: Path) -> None:
    """Positions beyond the ends, times before the first event and in the future are told apart."""
    source = ArchiveSource(archive, check_archive(archive).extent)
    for place in (0, 7):
        with pytest.raises(NoSuchPlace, match="there is no position"):
            await end_at(source, place)
        with pytest.raises(NoSuchPlace, match="there is no position"):
            await begin_at(source, place)
    with pytest.raises(NoSuchPlace, match="before the first event"):
        await end_at(source, START - timedelta(seconds=1))
    with pytest.raises(NoSuchPlace, match="in the future"):
        await end_at(source, START + timedelta(days=365_000))
    assert (await end_at(source, 3)).position == 4
    assert (await end_at(source, START + timedelta(microseconds=1500))).position == 4
    assert (await begin_at(source, 3)).first_position == 2


def test_a_file_is_complete_or_not_there(tmp_path: Path) -> None:
    """What breaks off while it is written leaves no part of it, and an old file as it was."""
    path = tmp_path / "a"
    for existing in (None, b"old"):
        if existing:
            path.write_bytes(existing)

        def write() -> None:
            with complete_file(path) as file:
                file.write(b"half")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write()
        assert [each.read_bytes() for each in tmp_path.iterdir()] == ([existing] if existing else [])


@given(st.binary(max_size=200_000))
def test_a_stored_member_is_gzip(text: bytes) -> None:
    """Any gzip program reads what is stored without compression."""
    assert gzip.decompress(stored(text)) == text if text else True


def test_chunks_of_other_kinds_pass_the_cut() -> None:
    """Counters are as of now whatever the cut."""
    chunk = Chunk(Kind.COUNTER, [("thing", 3)])
    assert Cut(1, 2).keep(chunk) == [chunk]
