"""Verifies a proof or a statement of a creditledger offline: one file, nothing but Python's standard library.

    python3 verify_proof.py FILE [--key VKEY]...

It recomputes the hash of every event in the file from what the event says, follows each hash up to the root
of the Merkle tree (RFC 6962), and compares that with the checkpoint in the file (C2SP tlog-checkpoint).
Signatures (Ed25519) are checked where the package `cryptography` is installed, else reported as unchecked.
`--key` names a key that you got from elsewhere; without it the keys in the file are used, which is what
the file's maker says of itself. Exit code 0: all that could be checked holds; 1: it does not; 2: wrong usage.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import struct
import sys
import uuid
from datetime import datetime, timedelta, timezone
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Json = dict[str, Any]
    Keys = dict[tuple[str, bytes], bytes]

HEAD_LINES, CLAIM_LINES, KEY_PARTS, LINE_PARTS, SIZE_DIGITS_MAX = 4, 9, 3, 3, 18
PROOF, STATEMENT = "creditledger-proof/1", "creditledger-statement/1"
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 -- runs on older Pythons, too
SIGNS = {"credit.added": 1, "credit.removed": -1, "credit.applied": -1}


class Wrong(Exception):
    """What does not hold, in a sentence."""


def field(value: Any, name: str, kind: type) -> Any:
    """A member of a JSON object that must have a type."""
    if not isinstance(value, dict) or name not in value:
        raise Wrong(f"the file is incomplete: {name!r} is missing")
    found = value[name]
    if not isinstance(found, kind) or isinstance(found, bool):
        raise Wrong(f"the file is malformed: {name!r} is not a {kind.__name__}")
    return found


def decoded(text: Any, length: int, what: str) -> bytes:
    """Base64 of a known length."""
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Wrong(f"{what} is not base64") from None
    if len(found) != length:
        raise Wrong(f"{what} has {len(found)} bytes instead of {length}")
    return found


def microseconds(text: str) -> int:
    """The time an event was recorded at, exactly."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment - EPOCH) // timedelta(microseconds=1)
    except (ValueError, TypeError):
        raise Wrong(f"recorded_at is not a time with its offset: {text!r}") from None


def content_hash(event: Json) -> bytes:
    """SHA-256 of the canonical bytes of an event: all that its writer said, byte by byte."""
    try:
        event_id = uuid.UUID(field(event, "event_id", str)).bytes
        numbers = [field(event, name, int) for name in ("lane", "version", "schema_version")]
        head = struct.pack(">chqh16s", b"\x01", *numbers, event_id)
    except (ValueError, struct.error):
        raise Wrong("the event's lane, version or id is out of range") from None
    texts = [field(event, name, str).encode() for name in ("stream", "type", "data", "metadata")]
    return hashlib.sha256(head + b"".join(struct.pack(">I", len(t)) + t for t in texts)).digest()


def leaf_hash(event: Json) -> bytes:
    """The hash of the event's leaf in the tree: its place, its time, its content."""
    place = [field(event, name, int) for name in ("lane", "position")]
    at = microseconds(field(event, "recorded_at", str))
    try:
        leaf = struct.pack(">chqq32s", b"\x01", *place, at, content_hash(event))
    except struct.error:
        raise Wrong("the event's position is out of range") from None
    return hashlib.sha256(b"\x00" + leaf).digest()


def root_of(index: int, size: int, digest: bytes, path: list[bytes]) -> bytes | None:
    """Where a path leads to (RFC 9162, section 2.1.3.2); None if it has the wrong length."""
    if not 0 <= index < size:
        return None
    number, last = index, size - 1
    for neighbour in path:
        if last == 0:
            return None
        if number & 1 or number == last:
            digest = hashlib.sha256(b"\x01" + neighbour + digest).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            digest = hashlib.sha256(b"\x01" + digest + neighbour).digest()
        number, last = number >> 1, last >> 1
    return digest if last == 0 else None


def check_event(event: Json, head: Json) -> None:
    """That an event, as it stands in the file, is under the checkpoint at its position."""
    position = field(event, "position", int)
    path = [decoded(text, 32, "a hash of the path") for text in field(event, "path", list)]
    if not 1 <= position <= head["size"]:
        raise Wrong(f"position {position} is not among the {head['size']} events of the checkpoint")
    if root_of(position - 1, head["size"], leaf_hash(event), path) != head["root"]:
        raise Wrong(
            f"the event at position {position} does not lead to the root of the checkpoint: "
            "the event, its place, its time or the proof was changed"
        )


def split_note(note: str, what: str) -> tuple[str, list[tuple[str, bytes]]]:
    """The text of a signed note (C2SP signed-note), and its signatures."""
    text, separator, rest = note.rpartition("\n\n")
    if not separator or not rest.endswith("\n"):
        raise Wrong(f"the {what} is cut off: it has no signature lines")
    signatures = []
    for line in rest[:-1].split("\n"):
        parts = line.split(" ")
        if len(parts) != LINE_PARTS or parts[0] != "\u2014":
            raise Wrong(f"a signature line of the {what} is malformed")
        signatures.append((parts[1], decoded(parts[2], 68, f"a signature of the {what}")))
    return text + "\n", signatures


def read_head(text: str) -> Json:
    """Origin, size and root out of a checkpoint's text."""
    lines = text.split("\n")
    size = lines[1] if len(lines) >= HEAD_LINES else ""
    if not lines[0] or not (size.isascii() and size.isdigit() and len(size) <= SIZE_DIGITS_MAX):
        raise Wrong("the checkpoint does not begin with origin, size and root")
    return {"origin": lines[0], "size": int(size), "root": decoded(lines[2], 32, "the root")}


def read_keys(texts: list[Any]) -> Keys:
    """Verifier keys, `name+hash+base64`, by name and the 4 bytes before their signatures."""
    keys = {}
    for text in texts:
        parts = str(text).split("+", 2)
        if len(parts) != KEY_PARTS:
            raise Wrong(f"this is not a verifier key, which is name+hash+base64: {text!r}")
        raw = decoded(parts[2], 33, "a verifier key")
        key_id = hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()[:4]
        if raw[:1] != b"\x01" or parts[1] != key_id.hex():
            raise Wrong(f"the hash in this verifier key is not that of its name and key: {text!r}")
        keys[parts[0], key_id] = raw[1:]
    return keys


def ed25519() -> Callable[[bytes, bytes, str], bool] | None:
    """A function that checks a signature, None where the package for it is not installed."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- may not be there
        from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415 -- the same
            Ed25519PublicKey,
        )
    except ImportError:
        return None

    def holds(public_key: bytes, signature: bytes, text: str) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(public_key).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True

    return holds


def check_signature(note: str, what: str, keys: Keys, *, pinned: bool) -> str:
    """What can be said of the signatures under a note, in a sentence."""
    text, signatures = split_note(note, what)
    known = [(name, raw) for name, raw in signatures if (name, raw[:4]) in keys]
    if not known:
        raise Wrong(f"the {what} is not signed by " + ("the key given" if pinned else "a key of the file"))
    holds = ed25519()
    if holds is None:
        if pinned:
            raise Wrong(f"the signature of the {what} cannot be checked: install the package cryptography")
        return f"NOT CHECKED: the signature of the {what} (the package cryptography is not installed)"
    for name, raw in known:
        if not holds(keys[name, raw[:4]], raw[4:], text):
            raise Wrong(f"the signature of the {what} by {name} is not true")
    by = ", ".join(f"{name}+{raw[:4].hex()}" for name, raw in known)
    source = (
        "the key you gave" if pinned else "a key that came in the file: compare it with one from elsewhere"
    )
    return f"holds: the signature of the {what} by {by} ({source})"


def check_proof(document: Json, head: Json) -> list[str]:
    """One event. The sentences to print."""
    event = field(document, "event", dict)
    check_event(event, head)
    what = f"{event['type']}, version {event['version']} of {event['stream']}"
    place = f"recorded at {event['recorded_at']} as number {event['position']} of the log"
    return [f"holds: event {event['event_id']} ({what}) was {place}"]


def movement(event: Json) -> tuple[int, int] | None:
    """What an event does to the credit: signed amount and balance after it, None if nothing."""
    if event["type"] not in SIGNS:
        return None
    data = event_data(event)
    return SIGNS[event["type"]] * field(data, "amount", int), field(data, "balance", int)


def event_data(event: Json) -> Json:
    """The facts of an event."""
    try:
        data: Json = json.loads(event["data"])
    except ValueError:
        raise Wrong(f"the data of the event at position {event['position']} is not JSON") from None
    return data


def check_statement(document: Json, head: Json, keys: Keys, *, pinned: bool) -> list[str]:
    """All events of one client in a period. The sentences to print."""
    text, _ = split_note(field(document, "attestation", str), "statement")
    claim = read_claim(text, document, head)
    events = field(document, "events", list)
    if not events:
        raise Wrong("the statement holds no event")
    for event in events:
        check_event(event, head)
    check_stream(events, claim)
    rows, opening, closing = check_rows(document, events, claim)
    signature = check_signature(document["attestation"], "statement", keys, pinned=pinned)
    tail = "the event after the period is shown"
    if microseconds(events[-1]["recorded_at"]) < claim["to"]:
        tail = "that none follows in the period is what the signature says, not the hashes"
    first, last = events[0]["version"], events[-1]["version"]
    complete = f"without a gap from version {first} to {last}, are in the log ({tail})"
    balances = f"opening balance {opening}, {len(rows)} rows, closing balance {closing} (hundredths)"
    return [
        f"holds: {len(events)} events of {claim['stream']}, {complete}",
        f"holds: {balances}",
        signature,
    ]


def read_claim(text: str, document: Json, head: Json) -> Json:
    """What the ledger signed about the statement; it must be what the file says."""
    lines = text.split("\n")
    if len(lines) < CLAIM_LINES or lines[0] != STATEMENT:
        raise Wrong("the attestation is not one of a statement")
    try:
        names = dict(line.split(" ", 1) for line in lines[1:-1])
        claim = {
            "stream": names["stream"],
            "from": microseconds(names["from"]),
            "to": microseconds(names["to"]),
            "version": int(names["version"]),
            "currency": names["currency"],
        }
        said = (names["origin"], names["size"], names["opening"], names["closing"])
        period = (names["stream"], names["from"], names["to"], names["currency"])
    except (KeyError, ValueError):
        raise Wrong("the attestation is malformed") from None
    if period != tuple(field(document, name, str) for name in ("stream", "from", "to", "currency")):
        raise Wrong("the client, period or currency of the statement is not what was signed")
    if said[:2] != (head["origin"], str(head["size"])):
        raise Wrong("the attestation is about another checkpoint")
    if said[2:] != (str(field(document, "opening", int)), str(field(document, "closing", int))):
        raise Wrong("the balances of the statement are not those that were signed")
    return claim


def check_stream(events: list[Json], claim: Json) -> None:
    """One stream, version after version, from before the period (or its first event) to behind it."""
    for before, after in zip([None, *events], events):  # noqa: B905 -- runs on older Pythons, too
        if after["stream"] != claim["stream"]:
            raise Wrong(f"the event at position {after['position']} is not of {claim['stream']}")
        if before is not None and (
            after["version"] != before["version"] + 1 or after["position"] <= before["position"]
        ):
            raise Wrong(f"versions {before['version']} and {after['version']} do not follow each other")
    first, last = events[0], events[-1]
    if first["version"] != 1 and microseconds(first["recorded_at"]) >= claim["from"]:
        raise Wrong("the statement does not reach back to before its period")
    if first["version"] != 1 and movement(first) is None:
        raise Wrong("the opening balance is not shown: the first event is not about credit")
    if microseconds(last["recorded_at"]) < claim["to"] and last["version"] != claim["version"]:
        raise Wrong(f"the statement ends at version {last['version']}, but the stream at {claim['version']}")


def check_rows(document: Json, events: list[Json], claim: Json) -> tuple[list[Json], int, int]:
    """The rows and balances are those of the events."""
    balance, rows = 0, []
    opening = None
    for number, event in enumerate(events):
        at = microseconds(event["recorded_at"])
        if opening is None and at >= claim["from"]:
            opening = balance
        moved = movement(event)
        if moved is None or at >= claim["to"]:
            continue
        # What was before the first event is shown only where that is the first of all.
        is_known = number > 0 or event["version"] == 1
        row = row_of(event, moved, balance if is_known else None, claim["currency"])
        balance = moved[1]
        if at >= claim["from"]:
            rows.append(row)
    opening = balance if opening is None else opening
    if (opening, balance) != (document["opening"], document["closing"]):
        raise Wrong(f"the events give {opening} and {balance} as opening and closing balance")
    if field(document, "rows", list) != rows:
        raise Wrong("the rows of the statement are not what its events say")
    return rows, opening, balance


def row_of(event: Json, moved: tuple[int, int], before: int | None, currency: str) -> Json:
    """The row that an event about credit gives."""
    amount, after = moved
    data = event_data(event)
    if data.get("currency") != currency:
        raise Wrong(f"the event at position {event['position']} is in another currency")
    if before is not None and after != before + amount:
        raise Wrong(f"the balance at position {event['position']} is not the one before and the amount")
    return {
        "position": event["position"],
        "amount": amount,
        "balance": after,
        "credit_id": data.get("credit_id"),
        "date": data.get("date"),
        "description": data.get("description"),
    }


def verify(document: Json, given: list[str]) -> list[str]:
    """The sentences to print. Raises Wrong."""
    kind = field(document, "format", str)
    if kind not in {PROOF, STATEMENT}:
        raise Wrong(f"this file is of the format {kind!r}, which this program does not know")
    note = field(document, "checkpoint", str)
    head = read_head(split_note(note, "checkpoint")[0])
    keys = read_keys(given or field(document, "keys", list))
    if kind == PROOF:
        said = check_proof(document, head)
    else:
        said = check_statement(document, head, keys, pinned=bool(given))
    root = base64.b64encode(head["root"]).decode()
    said.append(f"holds: it is in the tree of {head['origin']} of {head['size']} events with root {root}")
    return [*said, check_signature(note, "checkpoint", keys, pinned=bool(given))]


def read(path: str) -> Any:
    """The JSON document in a file."""
    try:
        return json.loads(Path(path).read_bytes().decode())
    except OSError as problem:
        raise Wrong(f"{path} cannot be read: {problem.strerror}") from None
    except (ValueError, RecursionError):
        raise Wrong(f"{path} is not a proof: it is not whole JSON") from None


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description="Verify a proof or statement of a creditledger offline.")
    parser.add_argument("file", help="what `creditledger prove` or `statement` wrote")
    parser.add_argument(
        "--key", action="append", default=[], metavar="VKEY", help="the log's key, got from elsewhere"
    )
    given = parser.parse_args(arguments)
    try:
        said = verify(read(given.file), given.key)
    except Wrong as problem:
        sys.stderr.write(f"DOES NOT HOLD: {printable(str(problem))}\n")
        return 1
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        sys.stderr.write("DOES NOT HOLD: the file is malformed\n")
        return 1
    sys.stdout.write("".join(f"{printable(sentence)}\n" for sentence in said))
    return 0


def printable(text: str) -> str:
    """What a file says is not let loose on a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


if __name__ == "__main__":
    sys.exit(main())
