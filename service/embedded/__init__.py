"""An embedded PostgreSQL for first runs, tests and single machines: durable, in one folder, no root setup.

`ensure(home)` joins or starts the server in that folder and answers its DSN; `release(home)` lets go of it.
A keeper process is the server's parent, restarts it after a crash and stops it once no process uses it.
Anything larger gives a DSN of a real server instead; nothing here knows what is stored. Used by `service.app`
and the tests.
"""

from service.embedded.binaries import binaries, system_binaries
from service.embedded.client import ensure, exists, release
from service.embedded.errors import EmbeddedPostgresError

__all__ = ["EmbeddedPostgresError", "binaries", "ensure", "exists", "release", "system_binaries"]
