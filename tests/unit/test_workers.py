"""What the parent of worker processes gives them: a port to share, and every setting."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from service.settings import Settings
from service.workers import reserved_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("host", ["127.0.0.1", ""])
def test_a_free_port_is_found_and_shared(host: str) -> None:
    """Port 0 becomes a number that several sockets can listen on, and that is given to nobody by chance."""
    with reserved_port(Settings(host=host, port=0)) as port, ExitStack() as stack:
        with pytest.raises(OSError, match="in use"), socket.socket() as stranger:
            stranger.bind((host or "0.0.0.0", port))  # noqa: S104 -- all addresses are what is asked for
        for _ in range(2):
            stack.enter_context(socket.create_server((host, port), reuse_port=True))


def test_a_system_that_cannot_share_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without SO_REUSEPORT the sentence says what is missing."""
    monkeypatch.delattr(socket, "SO_REUSEPORT")
    with pytest.raises(OSError, match="needs SO_REUSEPORT"), reserved_port(Settings(port=0)):
        pass


def test_settings_arrive_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one process was told is what the other gets, secrets too, whatever its environment says."""
    told = Settings.model_validate(
        {"data": tmp_path, "dsn": "postgresql://ada:hush@db/ledger", "workers": 3, "projection_linger_s": 0.5}
    )
    monkeypatch.setenv("CREDITLEDGER_DSN", "postgresql://elsewhere/ledger")
    monkeypatch.setenv("CREDITLEDGER_FIRST_CURRENCY", "EUR")
    assert Settings.model_validate_json(told.as_json()) == told
    untold = told.model_copy(update={"dsn": None})
    assert Settings.model_validate_json(untold.as_json()) == untold
