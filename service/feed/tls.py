"""Whom the ledger trusts where it connects by TLS on its own accord: webhooks and brokers. Feed only."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def trusting(ca_file: Path | None = None, certificate_file: Path | None = None) -> ssl.SSLContext:
    """For a client: the system's authorities and those of a file, and a certificate of its own with key.

    Raises OSError with a sentence for a file that cannot be used.
    """
    context = ssl.create_default_context()
    try:
        if ca_file is not None:
            context.load_verify_locations(ca_file)
    except OSError as error:  # of which those of TLS are
        raise OSError(f"the certificates in {ca_file} cannot be used: {error}") from error
    try:
        if certificate_file is not None:
            # Without this a key with a passphrase would ask for it at the terminal.
            context.load_cert_chain(certificate_file, password="")
    except OSError as error:
        raise OSError(f"the certificate and key in {certificate_file} cannot be used: {error}") from error
    return context
