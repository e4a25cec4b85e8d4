"""A TrueType font with one letter, which is a black square: to see whether a program uses it."""

from __future__ import annotations

from struct import pack

FAMILY = "Test Square"
LETTER = "中"
_UNITS = 1000
_PLATFORM = (3, 1, 0x409)
"""Windows, Unicode, English."""


def square_font() -> bytes:
    """The file. Source: OpenType specification, "Font file" and the chapters of its tables."""
    square = pack(">hhhhh", 1, 0, 0, _UNITS, _UNITS) + pack(">HH4B", 3, 0, 1, 1, 1, 1)
    square += pack(">8h", 0, 0, _UNITS, 0, 0, _UNITS, 0, -_UNITS)
    tables = {
        b"cmap": pack(">HHHHI", 0, 1, 3, 10, 12)
        + pack(">HHIII", 12, 0, 28, 0, 1)
        + pack(">III", ord(LETTER), ord(LETTER), 1),
        b"glyf": square,
        b"head": pack(">IIII", 0x10000, 0, 0, 0x5F0F3CF5)
        + pack(">HHqqhhhhHHhhh", 0, _UNITS, 0, 0, 0, 0, _UNITS, _UNITS, 0, 8, 2, 1, 0),
        b"hhea": pack(">IhhhHhhhhhh8xhH", 0x10000, _UNITS, 0, 0, _UNITS, 0, 0, _UNITS, 1, 0, 0, 0, 2),
        b"hmtx": pack(">HhHh", _UNITS, 0, _UNITS, 0),
        b"loca": pack(">III", 0, 0, len(square)),
        b"maxp": pack(">IH", 0x10000, 2) + pack(">13H", 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": _names(),
        b"post": pack(">IiHHI16x", 0x30000, 0, 0, 0, 0),
    }
    place = 12 + 16 * len(tables)
    directory, content = pack(">IHHHH", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128), b""
    for tag, table in tables.items():
        directory += tag + pack(">III", _checksum(table), place + len(content), len(table))
        content += _padded(table)
    return directory + content


def _names() -> bytes:
    """Family, style, and both."""
    texts = {1: FAMILY, 2: "Regular", 4: FAMILY, 6: FAMILY.replace(" ", "")}
    records = text = b""
    for number, name in texts.items():
        encoded = name.encode("utf-16-be")
        records += pack(">HHHHHH", *_PLATFORM, number, len(encoded), len(text))
        text += encoded
    return pack(">HHH", 0, len(texts), 6 + len(records)) + records + text


def _padded(table: bytes) -> bytes:
    return table + bytes(-len(table) % 4)


def _checksum(table: bytes) -> int:
    padded = _padded(table)
    return sum(int.from_bytes(padded[start : start + 4]) for start in range(0, len(padded), 4)) % 2**32
