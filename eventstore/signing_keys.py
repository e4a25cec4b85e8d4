"""The file of the signing key: outside the database, which is what its signatures are to keep honest.

One key a line, as `eventstore.note` writes them; the first is the present one, further ones sign beside it
while keys overlap. Beside it stands the last checkpoint signed, in `FILE.last`, so that a database that was
rolled back or rewritten is noticed even where it holds no trace of it. Written so that a crash leaves the old
file or the new one. Both are for the user of the service alone.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from eventstore.note import NoteError, parse_checkpoint, parse_signing_key, sign_head, verify_checkpoint
from eventstore.records import StoreError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from eventstore.note import SigningKey, TreeHead, VerifierKey


class KeyFileError(StoreError):
    """The signing key cannot be used; the message says why."""


class KeyFile:
    """The signing keys of one log. Read anew whenever they are asked for: a rotation needs no restart."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._last_path = path.with_name(path.name + ".last")

    def exists(self) -> bool:
        """Whether there is a key."""
        return self.path.exists()

    def read(self) -> list[SigningKey]:
        """The keys that sign, the present one first. Raises KeyFileError."""
        try:
            if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
                raise KeyFileError(
                    f"the signing key {self.path} can be read by others: make it yours alone (chmod 600)"
                )
            lines = self.path.read_text(encoding="utf-8").split()
            keys = [parse_signing_key(line) for line in lines]
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"the signing key {self.path} cannot be read: {error}") from error
        except NoteError as error:
            raise KeyFileError(f"{self.path}: {error}") from error
        if not keys:
            raise KeyFileError(f"the file {self.path} holds no signing key")
        if len({key.verifier.name for key in keys}) > 1:
            raise KeyFileError(f"the keys in {self.path} do not have the same name")
        return keys

    def create(self, key: SigningKey) -> bool:
        """Keep the first key; False if somebody else was faster."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = _write_beside(self.path, _text([key]))
        try:
            os.link(temporary, self.path)
        except FileExistsError:
            return False
        finally:
            temporary.unlink()
        _sync_folder(self.path.parent)
        return True

    def replace(self, keys: Sequence[SigningKey]) -> None:
        """Sign with these from now on, the first being the present one. What was signed last stays known."""
        last = self.last_signed()
        if last is not None:
            both = {key.verifier: key for key in (*keys, *self.read())}
            self.keep_last(sign_head(last, list(both.values())))
        write_atomically(self.path, _text(keys))

    def last_signed(self) -> TreeHead | None:
        """What this key signed last, None if nothing. Raises KeyFileError if that is not its signature."""
        keys = [key.verifier for key in self.read()]
        return self._last(keys[0].name, keys)

    def inherit_last(self, key: SigningKey, known: Sequence[VerifierKey]) -> None:
        """Let a key that takes the place of a lost one know what that signed last. Raises KeyFileError."""
        last = self._last(key.verifier.name, known)
        if last is not None:
            self.keep_last(sign_head(last, [key]))

    def _last(self, name: str, keys: Sequence[VerifierKey]) -> TreeHead | None:
        try:
            note = self._last_path.read_text(encoding="utf-8")
            if parse_checkpoint(note).head.origin != name:
                return None  # a log of another name, so another log
            return verify_checkpoint(note, keys)
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileError(f"{self._last_path} cannot be read: {error}") from error
        except NoteError as error:
            raise KeyFileError(f"{self._last_path}: {error}") from error

    def keep_last(self, note: str) -> None:
        """Remember what was signed, before anybody else sees it."""
        write_atomically(self._last_path, note)


def _text(keys: Sequence[SigningKey]) -> str:
    return "".join(f"{key.secret_text}\n" for key in keys)


def write_atomically(path: Path, text: str | bytes, mode: int = 0o600) -> None:
    """Write a file so that whoever looks, after a crash too, finds all of it or what was there before."""
    temporary = _write_beside(path, text, mode)
    try:
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _write_beside(path: Path, text: str | bytes, mode: int = 0o600) -> Path:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        temporary.unlink()  # of an earlier life with the same process number
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink()
        raise
    return temporary


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
