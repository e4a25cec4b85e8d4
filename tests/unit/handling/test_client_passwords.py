"""What a client's password may be, however it is typed."""

from __future__ import annotations

import pytest

from service.handling.client_logins import PASSWORD_BYTES_MAX, normal_password

LONGEST = "\u00fc" * (PASSWORD_BYTES_MAX // 2)


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("", ""),
        ("u\u0308ber allem", "\u00fcber allem"),
        (" a\t", " a\t"),
        (LONGEST, LONGEST),
        ("u\u0308" * (PASSWORD_BYTES_MAX // 2), LONGEST),
        (f"{LONGEST}x", None),
        ("\u0958" * 85, None),  # 255 bytes, but 510 when normal
        ("u\u0308" * PASSWORD_BYTES_MAX, None),
        ("\u0315\u0300" * 1_000_000, None),  # putting these in order would take hours
    ],
)
def test_a_password_has_one_form(typed: str, normal: str | None) -> None:
    """Accents are put together; what is too long then is no password, above all not an empty one."""
    assert normal_password(typed) == normal
