"""What an operator types about access, checked and brought to its one spelling before it becomes a command.

Every function raises ValueError with a sentence for the operator. No function repeats a secret.
"""

from __future__ import annotations

import re

from service.handling.networks import network_text, read_network

NAME_CHARACTERS_MAX = 100
SECRET_CHARACTERS_MAX = 1000

# WHMCS developer documentation, Access Control: what an access key may consist of.
_ACCESS_KEY = re.compile(r"[A-Za-z0-9!@#$%.()*\[\]_-]+")


def read_name(text: str, kind: str) -> str:
    """The name of a role or credential, or a note: printable text of one line."""
    name = text.strip()
    if len(name) > NAME_CHARACTERS_MAX or not name.isprintable():
        raise ValueError(f"a {kind} has at most {NAME_CHARACTERS_MAX} printable characters")
    return name


def read_needed_name(text: str, kind: str) -> str:
    """As `read_name`, and not empty."""
    name = read_name(text, kind)
    if not name:
        raise ValueError(f"a {kind} must not be empty")
    return name


def read_admin_name(text: str) -> str:
    """A user name; not a number, so that no admin's name is another one's number."""
    name = read_needed_name(text, "user name")
    if name.isdecimal():
        raise ValueError("a user name must not be a number")
    return name


def read_listed_address(text: str) -> str:
    """An address or network, as the list of allowed ones has it."""
    return network_text(read_network(text.strip()))


def read_password(text: str) -> str:
    """A password as it is."""
    if not text:
        raise ValueError("a password must not be empty")
    if len(text) > SECRET_CHARACTERS_MAX:
        raise ValueError(f"a password has at most {SECRET_CHARACTERS_MAX} characters")
    return text


def read_access_key(text: str) -> str:
    """An access key as WHMCS allows them."""
    if len(text) > SECRET_CHARACTERS_MAX or _ACCESS_KEY.fullmatch(text) is None:
        raise ValueError(
            f"an access key has 1 to {SECRET_CHARACTERS_MAX} letters, digits and characters of !@#$%.()*[]-_"
        )
    return text
