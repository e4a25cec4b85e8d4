"""The program that draws an invoice: JSON on standard input, PDF on standard output, in a process of its own.

Run by `printer` as a file, so it imports nothing of the service. What a document costs ends with it: memory
that the typesetter would keep, time that it would not give back, and any crash of its native code.
"""

from __future__ import annotations

import os
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path

import orjson
import typst

MEMORY_BYTES_MAX = 2 << 30
"""Of address space; 5,000 lines of 100 characters use a quarter of it."""
CPU_SECONDS_MAX = 120
"""For one whose service was killed, so that nobody stops it; others are stopped at their deadline."""
NICENESS = 10
"""Whoever waits for a command goes first."""


def main() -> None:
    """Draw one document with the fonts that come with typst, then those of the folders named."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # an invoice is in its memory
    document = sys.stdin.buffer.read()
    pdf = typst.compile(
        Path(__file__).with_name("invoice.typ").read_bytes(),
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=sys.argv[1:]),
        sys_inputs={"document": document.decode()},
        timestamp=datetime.fromisoformat(orjson.loads(document)["date"]).replace(tzinfo=UTC),
    )
    sys.stdout.buffer.write(pdf)


if __name__ == "__main__":
    main()
