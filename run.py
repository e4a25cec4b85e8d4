#!/usr/bin/env python3
"""One command from a bare checkout: make `.venv`, install the locked packages, start what was asked for.

    python3 run.py serve ...     any command of `creditledger`, with its arguments
    python3 run.py test ...      the tests, with pytest's arguments
    python3 run.py check         linters, formatter, types, import rules

Standard library only. Python 3.6 can parse it, so that an old one can say what is missing.
"""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ALL_TESTS = ["-n", "auto", "--maxprocesses", "4", "--dist", "loadfile"]
"""Without arguments: in several processes, each with a PostgreSQL of its own; a file is never split."""
OLDEST_PYTHON = (3, 11)
RUNTIME_LOCK = "requirements.lock"
DEVELOPMENT_LOCK = "requirements-dev.lock"  # holds everything of the runtime lock
CHECKS = (
    ("ruff", "check"),
    ("ruff", "format", "--check"),
    ("mypy",),
    ("lint-imports",),
)


class Checkout:
    """A checkout and the virtual environment inside it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environment = root / ".venv"
        self.python = self.environment / "bin" / "python"
        self._stamps = self.environment / "installed-locks"  # the checkout's path, then a stamp per line
        self._unfinished = self.environment / "install-unfinished"

    def program(self, name: str) -> str:
        """The path of a command that the environment brings."""
        return str(self.environment / "bin" / name)

    def prepare(self, lock: str) -> None:
        """Make the environment hold a lock's packages and this project; nothing to do on a second start."""
        handle = os.open(str(self.root), os.O_RDONLY)  # several first starts at once take turns
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not self.is_prepared(lock):
                self._install(lock)
        finally:
            os.close(handle)

    def is_prepared(self, lock: str) -> bool:
        """Whether this very lock, project, Python and place were installed completely."""
        if self._unfinished.exists() or not self._stamps.is_file() or not self.python.exists():
            return False
        return self.stamp(lock) in self._stamped()

    def stamp(self, lock: str) -> str:
        """A hash over all that decides what the environment has to look like."""
        parts = [(self.root / name).read_bytes() for name in (lock, "pyproject.toml")]
        parts += [sys.version.encode(), str(self.root).encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def _stamped(self) -> "list[str]":
        return self._stamps.read_text(encoding="utf-8").splitlines()

    def _install(self, lock: str) -> None:
        print(f"creditledger: installing {lock} into {self.environment}, once", file=sys.stderr, flush=True)
        if not self._is_usable():
            shutil.rmtree(str(self.environment), ignore_errors=True)
            _run(_environment_maker(self.environment))
        self._stamps.unlink(missing_ok=True)
        self._unfinished.touch()
        installer = self._installer()
        _run([*installer, "--require-hashes", "--only-binary=:all:", "-r", str(self.root / lock)])
        _run([*installer, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(self.root)])
        locks = [RUNTIME_LOCK, lock] if lock == DEVELOPMENT_LOCK else [lock]
        self._stamps.write_text("\n".join([str(self.root), *map(self.stamp, locks)]), encoding="utf-8")
        self._unfinished.unlink()

    def _is_usable(self) -> bool:
        """Whether the environment works, is of this Python and place, and completely installed."""
        if self._unfinished.exists() or not self.python.exists():
            return False
        if self._stamps.is_file() and self._stamped()[0] != str(self.root):
            return False  # moved: the paths inside its commands are of the old place
        question = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
        return _succeeds([str(self.python), "-c", question]) and _succeeds([*self._installer(), "--help"])

    def _installer(self) -> "list[str]":
        """The `install` command that reaches into the environment: its own pip, else one from outside."""
        if Path(self.program("pip")).exists():
            return [str(self.python), "-m", "pip", "install", "--quiet"]
        uv, pip = shutil.which("uv"), _outer_pip()
        if uv:
            return [uv, "pip", "install", "--quiet", "--python", str(self.python)]
        if pip:
            return [pip, "--python", str(self.python), "install", "--quiet"]
        return ["false"]  # nothing installs into it: it has to be made anew


def _environment_maker(folder: Path) -> "list[str]":
    """The command that makes a virtual environment here. Debian's plain python3 has no ensurepip."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return [sys.executable, "-m", "venv", str(folder)]
    uv, virtualenv = shutil.which("uv"), shutil.which("virtualenv")
    if uv:
        return [uv, "venv", "--quiet", "--python", sys.executable, str(folder)]
    if virtualenv:
        return [virtualenv, "--quiet", "--python", sys.executable, str(folder)]
    if importlib.util.find_spec("venv") and _outer_pip():
        return [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    sys.exit("creditledger: this Python cannot make a virtual environment: install python3-venv (apt) or uv")


def _outer_pip() -> "str | None":
    return shutil.which("pip3") or shutil.which("pip")


def _run(command: "list[str]") -> None:
    code = subprocess.call(command)
    if code:
        sys.exit(f"creditledger: this command failed with code {code}: {' '.join(command)}")


def _succeeds(command: "list[str]") -> bool:
    return subprocess.call(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0


def check(checkout: Checkout) -> int:
    """Run every check in turn; the first failure's exit code, or 0."""
    for name, *arguments in CHECKS:
        print("==>", name, *arguments, file=sys.stderr, flush=True)
        code = subprocess.call([checkout.program(name), *arguments], cwd=str(checkout.root))
        if code:
            return code
    return 0


def main(arguments: "list[str]") -> NoReturn:
    """Prepare the environment and turn into the command, where it was called; tests run in the checkout."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(
            f"creditledger: Python {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed, "
            f"{sys.executable} is {sys.version.split()[0]}; with a newer one: python3.12 run.py"
        )
    checkout = Checkout(Path(__file__).resolve().parent)
    if arguments[:1] == ["check"]:
        checkout.prepare(DEVELOPMENT_LOCK)
        sys.exit(check(checkout))
    if arguments[:1] == ["test"]:
        checkout.prepare(DEVELOPMENT_LOCK)
        os.chdir(str(checkout.root))
        command = [str(checkout.python), "-m", "pytest", *(arguments[1:] or ALL_TESTS)]
    else:
        checkout.prepare(RUNTIME_LOCK)
        command = [checkout.program("creditledger"), *arguments]
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
