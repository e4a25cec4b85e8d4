"""The real service as a process of its own, and a client of its HTTP interface.

A `Service` is started, killed, stopped and started again on the same port; never outlives its `async
with`, and logs to a file. Nothing of the product is imported here.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

CHECKOUT = Path(__file__).parents[2]
API_PATH = "/includes/api.php"
_WAIT_S = 60.0
"""Nothing takes that long unless it is broken."""

CLIENT = {
    "firstname": "Ada",
    "lastname": "Lovelace",
    "address1": "12 St James Square",
    "city": "London",
    "state": "London",
    "postcode": "SW1Y 4JH",
    "country": "GB",
    "phonenumber": "+442079304832",
    "password2": "unused",
}
"""What AddClient requires, but for the e-mail address."""


class Credential(NamedTuple):
    """What a caller proves itself with."""

    identifier: str
    secret: str


class Answer(NamedTuple):
    """An HTTP answer with its JSON body."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def is_success(self) -> bool:
        """Whether the action was carried out."""
        return bool(self.body["result"] == "success")


class Api:
    """A client of one service, with as many connections as it needs. An async context manager."""

    def __init__(self, url: str, credential: Credential) -> None:
        self._url = url
        self._credential = credential
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(
            connector=connector, timeout=aiohttp.ClientTimeout(total=_WAIT_S)
        )

    async def call(
        self, action: str, headers: Mapping[str, str] | None = None, /, **parameters: object
    ) -> Answer:
        """Whatever is answered. Raises what aiohttp raises when there is no answer."""
        form = {
            "identifier": self._credential.identifier,
            "secret": self._credential.secret,
            "responsetype": "json",
            "action": action,
        } | {name: str(value) for name, value in parameters.items()}
        async with self._session.post(self._url + API_PATH, data=form, headers=headers) as response:
            return Answer(response.status, response.headers, await response.json(content_type=None))

    def another(self) -> Api:
        """A client with the same credential, on connections of its own."""
        return Api(self._url, self._credential)

    async def must(self, action: str, **parameters: object) -> dict[str, Any]:
        """The body of a success."""
        answer = await self.call(action, **parameters)
        assert answer.is_success, answer
        return answer.body

    async def add_client(self, email: str) -> int:
        """Open an account and return its number."""
        return int((await self.must("AddClient", **CLIENT, email=email))["clientid"])

    async def create_invoice(self, client_id: int, amount: str) -> int:
        """Issue an unpaid invoice of one line and return its number."""
        body = await self.must(
            "CreateInvoice", userid=client_id, itemdescription1="Line", itemamount1=amount, itemtaxed1=0
        )
        return int(body["invoiceid"])

    async def status_of(self, path: str) -> int:
        """The status of a GET."""
        async with self._session.get(self._url + path) as response:
            return response.status

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()


class Service:
    """A running ledger; settings are flags by their names. An async context manager."""

    def __init__(self, log: Path, **settings: object) -> None:
        self._log = log
        self._settings = {"port": 0, "log_level": "warning"} | settings
        self._process: Process | None = None
        self.url = ""

    async def start(self) -> None:
        """Start it and wait until it says that it is ready; the port stays the same for ever."""
        self._process = process = await self._spawn("serve", self._settings, to_log=True)
        assert process.stdout is not None
        async with asyncio.timeout(_WAIT_S):
            line = (await process.stdout.readline()).decode()
        assert "listens on" in line, f"the service did not start: {line}{self.log_tail()}"
        self.url = line.split()[-1].removesuffix(API_PATH)
        self._settings["port"] = self.url.rsplit(":", maxsplit=1)[1]
        async with asyncio.timeout(_WAIT_S), Api(self.url, Credential("", "")) as api:
            while await api.status_of("/readyz") != 200:
                pass  # each question waits for the answer to be yes, up to two seconds

    async def kill(self) -> None:
        """SIGKILL: it gets no chance to finish anything."""
        process = self._living()
        process.kill()
        await process.wait()

    async def stop(self) -> None:
        """SIGTERM, and wait until it has finished its work."""
        process = self._living()
        process.terminate()
        async with asyncio.timeout(_WAIT_S):
            code = await process.wait()
        assert code == 0, f"the service ended with code {code}: {self.log_tail()}"

    async def ended(self) -> int:
        """Wait until it has ended by itself; its exit code."""
        async with asyncio.timeout(_WAIT_S):
            return await self._living().wait()

    async def create_credential(self, *options: str) -> Credential:
        """A new credential, made by the operator's command."""
        made = json.loads(await self.operate(" ".join(("credentials create --json", *options))))
        return Credential(made["identifier"], made["secret"])

    async def operate(self, command: str) -> str:
        """What an operator's command on this ledger prints; words are separated by blanks."""
        place: dict[str, object] = {
            name: self._settings[name] for name in ("dsn", "data") if name in self._settings
        }
        process = await self._spawn(command, place, to_log=False)
        output, complaint = await process.communicate()
        assert process.returncode == 0, complaint.decode()
        return output.decode()

    def log_records(self) -> list[dict[str, Any]]:
        """What it logged so far, in order; a line that is not all there yet is left out."""
        lines = self._log.read_bytes().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"\n")]

    def log_tail(self) -> str:
        """The end of what it logged."""
        return self._log.read_text(encoding="utf-8")[-4000:]

    async def _spawn(self, command: str, settings: Mapping[str, object], *, to_log: bool) -> Process:
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("CREDITLEDGER_")}
        arguments = (sys.executable, "-m", "service", *command.split(), *flags)
        environment = {**inherited, "PYTHONPATH": str(CHECKOUT)}
        folder = self._log.parent
        if not to_log:
            return await asyncio.create_subprocess_exec(
                *arguments, cwd=folder, env=environment, stdout=PIPE, stderr=PIPE
            )
        with self._log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *arguments, cwd=folder, env=environment, stdout=PIPE, stderr=log
            )

    def _living(self) -> Process:
        assert self._process is not None, "it was never started"
        assert self._process.returncode is None, f"it ended by itself: {self.log_tail()}"
        return self._process

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process is not None and self._process.returncode is None:
            await self.kill()
