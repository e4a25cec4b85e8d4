"""Proofs as an auditor meets them: over HTTP, as files, and checked by the one file that he copies."""

from __future__ import annotations

import base64
import http.client
import json
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from eventstore.chain import leaf_bytes
from eventstore.merkle import leaf_hash, subtree_root, verify_consistency, verify_inclusion
from eventstore.note import parse_checkpoint
from tests.acceptance.conftest import new_database
from tests.acceptance.process import Server
from tests.acceptance.proving import ASKED_MAX, SECRET_NAME, VERIFIER, Ledger, from_text

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.client import Api


def test_an_inclusion_proof_leads_to_the_published_checkpoint(ledger: Ledger) -> None:
    """By position and by id, for the latest tree and an older one."""
    head = ledger.head(300)
    assert head.origin == "ledger.example/1"
    for size in (head.size, 200):
        proof = ledger.json("proof/inclusion", position=150, size=size)
        digest = leaf_hash(from_text(proof["leaf"]))
        path = [from_text(text) for text in proof["path"]]
        assert verify_inclusion(149, size, digest, path, from_text(proof["root"]))
        assert size != head.size or from_text(proof["root"]) == head.root
    told = json.loads(ledger.written("prove", "150").read_text("utf-8"))["event"]
    assert ledger.json("proof/inclusion", event=told["event_id"])["position"] == 150


def test_the_log_only_grows(ledger: Ledger) -> None:
    """A consistency proof connects an older checkpoint, asked for by its size, with a later one."""
    old = ledger.head(300)
    note = ledger.get("checkpoint", {"size": old.size})
    assert note.headers["Cache-Control"].endswith("immutable")
    ledger.api.ok("LogActivity", description="One more")
    new = ledger.head(old.size + 1)
    proof = ledger.json("proof/consistency", **{"from": old.size, "to": new.size})
    path = [from_text(text) for text in proof["path"]]
    assert verify_consistency(old.size, new.size, old.root, new.root, path)


def test_tiles_and_entries_are_those_of_the_specification(ledger: Ledger) -> None:
    """A monitor that only knows C2SP tlog-tiles reads the whole log and finds the checkpoint's root."""
    ledger.head(300)
    full, entries = ledger.get("tile/0/000"), ledger.get("tile/entries/000")
    assert full.headers["Content-Type"] == entries.headers["Content-Type"] == "application/octet-stream"
    assert "immutable" in full.headers["Cache-Control"]
    assert len(full.raw) == 8192
    size = len(leaf_bytes(0, 1, datetime.now(UTC), bytes(32)))
    assert len(entries.raw) == 256 * (2 + size)
    digests = []
    for at in range(0, len(entries.raw), 2 + size):
        assert entries.raw[at : at + 2] == size.to_bytes(2, "big")
        digests.append(leaf_hash(entries.raw[at + 2 : at + 2 + size]))
    assert b"".join(digests) == full.raw
    assert ledger.get("tile/1/000.p/1").raw == subtree_root(digests)
    assert len(ledger.get("tile/0/001.p/20").raw) == 20 * 32
    assert SECRET_NAME.encode() not in entries.raw


@pytest.mark.parametrize(
    ("path", "query", "status"),
    [
        ("nothing", {}, 404),
        ("tile/0/001", {}, 404),
        ("tile/0/0", {}, 404),
        ("tile/64/000", {}, 404),
        ("tile/00/000", {}, 404),
        ("tile/entries/x001/000", {}, 404),
        ("checkpoint", {"size": "x"}, 400),
        ("checkpoint", {"size": 999_999}, 404),
        ("proof/inclusion", {}, 400),
        ("proof/inclusion", {"position": 0}, 404),
        ("proof/inclusion", {"position": 999_999_999}, 404),
        ("proof/inclusion", {"position": "9" * 30}, 400),
        ("proof/inclusion", {"position": 1, "size": 999_999}, 404),
        ("proof/inclusion", {"event": "x"}, 400),
        ("proof/inclusion", {"event": "00000000-0000-4000-8000-000000000000"}, 404),
        ("proof/inclusion", {"event": "01938f5e-0000-7000-8000-000000000001"}, 404),
        ("proof/consistency", {"from": 0}, 400),
        ("proof/consistency", {"from": 10, "to": 5}, 400),
        ("timestamps", {"size": "-1"}, 400),
    ],
)
def test_bad_requests_are_told_so(ledger: Ledger, path: str, query: dict[str, object], status: int) -> None:
    """A sentence in JSON, the right status, and nothing to be cached."""
    ledger.head(300)
    answer = ledger.get(path, query)
    assert (answer.status, answer.headers["Cache-Control"]) == (status, "no-store")
    assert answer.message


def test_the_verifier_can_be_downloaded(ledger: Ledger) -> None:
    """It is the file of the tests."""
    assert ledger.get("verify_proof.py").raw == VERIFIER.read_bytes()


def test_other_methods_are_refused(ledger: Ledger) -> None:
    """The log is read."""
    answer = ledger.api.exchange(b"POST /log/checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")[0]
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_checkpoints_are_anchored_in_a_folder(ledger: Ledger) -> None:
    """Each signed checkpoint stands in a file of its own, and says what the log says."""
    head = ledger.head(300)
    path = ledger.folder / "a" / f"checkpoint-{head.size:020d}"
    for _ in range(ASKED_MAX):
        if path.exists():
            break
        ledger.get("keys")
    assert parse_checkpoint(path.read_text("utf-8")).head == head


def test_without_a_key_nothing_is_signed_and_it_says_so(server: Server, api: Api) -> None:
    """A ledger on a DSN has no key unless one is named: the log says so, and the pages do."""
    del api
    assert "checkpoints of the log are not signed" in server.log()
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)) as connection:
        connection.request("GET", "/log/checkpoint")
        response = connection.getresponse()
        assert response.status == 404
        assert b"No checkpoint was signed yet" in response.read()


def test_hashes_can_be_kept_to_credentials(server_dsn: str, tmp_path: Path) -> None:
    """With --log-access credential only who may read the history reads its hashes."""
    with new_database(server_dsn) as dsn:
        settings = {"CREDITLEDGER_DSN": dsn, "CREDITLEDGER_SIGNING_KEY_FILE": str(tmp_path / "key")}
        with Server(
            tmp_path / "log", "--port", "0", "--log-access", "credential", settings=settings
        ) as server:
            ledger = Ledger(server, settings, tmp_path)
            assert ledger.get("keys").status == 401
            for secret, status in ((server.secret, 200), ("wrong", 403)):
                pair = base64.b64encode(f"{server.identifier}:{secret}".encode()).decode()
                assert ledger.get("keys", authorization=f"Basic {pair}").status == status
