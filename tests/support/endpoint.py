"""An endpoint of webhooks: a real HTTP or HTTPS server that keeps what it was sent and answers as told."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from multidict import CIMultiDictProxy

_WAIT_S = 60.0
_DAY = timedelta(days=1)


class Delivered(NamedTuple):
    """A delivery as it came."""

    headers: CIMultiDictProxy[str]
    body: bytes
    event: dict[str, Any]

    @property
    def id(self) -> str:
        """By which repetitions are known."""
        return self.headers["webhook-id"]

    @property
    def position(self) -> int:
        """Of the event, in the log."""
        return int(self.event["position"])


Answer = Callable[[Delivered], Awaitable[web.StreamResponse | int]]


class Endpoint:
    """Answers 200, or what `answer` says: a status, or a whole response. An async context manager."""

    def __init__(self, answer: Answer | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.came: list[Delivered] = []
        self.taken: list[Delivered] = []
        self.url = ""
        self._tls = tls
        self._runner: web.ServerRunner | None = None
        self._changed = asyncio.Condition()

    @property
    def positions(self) -> list[int]:
        """What was taken, in the order in which it was."""
        return [delivered.position for delivered in self.taken]

    @property
    def first_positions(self) -> list[int]:
        """The same without repetitions: what a consumer that knows ids has seen."""
        return list(dict.fromkeys(self.positions))

    async def until(self, is_true: Callable[[], object]) -> None:
        """Return once something is true; looked at after every delivery."""
        async with asyncio.timeout(_WAIT_S), self._changed:
            await self._changed.wait_for(lambda: bool(is_true()))

    async def until_taken(self, positions: set[int]) -> None:
        """Return once all of these were taken."""
        await self.until(lambda: positions <= set(self.positions))

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        delivered = Delivered(request.headers, body, json.loads(body))
        async with self._changed:
            self.came.append(delivered)
            self._changed.notify_all()
        found = 200 if self.answer is None else await self.answer(delivered)
        response = web.Response(status=found) if isinstance(found, int) else found
        if 200 <= response.status < 300:
            async with self._changed:
                self.taken.append(delivered)
                self._changed.notify_all()
        return response

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._handle), shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        scheme = "http" if self._tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()


class Authority:
    """Signs certificates for 127.0.0.1 and localhost; its own is in `file`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        now = datetime.now(UTC)
        certificate = (
            self._certificate(self._name, self._key, now - _DAY, now + _DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        self.file = folder / "authority.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *, days_old: int = 0) -> ssl.SSLContext:
        """For a server, as `certificate`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate(days_old=days_old))
        return context

    def certificate(self, *, days_old: int = 0) -> Path:
        """A file with a key and a certificate good for a day, so one that is older has expired."""
        key = ec.generate_private_key(ec.SECP256R1())
        begin = datetime.now(UTC) - timedelta(days=days_old, minutes=1)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Endpoint")])
        names = [x509.IPAddress(ip_address("127.0.0.1")), x509.DNSName("localhost")]
        certificate = (
            self._certificate(name, key, begin, begin + _DAY)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        file = self._folder / f"endpoint-{days_old}.pem"
        file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        return file

    def _certificate(
        self, name: x509.Name, key: ec.EllipticCurvePrivateKey, begin: datetime, end: datetime
    ) -> x509.CertificateBuilder:
        public = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(public), critical=False
            )
        )


def by_account(delivered: list[Delivered]) -> Mapping[str, list[int]]:
    """Positions by account, in the order in which they came, without repetitions."""
    found: dict[str, dict[int, None]] = {}
    for each in delivered:
        found.setdefault(each.event["subject"], {})[each.position] = None
    return {subject: list(positions) for subject, positions in found.items()}
