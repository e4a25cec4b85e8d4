"""What the log shows of an error, and what it does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import logging, sys, structlog
from service.logs import configure

def fail(password):
    raise LookupError("a defect")

configure("info", sys.argv[1])
try:
    fail("hu" + "sh")
except LookupError as problem:
    structlog.get_logger().error("first", exc_info=problem)
    logging.getLogger("aiohttp").error("second", exc_info=problem)
"""


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_traceback_shows_no_variables(log_format: str) -> None:
    """Passwords and tokens are in them; where it happened is enough. In every format, of all that log."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, log_format], capture_output=True, text=True, timeout=60, check=True
    )
    assert "first" in done.stderr
    assert "second" in done.stderr
    assert done.stderr.count("LookupError: a defect") == 2
    assert "hush" not in done.stderr
