"""The real command `creditledger` as operators start it: one-off commands, and a server until it is stopped.

Lives here: processes and what they print. What is sent to a server is in `client`. Only the acceptance tests
import this.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Self

from tests.support.postgres import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIMEOUT_S = 30  # nothing takes that long unless it is broken
_LISTENS = re.compile(r"creditledger listens on http://\S+:(\d+)/")
_COMMAND = (sys.executable, "-m", "service")
_GREETING_END = "password2="


def environment(**more: str) -> dict[str, str]:
    """This process's environment with none of the ledger's settings in it but `more`."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CREDITLEDGER_")}
    return clean | {"PYTHONPATH": str(CHECKOUT)} | more


def creditledger(*arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `typed` is its input, `settings` are environment variables."""
    return subprocess.run(
        [*_COMMAND, *arguments],
        env=environment(**settings),
        input=typed,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=_TIMEOUT_S,
        check=False,
    )


class Server:
    """`creditledger serve` on a free port, its log in a file. A context manager; it must end with code 0.

    `is_new` says that the ledger has no credential yet, so that the greeting shows the first one; `settings`
    are environment variables.
    """

    def __init__(
        self, log: Path, *arguments: str, is_new: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        self._log = log
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                [*_COMMAND, "serve", *arguments],
                env=environment(**(settings or {})),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self.greeting = self._read_greeting(is_new=is_new)
        found = _LISTENS.search(self.greeting)
        if found is None:
            self.process.kill()
            self.process.communicate()
            raise AssertionError(f"the server did not start: {self.log()}")
        self.port = int(found.group(1))

    @property
    def identifier(self) -> str:
        """Of the first credential."""
        return self._shown("identifier")

    @property
    def secret(self) -> str:
        """Of the first credential."""
        return self._shown("secret")

    def log(self) -> str:
        """Everything the server has written to its log so far."""
        return self._log.read_text("utf-8")

    def stop(self) -> int:
        """Ask it to stop as an operator does, and wait until it has; its exit code."""
        self.process.terminate()
        self.process.communicate(timeout=_TIMEOUT_S)
        return self.process.returncode

    def _read_greeting(self, *, is_new: bool) -> str:
        assert self.process.stdout is not None
        lines = []
        while line := self.process.stdout.readline():
            lines.append(line)
            if not is_new or _GREETING_END in line:
                break
        return "".join(lines)

    def _shown(self, name: str) -> str:
        found = re.search(rf"^ +{name} +(\w+)$", self.greeting, re.MULTILINE)
        assert found is not None
        return found.group(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self.stop() == 0, self.log()
