"""Proofs and statements as files, checked by the one file that an auditor copies; and the keys that sign."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest

from eventstore.note import NoteError, parse_checkpoint, parse_verifier_key, verify_checkpoint
from service.audit import verify_proof
from tests.acceptance.client import unused
from tests.acceptance.conftest import new_database
from tests.acceptance.process import creditledger
from tests.acceptance.proving import SECRET_NAME, VERIFIER, key_of, verified

if TYPE_CHECKING:
    from pathlib import Path

    from tests.acceptance.proving import Ledger


def test_a_proof_file_is_verified_by_one_file(ledger: Ledger) -> None:
    """With the signature where the package is there, without it where not; personal data stays sealed."""
    path = ledger.written("prove", "5")
    text = path.read_text("utf-8")
    event = json.loads(text)["event"]
    assert event["type"] == "account.opened"
    assert '"sealed":1' in event["data"]
    assert SECRET_NAME not in text
    full = verified(path, "--key", key_of(ledger))
    assert (full.returncode, full.stderr) == (0, "")
    assert "the key you gave" in full.stdout
    bare = verified(path, bare=True)
    assert bare.returncode == 0, bare.stderr
    assert "NOT CHECKED" in bare.stdout
    assert verified(path, "--key", key_of(ledger), bare=True).returncode == 1
    assert path.stat().st_size < 4000


def _changed(document: dict[str, Any], *keys: str | int) -> dict[str, Any]:
    """A copy in which the value at this place is another of its kind."""
    copy: Any = json.loads(json.dumps(document))
    place = copy
    for key in keys[:-1]:
        place = place[key]
    value = place[keys[-1]]
    place[keys[-1]] = value + 1 if isinstance(value, int) else _other_text(value)
    return dict(copy)


def _other_text(text: str) -> str:
    middle = len(text) // 2
    return text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1 :]


def _fails(ledger: Ledger, content: str | bytes, *arguments: str) -> str:
    path = ledger.folder / unused("damaged")
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    said, complained = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(complained):
        code = verify_proof.main([*arguments, str(path)])
    assert (code, said.getvalue()) == (1, "")
    assert complained.getvalue().startswith("DOES NOT HOLD: ")
    return complained.getvalue()


PLACES = (
    "position",
    "recorded_at",
    "stream",
    "version",
    "event_id",
    "type",
    "schema_version",
    "data",
    "metadata",
)


def test_every_changed_part_of_a_proof_is_noticed(ledger: Ledger) -> None:
    """Each fact of the event, each kind of hash, the checkpoint and its signature."""
    document = json.loads(ledger.written("prove", "150").read_text("utf-8"))
    for name in PLACES:
        _fails(ledger, json.dumps(_changed(document, "event", name)))
    _fails(ledger, json.dumps(_changed(document, "event", "path", 3)))
    shorter = document | {"event": document["event"] | {"path": document["event"]["path"][:-1]}}
    assert "does not lead to the root" in _fails(ledger, json.dumps(shorter))
    note = document["checkpoint"]
    size = str(parse_checkpoint(note).head.size)
    for other in (
        note.replace(size, str(int(size) + 1), 1),
        note.replace("example", "elsewhere"),
        note[:-30],
    ):
        _fails(ledger, json.dumps(document | {"checkpoint": other}))
    signature = _other_text(note.rsplit(" ", 1)[1])
    forged = f"{note.rsplit(' ', 1)[0]} {signature}"
    assert "is not true" in _fails(ledger, json.dumps(document | {"checkpoint": forged}))
    stranger = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    assert "not signed by the key given" in _fails(ledger, json.dumps(document), "--key", stranger)


def test_malformed_proofs_are_told_so(ledger: Ledger) -> None:
    """Cut off anywhere, of the wrong kind or not JSON: a sentence and exit code 1; no file at all, too."""
    text = ledger.written("prove", "150").read_text("utf-8")
    for end in range(0, len(text) - 2, 97):
        _fails(ledger, text[:end])
    for content in (
        "[]",
        "{}",
        "null",
        '{"format": 3}',
        '{"format":"creditledger-proof/9"}',
        b"\xff\xfe",
        "[" * 9999,
    ):
        _fails(ledger, content)
    document = json.loads(text)
    for name in ("event", "checkpoint", "keys"):
        for other in (None, 3, "x", [], {}, [3], {"a": "\ud800"}):
            _fails(ledger, json.dumps(document | {name: other}))
    missing = verified(ledger.folder / "missing")
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)
    assert subprocess.run([sys.executable, str(VERIFIER)], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize("which", ["999999", "x"])
def test_what_is_not_in_the_log_has_no_proof(ledger: Ledger, which: str) -> None:
    """A sentence, exit code 1, and no file."""
    path = ledger.folder / unused("none")
    done = ledger.run("prove", "--out", str(path), "--", which)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("Error: ")
    assert not path.exists()


def test_a_statement_is_complete_and_shows_nobody_else(ledger: Ledger) -> None:
    """All rows of one client, proven; a row or event left out, or a balance changed, is noticed."""
    path = ledger.written("statement", "--client", "1", "--from", "2020-01-01", "--to", "2099-12-31")
    document = json.loads(path.read_text("utf-8"))
    assert (document["opening"], document["closing"], len(document["rows"])) == (0, 22_650, 151)
    assert {event["stream"] for event in document["events"]} == {"account-1"}
    assert SECRET_NAME not in json.dumps(document)
    done = verified(path, "--key", key_of(ledger))
    assert (done.returncode, done.stderr) == (0, "")
    assert "151 rows, closing balance 22650" in done.stdout
    assert verified(path, bare=True).returncode == 0

    for change in (
        ("closing",),
        ("rows", 5, "amount"),
        ("rows", 5, "description"),
        ("events", 7, "position"),
    ):
        _fails(ledger, json.dumps(_changed(document, *change)))
    for name in ("rows", "events"):
        parts: list[Any] = document[name]
        for rest in (parts[:-1], parts[1:], parts[:9] + parts[10:], []):
            _fails(ledger, json.dumps(document | {name: rest}))
    without_invoice = [event for event in document["events"] if event["type"] != "invoice.issued"]
    assert len(without_invoice) == 152
    found = _fails(ledger, json.dumps(document | {"events": without_invoice}))
    assert "versions 151 and 153 do not follow each other" in found
    less = document | {"rows": document["rows"][:-1], "events": document["events"][:-1], "closing": 22_500}
    _fails(ledger, json.dumps(less))
    signed_less = less | {"attestation": less["attestation"].replace("closing 22650", "closing 22500")}
    assert "but the stream at 153" in _fails(ledger, json.dumps(signed_less))


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--client", "77", "--from", "2026-01-01", "--to", "2026-01-31"), "no such client"),
        (("--client", "1", "--from", "2026-02-01", "--to", "2026-01-31"), "after it ends"),
        (("--client", "1", "--from", "yesterday", "--to", "2026-01-31"), "yesterday"),
        (("--client", "0", "--from", "2026-01-01", "--to", "2026-01-31"), "0 is not in the range"),
    ],
)
def test_statements_of_nothing_are_refused(ledger: Ledger, arguments: tuple[str, ...], says: str) -> None:
    """A sentence and a non-zero exit code."""
    done = ledger.run("statement", *arguments)
    assert done.returncode in {1, 2}
    assert says in done.stderr


def test_keys_are_rotated_under_a_running_server(ledger: Ledger) -> None:
    """With overlap both sign; the old one retires, and what it signed before still holds."""
    first = parse_verifier_key(key_of(ledger))
    proof = ledger.written("prove", "150")
    rotated = ledger.run("log-keys", "rotate", "--overlap")
    assert rotated.returncode == 0, rotated
    second = parse_verifier_key(rotated.stdout.splitlines()[-1])
    size = ledger.head(1).size
    ledger.api.ok("LogActivity", description="Signed by both")
    ledger.head(size + 1)
    for keys in ([first], [second]):
        verify_checkpoint(ledger.get("checkpoint").raw.decode(), keys)
    refused = ledger.run("log-keys", "retire", second.key_id.hex())
    assert (refused.returncode, "present one" in refused.stderr) == (1, True)
    assert ledger.run("log-keys", "retire", first.key_id.hex()).returncode == 0
    ledger.head(size + 1)
    note = ledger.get("checkpoint").raw.decode()
    verify_checkpoint(note, [second])
    with pytest.raises(NoteError, match="none of the known keys"):
        verify_checkpoint(note, [first])
    assert verified(proof, "--key", first.text).returncode == 0
    other = ledger.run("log-keys", "rotate", "--log-origin", "ledger.example/other")
    assert (other.returncode, "another name" in other.stderr) == (1, True)
    listed = json.loads(ledger.run("log-keys", "list", "--json").stdout)
    assert [(key["key"], bool(key["retired_at"]), key["is_here"]) for key in listed] == [
        (first.text, True, False),
        (second.text, False, True),
    ]


def test_a_lost_key_is_replaced_deliberately(server_dsn: str, tmp_path: Path) -> None:
    """Not by a start; and the new one still knows what the lost one signed."""
    key = tmp_path / "key"
    with new_database(server_dsn) as dsn:
        settings = {"CREDITLEDGER_DSN": dsn, "CREDITLEDGER_SIGNING_KEY_FILE": str(key)}
        assert creditledger("init", **settings).returncode == 0
        assert creditledger("prove", "1", **settings).returncode == 0
        key.unlink()
        started = creditledger("init", **settings)
        assert (started.returncode, "log-keys rotate" in started.stderr, key.exists()) == (0, True, False)
        assert creditledger("log-keys", "rotate", **settings).returncode == 0
        last = parse_checkpoint((tmp_path / "key.last").read_text("utf-8"))
        assert last.head.size == 3
        assert creditledger("prove", "3", **settings).returncode == 0
