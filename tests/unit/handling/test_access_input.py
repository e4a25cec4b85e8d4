from __future__ import annotations

import pytest

from service.handling.access_input import (
    NAME_CHARACTERS_MAX,
    SECRET_CHARACTERS_MAX,
    read_access_key,
    read_admin_name,
    read_listed_address,
    read_name,
    read_needed_name,
    read_password,
)
from service.handling.networks import network_text, plain_address, read_address, read_networks


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("192.0.2.256", "192.0.2.256"),
        ("nonsense", "nonsense"),
        ("", ""),
    ],
)
def test_an_address_has_one_spelling(text: str, plain: str) -> None:
    """IPv4 within IPv6, capital letters, long zeros and zones are the same address; junk stays junk."""
    assert plain_address(text) == plain


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.0/24"),
        ("192.0.2.0/255.255.255.0", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("2001:db8::1/128", "2001:db8::1"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24"),
        ("fe80::1%eth0", "fe80::1"),
        ("0.0.0.0/0", "0.0.0.0/0"),
    ],
)
def test_a_listed_address_has_one_spelling(text: str, listed: str) -> None:
    """However the operator writes it, so that it is on the list once and can be removed."""
    assert read_listed_address(text) == listed


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "neither an IP address nor a network"),
        ("example.com", "neither an IP address nor a network"),
        ("192.0.2.0/33", "neither an IP address nor a network"),
        ("192.0.2.256", "neither an IP address nor a network"),
        ("fe80::1%eth0/64", "fe80::/64 is the whole network"),
        ("192.0.2.7/24", "192.0.2.0/24 is the whole network"),
        ("2001:db8::1/32", "2001:db8::/32 is the whole network"),
        ("::ffff:192.0.2.7/120", "192.0.2.0/24 is the whole network"),
    ],
)
def test_what_is_no_network_is_told(text: str, sentence: str) -> None:
    """An address within a network may be a slip that lets in 255 strangers."""
    with pytest.raises(ValueError, match=sentence):
        read_listed_address(text)


def test_lists_of_networks() -> None:
    """Commas separate, white space and empty places do not count."""
    assert [network_text(one) for one in read_networks(" 10.0.0.0/8 ,, ::1 ")] == ["10.0.0.0/8", "::1"]
    assert read_networks("") == ()
    assert read_address("10.1.2.3") in read_networks("10.0.0.0/8")[0]
    with pytest.raises(ValueError, match="nonsense"):
        read_networks("10.0.0.0/8,nonsense")


def test_names() -> None:
    """One line of printable text; a user name is no number, so that no name is another one's number."""
    assert read_name("  ", "note") == ""
    assert read_admin_name(" Grace Höpper ") == "Grace Höpper"
    for wrong in ("", " ", "a\nb", "x" * (NAME_CHARACTERS_MAX + 1), "12"):
        with pytest.raises(ValueError, match="a user name"):
            read_admin_name(wrong)
    with pytest.raises(ValueError, match="a role must not be empty"):
        read_needed_name("", "role")


def test_secrets_that_are_chosen() -> None:
    """An access key has the characters that WHMCS allows; a refusal never repeats what was typed."""
    assert read_access_key("aZ09!@#$%.()*[]-_") == "aZ09!@#$%.()*[]-_"
    assert read_password(" pass wörd ") == " pass wörd "
    for wrong in ("", "hush hush", "hush&", "hüsh", "h" * (SECRET_CHARACTERS_MAX + 1)):
        with pytest.raises(ValueError, match="an access key has") as refusal:
            read_access_key(wrong)
        assert not wrong or wrong not in str(refusal.value)
    for wrong in ("", "h" * (SECRET_CHARACTERS_MAX + 1)):
        with pytest.raises(ValueError, match="a password"):
            read_password(wrong)
